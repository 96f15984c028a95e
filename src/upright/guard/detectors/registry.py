"""Every built-in detector, one line each."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from upright.guard.detector import Detector
from upright.guard.detectors.announced import announced
from upright.guard.detectors.crypto_wallet import crypto_wallet
from upright.guard.detectors.custom import custom
from upright.guard.detectors.email import email
from upright.guard.detectors.homoglyph import homoglyph
from upright.guard.detectors.iban import iban
from upright.guard.detectors.image import ProtectedImages, UnsafeImages, protected, unsafe
from upright.guard.detectors.invisible import invisible
from upright.guard.detectors.language import language
from upright.guard.detectors.national_id import national_id
from upright.guard.detectors.network import ip_address, mac_address, url_credentials
from upright.guard.detectors.payment_card import payment_card
from upright.guard.detectors.phone import phone
from upright.guard.detectors.phrase_tables import injection, toxicity
from upright.guard.detectors.secrets import assignment, issued
from upright.guard.detectors.style import style
from upright.guard.detectors.topics import topic
from upright.guard.detectors.us_ssn import us_ssn
from upright.guard.images.decode import Bounds
from upright.guard.images.hashlist import HashList
from upright.guard.model.heads import ATTACKS, REQUESTS, TOXICITY
from upright.policy.model import GuardPattern, Policy, Topic
from upright.terms import ConfigError

_BUILT_IN: dict[str, Callable[[Policy | None], Detector]] = {
    "hidden.homoglyph": lambda _: homoglyph(),
    "hidden.invisible": lambda _: invisible(),
    "injection.encoded": lambda _: injection("encoded"),
    "injection.indirect": lambda _: injection("indirect"),
    "injection.jailbreak": lambda _: injection("jailbreak"),
    "injection.override": lambda _: injection("override"),
    "injection.prompt_extraction": lambda _: injection("prompt_extraction"),
    "language.unmeasured": lambda policy: language(identify=bool(policy and policy.guard.model)),
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
    "secret.anthropic": lambda _: issued("anthropic"),
    "secret.assignment": lambda _: assignment(),
    "secret.aws": lambda _: issued("aws"),
    "secret.azure": lambda _: issued("azure"),
    "secret.connection_string": lambda _: issued("connection_string"),
    "secret.github": lambda _: issued("github"),
    "secret.gitlab": lambda _: issued("gitlab"),
    "secret.google": lambda _: issued("google"),
    "secret.huggingface": lambda _: issued("huggingface"),
    "secret.jwt": lambda _: issued("jwt"),
    "secret.npm": lambda _: issued("npm"),
    "secret.openai": lambda _: issued("openai"),
    "secret.private_key": lambda _: issued("private_key"),
    "secret.pypi": lambda _: issued("pypi"),
    "secret.slack": lambda _: issued("slack"),
    "secret.stripe": lambda _: issued("stripe"),
    "toxicity.harassment": lambda _: toxicity("harassment"),
    "toxicity.hate": lambda _: toxicity("hate"),
    "toxicity.profanity": lambda _: toxicity("profanity"),
    "toxicity.threat": lambda _: toxicity("threat"),
}

MODEL = (
    *(f"toxicity.{name}" for name in TOXICITY),
    *(f"request.{name}" for name in REQUESTS),
    *(f"injection.{name}" for name in ATTACKS),
)
"""Rules for which the guard model is asked, beside the tables where there are any."""

NAMES = ("pii.person", "pii.place")
"""Rules that only a use with `names = true` has, from an extra."""

IMAGES = ("image.protected", "image.unsafe", "style.request")
"""Rules that only a use with `[guard.images]` has; those of pictures need an extra."""

COPIES = ("copy.code", "copy.text")
"""Rules that only a use with an index of protected works has."""

_SAMPLE_PATTERNS = (
    GuardPattern(rule="custom.ticket", pattern=r"\bTICKET-\d{3,6}\b", max_length=13),
    GuardPattern(rule="custom.open_ended", pattern=r"(?i)codename [a-z]+( [a-z]+)*", max_length=40),
)
_SAMPLE_TOPICS = (
    Topic(name="sample", phrases=("stock tips", "insider trading", "l'art pour l'art")),
)
_SAMPLE_ARTISTS = ("Ada Sample", "Obermüller")


def catalogue() -> tuple[str, ...]:
    """Return the rule ids of the built-in detectors, those of extras too, in alphabetical order."""
    return tuple(sorted({*_BUILT_IN, *MODEL, *NAMES, *IMAGES, *COPIES}))


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
    if policy.guard.model:
        built_in += _model(policy, reachable)
    if policy.guard.names:
        built_in += _names(reachable)
    built_in += _images(policy, reachable)
    built_in += _copies(policy, reachable)
    own: list[Detector] = [custom(section) for section in policy.guard.pattern]
    own += [topic(section) for section in policy.guard.topic]
    return [*built_in, *(detector for detector in own if reachable(detector.rule))]


def _model(policy: Policy, reachable: Callable[[str], bool]) -> list[Detector]:
    wanted = [rule for rule in MODEL if reachable(rule)]
    if not wanted:
        return []
    from upright.guard.model.detector import ModelDetector  # noqa: PLC0415 (an extra)

    return [ModelDetector(rule, degrees=policy.guard.degrees) for rule in wanted]


def _names(reachable: Callable[[str], bool]) -> list[Detector]:
    from upright.guard.detectors.names import NameDetector  # noqa: PLC0415 (an extra)

    return [NameDetector(rule) for rule in NAMES if reachable(rule)]


def _images(policy: Policy, reachable: Callable[[str], bool]) -> list[Detector]:
    section = policy.guard.images
    if section is None:
        return []
    named = {glob for rule in policy.guard.rule for glob in rule.detect}
    wants_list = any(
        fnmatchcase("image.protected", glob) and not fnmatchcase("image.unsafe", glob)
        for glob in named
    )
    found: list[Detector] = []
    if reachable("image.unsafe"):
        found.append(unsafe(section))
    # A rule that names a list where there is none would never speak: that is told, not passed over.
    if wants_list or (section.hashes and reachable("image.protected")):
        found.append(protected(section))
    if "style.request" in named or (section.artists and reachable("style.request")):
        found.append(style(section.artists))
    return found


def _copies(policy: Policy, reachable: Callable[[str], bool]) -> list[Detector]:
    rules = [rule for rule in COPIES if reachable(rule)]
    wanted = [glob for rule in policy.guard.rule for glob in rule.detect]
    named = [glob for glob in wanted if glob.startswith("copy.")]
    if policy.match is None and any(fnmatchcase(rule, glob) for glob in named for rule in rules):
        raise ConfigError(
            f"a rule speaks of {named[0]}, and no index of protected works is named",
            mend='write [match] with index = "<folder>"; `upright match index add` makes one',
        )
    if policy.match is None or not rules:
        return []
    from upright.guard.detectors.copies import copy_detectors  # noqa: PLC0415 (loads numpy)

    return [*copy_detectors(policy, rules)]


def all_detectors() -> list[Detector]:
    """Return one instance of every detector, with samples of those a use-case file makes.

    Those of the extra `names` are not among them, nor those that ask the guard model.
    """
    from upright.guard.detectors.copies import sample_copies  # noqa: PLC0415 (loads numpy)

    return [
        *(make(None) for make in _BUILT_IN.values()),
        *(custom(section) for section in _SAMPLE_PATTERNS),
        *(topic(section) for section in _SAMPLE_TOPICS),
        UnsafeImages(Bounds()),
        ProtectedImages(Bounds(), HashList([(bytes(range(32)), "sample")]), 31),
        style(_SAMPLE_ARTISTS),
        *sample_copies(),
    ]


def model_detectors() -> list[Detector]:
    """Return one instance of every detector that asks the guard model that comes with upright."""
    from upright.guard.model.detector import ModelDetector  # noqa: PLC0415 (an extra)

    return [ModelDetector(rule) for rule in MODEL]
