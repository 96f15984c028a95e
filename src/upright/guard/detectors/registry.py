"""Every built-in detector, one line each."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from upright.guard.detector import Detector
from upright.guard.detectors.announced import announced
from upright.guard.detectors.crypto_wallet import crypto_wallet
from upright.guard.detectors.custom import CustomDetector
from upright.guard.detectors.email import email
from upright.guard.detectors.iban import iban
from upright.guard.detectors.national_id import national_id
from upright.guard.detectors.network import ip_address, mac_address, url_credentials
from upright.guard.detectors.payment_card import payment_card
from upright.guard.detectors.phone import phone
from upright.guard.detectors.us_ssn import us_ssn
from upright.policy.model import GuardPattern, Policy

_BUILT_IN: dict[str, Callable[[Policy | None], Detector]] = {
    "pii.age": lambda _: announced("age"),
    "pii.crypto_wallet": lambda _: crypto_wallet(),
    "pii.date_of_birth": lambda _: announced("date_of_birth"),
    "pii.email": lambda _: email(),
    "pii.iban": lambda _: iban(),
    "pii.ip_address": lambda _: ip_address(),
    "pii.mac_address": lambda _: mac_address(),
    "pii.national_id": lambda _: national_id(),
    "pii.passport": lambda _: announced("passport"),
    "pii.payment_card": lambda _: payment_card(),
    "pii.phone": lambda policy: phone(policy.use_case.languages) if policy else phone(),
    "pii.url_credentials": lambda _: url_credentials(),
    "pii.us_bank_number": lambda _: announced("us_bank_number"),
    "pii.us_driver_license": lambda _: announced("us_driver_license"),
    "pii.us_ssn": lambda _: us_ssn(),
}

_SAMPLE_PATTERNS = (
    GuardPattern(rule="custom.ticket", pattern=r"\bTICKET-\d{3,6}\b", max_length=13),
    GuardPattern(rule="custom.open_ended", pattern=r"(?i)codename [a-z]+( [a-z]+)*", max_length=40),
)


def catalogue() -> tuple[str, ...]:
    """Return the rule ids of the built-in detectors, in alphabetical order."""
    return tuple(sorted(_BUILT_IN))


def build_detectors(policy: Policy, *, everything: bool = False) -> list[Detector]:
    """Make the detectors a use needs.

    Args:
        policy: the use.
        everything: also those whose findings no rule speaks of, as scores need them.

    Raises:
        ConfigError: for a pattern of the use's own that cannot be used.
    """
    wanted = [glob for rule in policy.guard.rule for glob in rule.detect]

    def reachable(rule: str) -> bool:
        return everything or any(fnmatchcase(rule, glob) for glob in wanted)

    built_in = [make(policy) for rule, make in _BUILT_IN.items() if reachable(rule)]
    own = [CustomDetector(section) for section in policy.guard.pattern]
    return [*built_in, *(detector for detector in own if reachable(detector.rule))]


def all_detectors() -> list[Detector]:
    """Return one instance of every detector, with samples of those a use-case file makes."""
    return [make(None) for make in _BUILT_IN.values()] + [
        CustomDetector(section) for section in _SAMPLE_PATTERNS
    ]
