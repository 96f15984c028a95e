"""`pii.national_id`: numbers that states give to people, by form, check digits and cue words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from upright.guard.detectors.local import (
    Hit,
    LocalDetector,
    cue_before,
    digits,
    matching,
    merged,
    open_match,
)
from upright.guard.detectors.national_checks import CHECKS
from upright.guard.detectors.tables import table

_RULE = "pii.national_id"
_CUE_DISTANCE = 60
_REACH = 24
_ALPHABET = r"[\w .+-]"


def national_id() -> LocalDetector:
    """Return the detector of all states' numbers in the table."""
    rows = table("national_ids.toml")
    patterns = "|".join(row["pattern"] for row in rows.data["id"])
    return merged(
        _RULE,
        [_one(row, rows.version) for row in rows.data["id"]],
        tail=open_match(f"(?:{patterns})", _ALPHABET, _REACH, flags=re.ASCII),
        present=digits(6),
    )


def _one(row: Mapping[str, Any], version: str) -> LocalDetector:
    check = CHECKS[row["check"]]
    near = cue_before(row["cues"], _CUE_DISTANCE) if "cues" in row else None
    alone = row.get("alone", False)
    why = f"The form{' and check digits' if row['check'] != 'anything' else ''} of {row['name']}."

    def judge(match: re.Match[str]) -> Hit | None:
        number = re.sub(r"[ .-]", "", match.group()).upper()
        if row["check"] in {"personnummer", "hetu"}:
            number = match.group().upper()
        if not check(number) or not (alone or (near is not None and near(match))):
            return None
        return Hit(match.start(), match.end(), 0.9, 4, why)

    return matching(
        _RULE,
        row["pattern"],
        judge,
        alphabet=_ALPHABET,
        reach=_REACH,
        version=version,
        flags=re.ASCII,
        numeric=not row.get("lettered", False),
    )
