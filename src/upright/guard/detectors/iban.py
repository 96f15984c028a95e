"""`pii.iban`: international bank account numbers by country, length and check digits."""

from __future__ import annotations

import re

from upright.guard.detectors.checksums import mod_97
from upright.guard.detectors.local import Hit, LocalDetector, digits, matching
from upright.guard.detectors.tables import table

_REACH = 70
_WHY = "A bank account number with its country's length and valid check digits."


def iban() -> LocalDetector:
    """Return the detector of IBANs, bare or in groups."""
    rows = table("iban.toml")
    lengths: dict[str, int] = rows.data["lengths"]

    def judge(match: re.Match[str]) -> Hit | None:
        length = lengths.get(match.group()[:2].upper())
        end = length and _end(match, length)
        if not end:
            return None
        number = re.sub("[ -]", "", match.string[match.start() : end]).upper()
        return Hit(match.start(), end, 0.99, 3, _WHY) if mod_97(number) else None

    return matching(
        "pii.iban",
        # One character more than the longest number, so that its end is seen.
        r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,31}",
        judge,
        alphabet="[A-Za-z0-9 -]",
        reach=_REACH,
        version=rows.version,
        flags=re.ASCII,
        present=digits(4),
        numeric=True,
    )


def _end(match: re.Match[str], length: int) -> int | None:
    """Return where `length` letters and digits of the match end, if a number can end there."""
    signs = [place for place, sign in enumerate(match.group()) if sign.isalnum()]
    if len(signs) < length:
        return None
    end = signs[length - 1] + 1
    if len(signs) > length and signs[length] == end:
        return None
    return match.start() + end
