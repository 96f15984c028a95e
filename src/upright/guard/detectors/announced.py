"""Numbers and dates that only the words before them make personal.

`pii.passport`, `pii.us_driver_license`, `pii.us_bank_number`, `pii.date_of_birth`, `pii.age`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from upright.guard.detectors.local import Hit, LocalDetector, cue_before, digits, matching
from upright.guard.detectors.tables import table

_REACH = 48
_REFUSAL = 48


def announced(name: str) -> LocalDetector:
    """Return the detector that the section `name` of the table describes."""
    rows = table("announced.toml")
    row = rows.data[name]
    near = cue_before(row["cues"], row["distance"])
    refused = _refused_before(row["group_before"]) if "group_before" in row else None

    def judge(match: re.Match[str]) -> Hit | None:
        _, announcing, refusing = match.groups() or (None, None, None)
        if announcing is None and not near(match):
            return None
        if refusing is not None or (refused is not None and refused(match)):
            return None
        start, end = match.span(1 if match.re.groups else 0)
        return Hit(start, end, 0.85, row["severity"], row["why"])

    return matching(
        row["rule"],
        row["pattern"],
        judge,
        alphabet=r"[A-Za-z0-9 .,/+%\u2013-]",
        reach=_REACH,
        version=rows.version,
        flags=re.ASCII | re.IGNORECASE,
        present=digits(1),
        numeric=True,
    )


def _refused_before(words: str) -> Callable[[re.Match[str]], bool]:
    """Return the test whether words stand right before a match."""
    pattern = re.compile(rf"(?<![^\W_])(?:{words})\Z", re.IGNORECASE)

    def refused(match: re.Match[str]) -> bool:
        start = match.start()
        return pattern.search(match.string[max(0, start - _REFUSAL) : start]) is not None

    return refused
