"""`hidden.homoglyph`: words that mix Latin letters with look-alikes of other scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from upright.guard.detectors.local import Hit, LocalDetector, open_run
from upright.guard.detectors.tables import table

_LONGEST = 64
_WORD = re.compile(rf"(?<![^\W\d_])[^\W\d_]{{2,{_LONGEST}}}")
_LATIN = re.compile("[A-Za-z]")
_WIDE = re.compile("[\uff21-\uff3a\uff41-\uff5a]")
_STYLED = re.compile("[\U0001d400-\U0001d7ff]")
_MIXED = "Letters of another script stand among Latin ones that they look like."
_FORMS = "Wide or mathematical letters stand in for plain ones."


def homoglyph() -> LocalDetector:
    """Return the detector of words with look-alike letters."""
    rows = table("lookalikes.toml")
    alike = re.compile("[" + "".join(rows.data["latin"].values()) + "]")

    def scan(text: str) -> Iterator[Hit]:
        for match in _WORD.finditer(text):
            word = match.group()
            if word.isascii():
                continue
            if _LATIN.search(word) and alike.search(word):
                yield Hit(match.start(), match.end(), 0.9, 2, _MIXED)
            elif (_LATIN.search(word) and _WIDE.search(word)) or _STYLED.search(word):
                yield Hit(match.start(), match.end(), 0.8, 1, _FORMS)

    return LocalDetector(
        "hidden.homoglyph",
        version=rows.version,
        reach=_LONGEST + 1,
        scan=scan,
        tail=open_run(r"[^\W\d_]", _LONGEST + 1),
        present=lambda text: not text.isascii(),
    )
