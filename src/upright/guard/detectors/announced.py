"""Numbers and dates that only the words before them make personal.

`pii.passport`, `pii.us_driver_license`, `pii.us_bank_number`, `pii.date_of_birth`, `pii.age`.
"""

from __future__ import annotations

import re

from upright.guard.detectors.local import Hit, LocalDetector, cue_before, digits, matching
from upright.guard.detectors.tables import table

_REACH = 48


def announced(name: str) -> LocalDetector:
    """Return the detector that the section `name` of the table describes."""
    rows = table("announced.toml")
    row = rows.data[name]
    near = cue_before(row["cues"], row["distance"])

    def judge(match: re.Match[str]) -> Hit | None:
        by_words_after = match.re.groups > 0 and match[2] is not None
        if not by_words_after and not near(match):
            return None
        start, end = match.span(1 if match.re.groups else 0)
        return Hit(start, end, 0.85, row["severity"], row["why"])

    return matching(
        row["rule"],
        row["pattern"],
        judge,
        alphabet="[A-Za-z0-9 .,/-]",
        reach=_REACH,
        version=rows.version,
        flags=re.ASCII | re.IGNORECASE,
        present=digits(1),
    )
