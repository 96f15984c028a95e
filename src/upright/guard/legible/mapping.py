"""A rewritten text that knows where each of its characters came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Edit(NamedTuple):
    """A stretch of a text and what is read instead of it.

    Attributes:
        start: first code point.
        end: one past the last.
        letters: what is read.
        origins: for each of the letters the start and the end of what it came from, rising.
    """

    start: int
    end: int
    letters: str
    origins: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Legible:
    """A text as it is meant to be read, with the way back to the original.

    Attributes:
        text: what is read.
        starts: for each character of `text` the start of what it came from, never falling.
        ends: for each character of `text` one past the end of what it came from, never falling.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def unchanged(cls, text: str) -> Legible:
        """Return the reading of a text in which every character stands for itself."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original from which a span of `text` came.

        It begins with the origin of the first character and ends with that of the last; removed
        characters between them lie inside it, those around it do not. An empty span stays empty.

        Args:
            start: first code point in `text`.
            end: one past the last.

        Raises:
            ValueError: for a span that does not lie in `text`.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"the span {start}:{end} is not inside the text")
        if start < end:
            return self.starts[start], self.ends[end - 1]
        if start < len(self.text):
            return self.starts[start], self.starts[start]
        place = self.ends[-1] if self.text else 0
        return place, place

    def edited(self, edits: Sequence[Edit]) -> Legible:
        """Return the reading after some edits of `text`, in the order of their starts."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        place = 0
        for edit in edits:
            pieces += self.text[place : edit.start], edit.letters
            starts += self.starts[place : edit.start]
            ends += self.ends[place : edit.start]
            for start, end in edit.origins:
                starts.append(self.starts[start])
                ends.append(self.ends[end - 1])
            place = edit.end
        pieces.append(self.text[place:])
        starts += self.starts[place:]
        ends += self.ends[place:]
        return Legible("".join(pieces), starts, ends)


def respelled(start: int, letters: str) -> Edit:
    """Return the edit that puts a letter for each letter from `start` on."""
    end = start + len(letters)
    return Edit(start, end, letters, [(place, place + 1) for place in range(start, end)])
