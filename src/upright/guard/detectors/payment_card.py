"""`pii.payment_card`: card numbers by issuer range, length and Luhn digit."""

from __future__ import annotations

import re

from upright.guard.detectors.checksums import luhn
from upright.guard.detectors.local import Hit, LocalDetector, digits, matching

# First digits and lengths of the schemes in use (ISO/IEC 7812 ranges as the schemes publish them).
_SCHEMES = re.compile(
    r"""
      4(?:\d{12}|\d{15}|\d{18})                                 # Visa
    | (?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}  # Mastercard
    | 3[47]\d{13}                                               # American Express
    | (?:6011\d\d|64[4-9]\d{3}|65\d{4})\d{10}(?:\d{3})?         # Discover
    | (?:30[0-5]|309|36\d|3[89]\d)\d{11}(?:\d{2})?              # Diners Club
    | (?:2131|1800)\d{11} | 35(?:2[89]|[3-8]\d)\d{12}(?:\d{3})? # JCB
    | 62\d{14,17}                                               # UnionPay
    | (?:50|5[6-9]|6\d)\d{10,17}                                # Maestro
    """,
    re.VERBOSE,
)
_REACH = 40
_WHY = "A number in a card issuer's range, with the right length and a valid check digit."


def payment_card() -> LocalDetector:
    """Return the detector of payment card numbers, bare or in groups."""
    return matching(
        "pii.payment_card",
        r"(?<!\w)\d(?:[ -]?\d){11,18}(?!\w)",
        _judge,
        alphabet=r"[\d -]",
        reach=_REACH,
        flags=re.ASCII,
        present=digits(12),
        numeric=True,
    )


def _judge(match: re.Match[str]) -> Hit | None:
    number = re.sub("[ -]", "", match.group())
    if _SCHEMES.fullmatch(number) is None or not luhn(number) or len(set(number)) == 1:
        return None
    bare = number == match.group()
    return Hit(match.start(), match.end(), 0.97 if bare else 0.99, 3, _WHY)
