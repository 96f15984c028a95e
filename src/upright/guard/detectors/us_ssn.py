"""`pii.us_ssn`: United States Social Security numbers that can have been issued."""

from __future__ import annotations

import re

from upright.guard.detectors.local import Hit, LocalDetector, cue_before, digits, matching

_NEAR = cue_before(r"ssn|ss#|social(?: security)?(?: no\.?| number)?|soc\.? sec\.?", 48)
_GROUPED = "Three, two and four digits, as a Social Security number is written and issued."
_CUED = "Nine digits after words that announce a Social Security number."
# Printed on sample cards in shops and so never a person's.
_SPECIMENS = {"078051120", "219099999"}


def us_ssn() -> LocalDetector:
    """Return the detector of Social Security numbers; bare ones only after a cue."""
    return matching(
        "pii.us_ssn",
        r"(?<![\d.-])\d{3}[ .-]?\d{2}[ .-]?\d{4}(?!\d)",
        _judge,
        alphabet=r"[\d .-]",
        reach=12,
        flags=re.ASCII,
        present=digits(9),
        numeric=True,
    )


def _judge(match: re.Match[str]) -> Hit | None:
    number = re.sub(r"\D", "", match.group())
    area, group, serial = number[:3], number[3:5], number[5:]
    if area in {"000", "666"} or area[0] == "9" or group == "00" or serial == "0000":
        return None
    if number in _SPECIMENS:
        return None
    marks = re.findall(r"\D", match.group())
    if len(marks) == 2 and marks[0] == marks[1]:  # noqa: PLR2004 (two marks part three groups)
        announced = marks[0] == "-" or _NEAR(match)
        return Hit(match.start(), match.end(), 0.95, 4, _GROUPED) if announced else None
    if not marks and _NEAR(match):
        return Hit(match.start(), match.end(), 0.9, 4, _CUED)
    return None
