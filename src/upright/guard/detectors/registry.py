"""Every built-in detector, one line each."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from upright.guard.detector import Detector
from upright.guard.detectors.custom import CustomDetector
from upright.guard.detectors.email import email
from upright.guard.detectors.payment_card import payment_card
from upright.policy.model import GuardPattern, Policy

_BUILT_IN: dict[str, Callable[[], Detector]] = {
    "pii.email": email,
    "pii.payment_card": payment_card,
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

    built_in = [make() for rule, make in _BUILT_IN.items() if reachable(rule)]
    own = [CustomDetector(section) for section in policy.guard.pattern]
    return [*built_in, *(detector for detector in own if reachable(detector.rule))]


def all_detectors() -> list[Detector]:
    """Return one instance of every detector, with samples of those a use-case file makes."""
    return [make() for make in _BUILT_IN.values()] + [
        CustomDetector(section) for section in _SAMPLE_PATTERNS
    ]
