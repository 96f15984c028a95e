"""What all shards together say of one text: spans, and the documents they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from upright.match.passages.anchors import kept
from upright.match.passages.shard import Matches, Shared
from upright.match.passages.tokens import Numbers
from upright.match.words import Words, words

if TYPE_CHECKING:
    from upright.match.passages.shard import Shard


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands in a document.

    Attributes:
        document: the document's name.
        start: first character in the document's text.
        end: one past the last.
        owner: whose the document is, or "".
        licence: its licence, or "".
    """

    document: str
    start: int
    end: int
    owner: str
    licence: str


@dataclass(frozen=True, slots=True)
class Span:
    """A passage of the text that stands in documents word for word, as long as it can be.

    Attributes:
        start: first character in the text.
        end: one past the last.
        words: how many words it has.
        rarity: how unlikely its words are one by one, in bits.
        found: how many documents hold it.
        places: the first place in each of the first documents.
    """

    start: int
    end: int
    words: int
    rarity: float
    found: int
    places: tuple[Place, ...]


class Trace:
    """One text, held against all shards of an index.

    Attributes:
        text: the text.
        index: digest of what it was held against.
        words: its words.
        anchors: its kept places, shape (a,).
        shared: for each shard, where they stand in its documents.
        matches: for each shard, the passages of at least `least` words.
        counts: how often each word stands in the index, shape (n,).
        total: words in the index.

    Args:
        shards: the index's.
        text: the text.
        least: shortest passage, in words.
        index: the index's digest.
    """

    def __init__(self, shards: Sequence[Shard], text: str, least: int, index: str) -> None:
        self.text = text
        self.index = index
        self.words: Words = words(text)
        self.anchors: Numbers = kept(self.words.hashes, least)
        self.shards = shards
        self.shared: list[Shared] = []
        self.matches: list[Matches] = []
        self.counts: Numbers = np.zeros(len(self.words), np.int64)
        self.total = sum(shard.file.words for shard in shards)
        for shard in shards:
            numbers, counts = shard.numbers(self.words.hashes)
            self.counts += counts
            shared = shard.shared(numbers, self.anchors)
            self.shared.append(shared)
            self.matches.append(shard.matches(numbers, self.anchors, shared, least))

    def spans(self, most: int) -> list[Span]:
        """Return the passages that stand in no longer one, the most unlikely ones first.

        Args:
            most: name so many documents of each; all are counted.
        """
        longest = self._longest()
        found = [self._span(start, end, most) for start, end in longest]
        return sorted(found, key=lambda span: (-span.rarity, span.start))

    def _longest(self) -> list[tuple[int, int]]:
        """Return the matches, as words of the text, that lie in no other."""
        pairs = {
            pair
            for match in self.matches
            for pair in zip(match.start.tolist(), match.end.tolist(), strict=True)
        }
        longest: list[tuple[int, int]] = []
        for start, end in sorted(pairs, key=lambda pair: (pair[0], -pair[1])):
            if not longest or end > longest[-1][1]:
                longest.append((start, end))
        return longest

    def _span(self, start: int, end: int, most: int) -> Span:
        found, places = 0, list[Place]()
        for shard, match in zip(self.shards, self.matches, strict=True):
            # No match is longer, so those that hold the span are the span.
            here = np.flatnonzero((match.start == start) & (match.end == end))
            documents, first = np.unique(match.document[here], return_index=True)
            found += len(documents)
            chosen = here[first[: most - len(places)]]
            if len(chosen):
                places += _places(shard, match.document[chosen], match.place[chosen], end - start)
        return Span(
            start=int(self.words.starts[start]),
            end=int(self.words.ends[end - 1]),
            words=end - start,
            rarity=self.rarity(start, end),
            found=found,
            places=tuple(places),
        )

    def rarity(self, start: int, end: int) -> float:
        """Return in bits how unlikely words are that are drawn one by one as the index has them."""
        shares = (self.counts[start:end] + 1) / (self.total + 1)
        return float(-np.log2(shares).sum())


def _places(shard: Shard, documents: Numbers, places: Numbers, length: int) -> list[Place]:
    starts, ends = shard.characters(places, np.full(len(places), length))
    rows = [shard.table[int(number)] for number in documents]
    return [
        Place(row.id, int(start), int(end), row.owner, row.licence)
        for row, start, end in zip(rows, starts, ends, strict=True)
    ]
