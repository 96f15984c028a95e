"""A text laid beside the segments of an index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from upright.match import words
from upright.match.index.lines import line_ends, whole_lines
from upright.match.index.near import LONGEST, Chain, Copy, chains, near_of, telling
from upright.match.index.runs import Pieces, pieces_of
from upright.match.index.seeds import Seeds, seeds_in
from upright.match.index.segment import Segment
from upright.match.index.tokens import Offsets, Tokens, Values, forms_of, grams_of
from upright.match.index.works import Kind

TRAILING = 64
"""Characters that nobody sees behind a word, up to which they do not count."""


@dataclass(frozen=True)
class Reading:
    """A text beside an index.

    Attributes:
        text: the text.
        kind: what is in it.
        tokens: its tokens.
        forms: they in normal form.
        parts: the segments of its kind, each with the seeds that the text has in it.
    """

    text: str
    kind: Kind
    tokens: Tokens
    forms: Values
    parts: tuple[tuple[Segment, Seeds], ...]

    @cached_property
    def counts(self) -> Offsets:
        """In how many places of the index each gram of the text stands."""
        size = max(len(self.forms), 1)
        found = [np.bincount(seeds.at, minlength=size) for _, seeds in self.parts]
        return np.sum(found, axis=0) if found else np.zeros(size, np.int64)

    @cached_property
    def closes(self) -> Offsets:
        """Where each token has ended for good, shape (n,).

        That is its end, but for a word with more than `TRAILING` characters behind it, of which
        the first might all be unseen, as if the word still went on. Code is final line by line.
        """
        if self.kind == "code":
            return line_ends(self.text, self.tokens, self.cut)
        following = np.append(self.tokens.starts[1:], len(self.text))[: len(self.tokens)]
        closes = self.tokens.ends.copy()
        for at in np.flatnonzero(following - closes > TRAILING).tolist():
            closes[at] = _separated(self.text, int(closes[at]), int(following[at]))
        return closes

    @cached_property
    def cut(self) -> int:
        """Up to where text that follows cannot change which tokens there are."""
        code = self.tokens.code
        return len(self.text) if code is None else whole_lines(self.text, code.language)

    @cached_property
    def complete(self) -> int:
        """How many tokens no text that follows can change."""
        if not len(self.tokens):
            return 0
        if self.kind == "code":
            return int((self.closes < len(self.text)).sum())
        last = int(self.tokens.ends[-1])
        return len(self.tokens) - (not _separates(self.text[last:]))

    def pieces(self, run: int) -> Iterator[tuple[Segment, Pieces]]:
        """Yield for each segment every run of `run` tokens that it shares with the text."""
        for segment, seeds in self.parts:
            if len(seeds):
                yield segment, pieces_of(segment, self.forms, seeds, run)

    @cached_property
    def chained(self) -> tuple[tuple[Segment, list[Chain]], ...]:
        """The chains of the text's seeds in each segment."""
        return tuple(
            (segment, chains(telling(self.counts, seeds), self.tokens.starts, self.closes))
            for segment, seeds in self.parts
            if len(seeds)
        )

    def near(self, segment: Segment, chain: Chain) -> Copy | None:
        """Return the near copy that a chain is, or None where it is none."""
        bound = self.tokens.starts[chain.back] + LONGEST
        last = int(np.searchsorted(self.closes, bound, side="right"))
        return near_of(segment, self.forms, chain, last)


def read(text: str, tokens: Tokens, segments: Sequence[Segment], kind: Kind) -> Reading:
    """Lay a text beside segments of its kind."""
    forms = forms_of(tokens.values, kind)
    grams = grams_of(forms, kind)
    parts = tuple((segment, seeds_in(segment, forms, grams)) for segment in segments)
    return Reading(text, kind, tokens, forms, parts)


def _separated(text: str, start: int, end: int) -> int:
    """Return the first character of a stretch without words that separates them, or its end."""
    low, high = start, end
    while low < high:
        middle = (low + high) // 2
        if _separates(text[start : middle + 1]):
            high = middle
        else:
            low = middle + 1
    return low


def _separates(gap: str) -> bool:
    """Say whether letters before and after a stretch are of two words."""
    return len(words.words(f"a{gap}a")) > 1
