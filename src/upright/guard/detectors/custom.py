"""`custom.*`: the use's own patterns, in RE2 syntax and linear time.

A pattern may be unbounded. What makes it honest is the window: whether and where a match ends
is asked of the `max_length` characters after its start and one neighbour on either side, so text
further on cannot change it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, final

from upright.guard.detectors.growing import growing
from upright.policy.model import GuardPattern
from upright.terms import ConfigError, Finding, Record, digest

_BLOCK = 4096
_SCORE = 1.0


@final
class CustomDetector:
    """Finds what one `[[guard.pattern]]` describes.

    Args:
        pattern: the section of the use-case file.

    Raises:
        ConfigError: naming the rule, for a pattern that RE2 refuses, that matches the empty
            text, or that asks for the start or the end of a text or line.
    """

    def __init__(self, pattern: GuardPattern) -> None:
        import re2  # noqa: PLC0415 (loaded only for uses that have patterns)

        self._section = pattern
        try:
            still_open = growing(pattern.pattern, end=r"\z")
            options = re2.Options()
            options.log_errors = False
            self._compiled: Any = re2.compile(pattern.pattern, options)
            self._open: Any = re2.compile(still_open, options)
        except (ValueError, re2.error) as error:
            raise ConfigError(
                f"{pattern.rule}: the pattern cannot be used: {_plain(error)}",
                mend=r"write RE2 syntax without ^, $, \A and \z; \b marks a word's edge",
            ) from None
        if any(self._compiled.match("a ", place, place) for place in range(3)):
            raise ConfigError(
                f"{pattern.rule}: the pattern matches the empty text",
                mend="ask for at least one character",
            )

    @property
    def rule(self) -> str:
        """The rule id of the section."""
        return self._section.rule

    @property
    def reach(self) -> int:
        """The longest match and its right neighbour."""
        return self._section.max_length + 1

    @cached_property
    def version(self) -> str:
        """Changes with the section."""
        return "1:" + digest(self._section.model_dump(mode="json"))

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start."""
        return [[self._finding(*span) for span in self._spans(r.text)] for r in records]

    def settled(self, text: str) -> int:
        """Return where the first match that may still grow starts."""
        floor = max(0, len(text) - self.reach)
        left = min(floor, 1)
        match = self._open.search(_encodable(text[floor - left :]), left)
        return len(text) if match is None else floor - left + int(match.start())

    def _finding(self, start: int, end: int) -> Finding:
        section = self._section
        return Finding(
            rule=section.rule,
            hazard=section.hazard,
            severity=section.severity,
            score=_SCORE,
            start=start,
            end=end,
            explanation=section.explanation,
        )

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the matches, leftmost first, none overlapping."""
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
        last = min(len(window), left + self._section.max_length)
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
