"""A text as a reader takes it who sees through tricks of spelling.

Ordinary text comes back as it is, and quickly: a glance at the shapes of its characters says
which tricks could be there at all.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable

from upright.guard.detectors.tables import table
from upright.guard.legible.lexicon import raw_ordinary, raw_table
from upright.guard.legible.mapping import Edit, Legible
from upright.guard.legible.masks import masks
from upright.guard.legible.signs import lookalikes, signs
from upright.guard.legible.spaced import spaced_out
from upright.guard.legible.spelling import drawn_out, leet, mixed_case
from upright.guard.legible.vowels import vowelless
from upright.terms import digest

_RULES = "2"
_PASSES = 8

Step = Callable[[str], list[Edit]]

# Shapes: `a` a letter, `0` a digit or a sign that may stand for a letter, a space for what may
# stand between single letters. All others keep their places as `?` or themselves.
_LETTERS = string.ascii_letters.encode()
_FLAT = bytes.maketrans(
    _LETTERS + b"0123456789@$+|(#%&*" + b"\t\n\r\x0b\x0c.-_~,/:;",
    b"a" * len(_LETTERS) + b"0" * 19 + b" " * 13,
)
_ANY = bytes.maketrans(b"0!", b"aa")
_CASES = bytes.maketrans(_LETTERS, b"a" * 26 + b"A" * 26)
# A letter three times, or three letters twice.
_DRAWN = re.compile(rb"([a-z])\1(?:\1|([a-z])\2([a-z])\3)")
_SINGLES = re.compile(rb" a +a +a ")
_QUIET_MASK = re.compile(
    r"[_.-](?=[A-Za-z]{1,4}(?![A-Za-z]))"
    r"(?<=[A-Za-z][_.-])(?<![A-Za-z]{3}[_.-])"
)
# Beyond ASCII, all but the quotation marks, dashes and dots of ordinary English.
_FOREIGN = re.compile("[^\x00-\x7f‘’“”–—…]")  # noqa: RUF001 (quotation marks and dashes)
_RARE = re.compile("[€£¢¥·•]")


def legible(text: str) -> Legible:
    """Return a text with its tricks of spelling undone, and the way back to the original.

    Undone are compatible forms and look-alikes of letters, diacritics, invisible signs, digits
    and signs for letters, masks, letters written one by one or drawn out, capitals at random, and
    vowels left out. The result is for detectors only. It is read again and again until nothing is
    left to undo, so that the reading of a reading is itself.

    Args:
        text: any text; lone surrogates stay.
    """
    reading = Legible.unchanged(text)
    for _ in range(_PASSES):
        before = reading
        if not reading.text.isascii() and _FOREIGN.search(reading.text):
            reading = _after(lookalikes, _after(signs, reading))
        for step in _steps(reading.text):
            reading = _after(step, reading)
        if reading is before:
            break
    return reading


def version() -> str:
    """Return what changes whenever a reading can change."""
    listed = table("lookalikes.toml").version, table("toxicity.toml").version
    own = digest(raw_table()), digest(raw_ordinary())
    return ":".join((_RULES, unicodedata.unidata_version, *listed, *own))


def _after(step: Step, reading: Legible) -> Legible:
    edits = step(reading.text)
    return reading.edited(edits) if edits else reading


def _steps(text: str) -> list[Step]:
    """Return the steps that could find something, in their order."""
    if not text.isascii() and _RARE.search(text):
        return [spaced_out, leet, masks, drawn_out, mixed_case, vowelless]
    steps: list[Step] = []
    raw = text.encode("ascii", "replace")
    flat = b" " + raw.translate(_FLAT) + b" "
    if _SINGLES.search(flat.translate(_ANY)):
        steps.append(spaced_out)
    if b"a0" in flat or b"0a" in flat or b"a!a" in flat:
        steps += (leet, masks)
    elif _QUIET_MASK.search(text):
        steps.append(masks)
    if _DRAWN.search(raw.lower()):
        steps.append(drawn_out)
    if b"aA" in raw.translate(_CASES):
        steps.append(mixed_case)
    steps.append(vowelless)
    return steps
