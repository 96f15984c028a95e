"""A text in bounded sentence windows, cut in one pass from left to right.

Where a window ends depends on the text up to its start and on at most `LONGEST` characters from
there on. So a detector that judges windows one by one has an honest reach (law 1), and `settled`
says up to where nothing can change while a text is still being written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

WIDEST = 320
"""No window is wider, in code points."""

LONGEST = 336
"""Code points from a window's start on that can matter to where it ends."""

_SHORT = 120
"""A sentence's end closes a window from this length on."""

_SHORT_BLOCK = 25
"""An empty line or a list item closes a window from this length on."""

_CLOSING = "\"'”’»›)\\]}*_"  # noqa: RUF001 (quotation marks)
_FULL_STOPS = "。！？｡"  # noqa: RUF001 (full stops of CJK)
_CLOSING_CJK = "」』）】》〉”’"  # noqa: RUF001 (closing marks of CJK)
# Each alternative asks for a character after the end and never for the absence of one, so that
# what is found in a text which is still growing stays found.
_END = re.compile(
    rf"(?<![.!?…])[.!?…]+[{_CLOSING}]*(?=\s)"
    rf"|(?<![{_FULL_STOPS}])[{_FULL_STOPS}]+[{_CLOSING_CJK}]*(?=[^{_FULL_STOPS}{_CLOSING_CJK}])"
    r"|(?=\n[^\S\n]*\n)"
    r"|(?=\n[^\S\n]*(?:[-*+•‣▪–—>#]|[0-9]{1,3}[.)]|[A-Za-z][.)])[^\S\n])"  # noqa: RUF001 (dashes)
)
_ABBREVIATED = re.compile(
    r"(?<![^\W_])(?:[^\W\d_]|mr|mrs|ms|dr|prof|st|jr|sr|vs|vol|fig|cf|approx|dept|gen|col"
    r"|sgt|capt|lt|rev|hon|e\.g|i\.e)\.\Z",
    re.IGNORECASE,
)
_TAIL = 8
_SOLID = re.compile(r"\S")
_BREAK = re.compile(r"\s")
_EDGE = re.compile(r"[\W_]")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a text that is judged as one.

    Attributes:
        start: first code point, never white space.
        end: one past the last, at most `WIDEST` after the start.
    """

    start: int
    end: int


def windows(text: str, start: int = 0) -> list[Window]:
    """Return the windows of a text in order; between them stands white space only.

    A window is a few sentences that are judged together, so that a quotation and the sentence
    that rejects it are not torn apart: it closes at the first end of a sentence from 120
    characters on, before that at an empty line or a list item, and at 320 at the latest; then
    at the last end of a sentence there was, or inside of a sentence that is too long. Sentences
    end at closing punctuation before white space and at the full stops of Chinese and Japanese.

    Args:
        text: any text.
        start: where to begin: 0, or the start of a settled window, so that a growing text need
            not be cut anew each time.
    """
    return [window for window, _ in _cut(text, start)]


def settled(text: str, start: int = 0) -> int:
    """Return the start of the first window that more text could change, or the text's length.

    Whatever follows, all windows that start before it are final, their ends included.

    Args:
        text: the text so far.
        start: see `windows`.
    """
    for window, final in _cut(text, start):
        if not final:
            return window.start
    return len(text)


def _cut(text: str, start: int) -> Iterator[tuple[Window, bool]]:
    """Yield each window and whether it is final."""
    while solid := _SOLID.search(text, start):
        start = solid.start()
        end, final = _end(text, start)
        yield Window(start, end), final
        start = end


def _end(text: str, start: int) -> tuple[int, bool]:
    last = start + WIDEST
    short = start
    seen = (start, False)
    for match in _END.finditer(text, start, start + LONGEST):
        if match.end() > last:
            # The text goes on beyond the widest window, and no end before it is still open.
            return _short_or_forced(text, start, short), True
        # Empty lines and list items are found by what follows; they have no width themselves.
        block = match.start() == match.end()
        piece = text[start : match.end()].rstrip()
        here = (start + len(piece), block)
        if here == seen or not piece:
            continue
        seen = here
        short = here[0]
        # Gaps lend no length, or letters on lines of their own would be windows.
        length = len(" ".join(piece.split()))
        if block and length >= _SHORT_BLOCK:
            return short, True
        if length >= _SHORT and not _ABBREVIATED.search(piece[-_TAIL:]):
            return short, True
    if len(text) <= last:
        return start + len(text[start:].rstrip()), False
    return _short_or_forced(text, start, short), len(text) >= start + LONGEST


def _short_or_forced(text: str, start: int, short: int) -> int:
    return short if short > start else _forced(text, start)


def _forced(text: str, start: int) -> int:
    """Return where to cut a window without an end: before a gap, else beside a sign, else hard."""
    piece = text[start : start + WIDEST + 1]
    backwards = piece[::-1]
    if gap := _BREAK.search(backwards):
        return start + len(piece[: len(piece) - gap.end()].rstrip())
    if edge := _EDGE.search(backwards, 1):
        return start + len(piece) - edge.start()
    return start + WIDEST
