"""`hidden.invisible`: characters that carry text past a reader's eyes.

Joiners that a script or an emoji needs are no findings: ZWJ and ZWNJ between letters of scripts
that shape with them, ZWJ and variation selectors inside emoji, tag characters of a flag.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from upright.guard.detectors.local import Hit, LocalDetector

_JOINERS = "\u200c\u200d"
_BIDI = "\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"
_BLANK = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f"
_BLANK += "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001d173-\U0001d17a"
_TAGS = "\U000e0000-\U000e0fff"
_LONGEST = 256
_RUN = re.compile(f"[{_JOINERS}{_BIDI}{_BLANK}{_TAGS}]{{1,{_LONGEST}}}")
_ANY = re.compile(f"[{_JOINERS}{_BIDI}{_BLANK}{_TAGS}]")
_SELECTORS = re.compile("[\ufe00-\ufe0f]\u200d?|\u200d")
_FLAG = re.compile("[\U000e0020-\U000e007e]{1,16}\U000e007f")
_BLACK_FLAG = "\U0001f3f4"
_SHAPING = (
    ("\u0600", "\u08ff"),  # Arabic, Syriac, Thaana, N'Ko and their extensions
    ("\u0900", "\u0dff"),  # the Indic scripts
    ("\u0e00", "\u1fff"),  # Southeast Asian scripts, Mongolian and others
    ("\ufb50", "\ufdff"),
    ("\ufe70", "\ufefe"),
)

_WHY_TAGS = "Tag characters spell a text that no reader sees."
_WHY_BIDI = "Direction marks can show the text in another order than it is written."
_WHY_BLANK = "Characters without width or ink stand in the text."


def invisible() -> LocalDetector:
    """Return the detector of invisible characters; a run of them is one finding."""
    return LocalDetector(
        "hidden.invisible",
        version=f"1:{unicodedata.unidata_version}",
        reach=_LONGEST + 2,
        scan=_scan,
        tail=_tail,
        present=lambda text: not text.isascii(),
    )


def _scan(text: str) -> Iterator[Hit]:
    for match in _RUN.finditer(text):
        before = text[match.start() - 1 : match.start()]
        after = text[match.end() : match.end() + 1]
        if not _is_needed(match.group(), before, after):
            yield _hit(match)


def _tail(text: str) -> int:
    """Return the start of a run at the end, or of one whose neighbour may yet come."""
    match = _RUN.match(text[: -_LONGEST - 2 : -1])
    # Runs are cut from their start on, so the last piece of a long one starts where it does.
    return len(text) - match.end() if match else len(text)


def _is_needed(run: str, before: str, after: str) -> bool:
    """Say whether a script or an emoji needs the run between its neighbours."""
    if len(run) <= 2 and _shapes(before) and (_shapes(after) or not after):  # noqa: PLR2004 (a joiner and a mark)
        return all(sign in _JOINERS + "\u200e\u200f\u061c" for sign in run)
    if before == _BLACK_FLAG and _FLAG.fullmatch(run):
        return True
    if not _SELECTORS.fullmatch(run):
        return False
    if "\u200d" in run:
        return _is_symbol(before) and _is_symbol(after)
    return _is_symbol(before) or before in tuple("0123456789#*") or _is_ideograph(before)


def _shapes(sign: str) -> bool:
    return any(low <= sign <= high for low, high in _SHAPING)


def _is_symbol(sign: str) -> bool:
    """Say whether a sign can be a part of an emoji."""
    return bool(sign) and unicodedata.category(sign) in {"So", "Sk", "Sm", "Po"}


def _is_ideograph(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff" or sign >= "\U00020000"


def _hit(match: re.Match[str]) -> Hit:
    run = match.group()
    if any(sign >= "\U000e0000" for sign in run):
        return Hit(match.start(), match.end(), 0.99, 3, _WHY_TAGS)
    if any("\u202a" <= sign <= "\u202e" or "\u2066" <= sign <= "\u2069" for sign in run):
        return Hit(match.start(), match.end(), 0.9, 2, _WHY_BIDI)
    return Hit(match.start(), match.end(), 0.8, 1, _WHY_BLANK)
