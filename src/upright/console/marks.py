"""Findings laid over a text: which stretch carries which mark."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding as a page shows it.

    Attributes:
        start: first code point, in the text shown.
        end: one past the last code point.
        number: its number in the list below the text, from 1.
        label: the hazard's title.
        tone: the colour group, a CSS class.
        action: what was done; "" where that is not recorded.
        rule: the detector's rule id.
        explanation: why.
        severity: 0 to 4.
    """

    start: int
    end: int
    number: int
    label: str
    tone: str
    action: str
    rule: str
    explanation: str
    severity: int


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A run of characters: as they are, or as the code points a reader cannot see."""

    text: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text under the same marks.

    Attributes:
        text: its characters.
        marks: every mark that covers it, the first-starting one first.
        opens: the marks that start here, which is where their labels stand.
    """

    text: str
    marks: tuple[Mark, ...] = ()
    opens: tuple[Mark, ...] = ()

    @property
    def glyphs(self) -> list[Glyphs]:
        """The text with invisible characters spelled out where a mark is about them."""
        return list(spell_hidden(self.text)) if self.marks else [Glyphs(self.text, hidden=False)]


def segments(text: str, marks: Sequence[Mark]) -> list[Segment]:
    """Cut a text at the marks' ends. The segments' texts join to `text` exactly.

    Marks may overlap and nest. Parts of a mark outside the text are dropped.
    """
    size = len(text)
    kept = sorted(
        (mark for mark in marks if max(mark.start, 0) < min(mark.end, size)),
        key=lambda mark: (mark.start, -mark.end),
    )
    cuts = sorted(
        {0, size} | {min(max(at, 0), size) for mark in kept for at in (mark.start, mark.end)}
    )
    return [
        Segment(
            text[start:end],
            marks=tuple(mark for mark in kept if mark.start < end and mark.end > start),
            opens=tuple(mark for mark in kept if max(mark.start, 0) == start),
        )
        for start, end in pairwise(cuts)
    ]


def spell_hidden(text: str) -> Iterable[Glyphs]:
    """Yield runs of a text, with each invisible character as `U+…`.

    Invisible are control and format characters and other spaces than the usual ones.
    """
    plain = ""
    for character in text:
        if not _hidden(character):
            plain += character
            continue
        if plain:
            yield Glyphs(plain, hidden=False)
            plain = ""
        yield Glyphs(f"U+{ord(character):04X}", hidden=True)
    if plain:
        yield Glyphs(plain, hidden=False)


def _hidden(character: str) -> bool:
    if character in "\n\t ":
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
