"""The cleaned form of a text, with the way back to where its characters came from.

Whoever hides a mark without changing a word changes the layout: letters of other scripts that look
alike, signs without ink, odd spaces, lines broken anywhere. The cleaned form undoes that, as far as
the text itself shows it. Unlike the plain form it leaves alone what models write themselves:
quotation marks, dashes, paragraphs, lines wrapped at a width, the layout of code.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from upright.guard.detectors.invisible import invisible
from upright.verify.extent import is_code
from upright.verify.normal import composed
from upright.verify.plain import latin_twins

Change = tuple[int, int, str]
"""Start and end of a stretch, and what stands there instead, which is not longer."""

LEAST_ODD = 0.15
"""The share of odd white space from which it is undone; less costs a mark little."""

SHORT_LINE = 40
"""Characters; whoever wraps text at a width leaves longer lines."""

FEWEST_LETTERS = 40
"""Fewer letters of one case say nothing of whether capitals were lost."""

_WORD = re.compile(r"[^\W\d_]+")
_OTHER_BREAK = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_OTHER_SPACE = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]+")
_RUN = re.compile(r"[^\S ]\s*| \s+")  # any white space but a single space
_FIRST = re.compile(r"(^|[.!?][\"'\u201d\u2019)]*\s+|(?<!\w)(?=i\b))(\w)")
_WITHIN = frozenset(",;-")


def cleaned(text: str) -> tuple[str, list[int]] | None:
    """Return a text's cleaned form, and where each of its places lies in the text as given.

    Args:
        text: in normal form C.

    Returns:
        The form, in normal form C too, and for each of its places, the end included, the place in
        `text`; a place behind something that was left out is that of the next character. None if
        there was nothing to undo.
    """
    form, places = text, list(range(len(text) + 1))
    for step in (_unseen, _breaks, _letters, _blanks, _spaces, _capitals):
        if changes := step(form):
            form, places = _changed(form, places, changes)
    form, back = composed(form)
    if form == text:
        return None
    return form, places if back is None else [places[at] for at in back]


def _changed(text: str, places: list[int], changes: list[Change]) -> tuple[str, list[int]]:
    """Make changes, which are in order and do not overlap."""
    parts: list[str] = []
    kept: list[int] = []
    at = 0
    for start, end, new in changes:
        parts += text[at:start], new
        kept += places[at : start + len(new)]
        at = end
    return "".join([*parts, text[at:]]), kept + places[at:]


def _unseen(text: str) -> list[Change]:
    """Leave out what has no ink, but for what a script or an emoji needs."""
    found = [(hit.start, hit.end, "") for hit in invisible().hits(text)]
    return sorted(found + [(*match.span(), "") for match in _CONTROL.finditer(text)])


def _breaks(text: str) -> list[Change]:
    """Break lines in one way."""
    return [(*match.span(), "\n") for match in _OTHER_BREAK.finditer(text)]


def _letters(text: str) -> list[Change]:
    """Make look-alikes Latin: in words with a Latin letter, and as whole words of a Latin text."""
    if text.isascii():
        return []
    twins = _twins()
    words = [(match, match.group()) for match in _WORD.finditer(text)]
    alike = [(match, word) for match, word in words if not twins.keys().isdisjoint(word)]
    latin = sum(_has_latin(word) for _, word in words)
    other = sum(not _has_latin(word) and not twins.keys() >= set(word) for _, word in words)
    return [
        (*match.span(), "".join(twins.get(sign, sign) for sign in word))
        for match, word in alike
        # Words of nothing but look-alikes belong to the script that most other words are of.
        if _has_latin(word) or (twins.keys() >= set(word) and latin >= other)
    ]


def _has_latin(word: str) -> bool:
    return any(sign.isascii() for sign in word)


@cache
def _twins() -> dict[str, str]:
    """Return the Latin letter for each sign that looks like one, wide and ornate ones included."""
    found = {chr(sign): letter for sign, letter in latin_twins().items()}
    for sign in map(chr, [*range(0xFF21, 0xFF5B), *range(0x1D400, 0x1D6A4)]):
        plain = unicodedata.normalize("NFKC", sign)
        if plain.isascii() and plain.isalpha():
            found[sign] = plain
    return found


def _blanks(text: str) -> list[Change]:
    """Make spaces of other widths, and those that forbid a break, the usual ones."""
    found = list(_OTHER_SPACE.finditer(text))
    if not found or len(found) < LEAST_ODD * sum(map(str.isspace, text)):
        return []
    return [(*match.span(), " ") for match in found]


def _spaces(text: str) -> list[Change]:
    """Make white space single spaces where it is doubled, and lines broken, all over the text."""
    if is_code(text):
        return []
    runs = list(_RUN.finditer(text))
    single = text.count(" ") - sum(match.group().count(" ") for match in runs)
    wide = [match.span() for match in runs if "\n" not in match.group()]
    broken = [match.span() for match in runs if "\n" in match.group()]
    ragged = sum(_is_ragged(text, start, end) for start, end in broken)
    least = LEAST_ODD * (single + len(runs))
    if not runs or len(wide) + ragged < least:
        return []
    odd = broken if 3 * ragged >= least else []
    return [(start, end, " ") for start, end in sorted(wide + odd)]


def _is_ragged(text: str, start: int, end: int) -> bool:
    """Say whether white space breaks a line within a sentence, and not since it was full."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if not ((before.islower() or before in _WITHIN) and after.islower()):
        return False
    line = start - (text.rfind("\n", 0, start) + 1)
    return text[start:end] != "\n" or line < SHORT_LINE


def _capitals(text: str) -> list[Change]:
    """Begin sentences with capitals, and nothing else, in a text of one case."""
    if not (text.islower() or text.isupper()) or is_code(text):
        return []
    if sum(sign.islower() or sign.isupper() for sign in text) < FEWEST_LETTERS:
        return []
    form = "".join(map(_lower, text)) if text.isupper() else text
    form = _FIRST.sub(lambda match: match[1] + _upper(match[2]), form)
    return [
        (at, at + 1, new)
        for at, (old, new) in enumerate(zip(text, form, strict=True))
        if old != new
    ]


def _lower(sign: str) -> str:
    return low if len(low := sign.lower()) == 1 else sign


def _upper(sign: str) -> str:
    return up if len(up := sign.upper()) == 1 else sign
