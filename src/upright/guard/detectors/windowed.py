"""RE2 patterns made honest by a window.

A pattern may be unbounded. Whether and where a match ends is asked only of the `longest`
characters after its start and one neighbour on either side, so text further on cannot change it.
RE2 needs linear time whatever the pattern and the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

from upright.guard.detectors.growing import growing

_BLOCK = 4096


@final
class Windowed:
    """Finds the matches of one pattern, leftmost first, none overlapping.

    Args:
        pattern: in RE2 syntax, without anchors.
        longest: bound on a match, in characters.

    Raises:
        ValueError: for a pattern that RE2 refuses, that has anchors, or that matches nothing
            at all, the empty text.
    """

    def __init__(self, pattern: str, *, longest: int) -> None:
        import re2  # noqa: PLC0415 (loaded only where such patterns are used)

        options = re2.Options()
        options.log_errors = False
        try:
            self._compiled: Any = re2.compile(pattern, options)
            self._open: Any = re2.compile(growing(pattern, end=r"\z"), options)
        except re2.error as error:
            raise ValueError(_plain(error)) from None
        if any(self._compiled.match("a ", place, place) for place in range(3)):
            raise ValueError("it matches the empty text")
        self._longest = longest

    @property
    def reach(self) -> int:
        """The longest match and its right neighbour."""
        return self._longest + 1

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each match."""
        text = _encodable(text)
        position = 0
        while position < len(text):
            # RE2 counts bytes and its binding counts characters for each call; blocks keep
            # a call's cost from growing with the text.
            stop = position + _BLOCK
            start = self._next_start(text, position, stop)
            if start is None:
                position = stop
                continue
            end = self._end(text, start)
            if end is not None:
                yield start, end
            position = start + 1 if end is None else end

    def settled(self, text: str) -> int:
        """Return where the first match that may still grow starts, or the text's length."""
        floor = max(0, len(text) - self.reach)
        left = min(floor, 1)
        match = self._open.search(_encodable(text[floor - left :]), left)
        return len(text) if match is None else floor - left + int(match.start())

    def _next_start(self, text: str, position: int, stop: int) -> int | None:
        """Return the leftmost start in [position, stop) at which anything matches."""
        left = min(position, 1)
        block = text[position - left : stop + self.reach]
        match = self._compiled.search(block, left)
        if match is None:
            return None
        start = position - left + int(match.start())
        return start if start < stop else None

    def _end(self, text: str, start: int) -> int | None:
        """Return where the match at `start` ends if it ends within the window."""
        left = min(start, 1)
        window = text[start - left : start + self.reach]
        last = min(len(window), left + self._longest)
        match = self._compiled.match(window, left, last)
        if match is None or match.end() == match.start():
            return None
        return start - left + int(match.end())


def _encodable(text: str) -> str:
    """Return the text with lone surrogates, which UTF-8 cannot hold, as U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    return text


def _plain(error: Exception) -> str:
    """Return what an error says as text; RE2's binding gives bytes."""
    reason = error.args[0] if error.args else ""
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
