"""One shard, open: what a text shares with its documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upright.match.passages import layout
from upright.match.passages.anchors import GRAM, Anchors
from upright.match.passages.documents import Table
from upright.match.passages.layout import ShardFile
from upright.match.passages.places import Places
from upright.match.passages.tokens import UNKNOWN, Numbers, Tokens
from upright.match.words import Hashes


@dataclass(frozen=True, slots=True)
class Matches:
    """Passages that a text shares with documents, as long as they can be; arrays of shape (n,).

    Attributes:
        start: first word of each in the text.
        end: one past its last word.
        document: the document's number in the shard.
        place: where the passage begins among the shard's words.
    """

    start: Numbers
    end: Numbers
    document: Numbers
    place: Numbers


@dataclass(frozen=True, slots=True)
class Shared:
    """Kept places of a text that stand in documents too; arrays of shape (n,).

    Attributes:
        anchor: which of the text's kept places.
        document: the document's number in the shard.
        place: where its three words stand among the shard's words.
    """

    anchor: Numbers
    document: Numbers
    place: Numbers


class Shard:
    """A shard's file, open for reading. Safe to use from many threads.

    Args:
        folder: the index's.
        file: what the manifest says of it.
        gone: numbers of documents that were removed.

    Raises:
        PassageIndexError: if the file is missing or damaged.
    """

    def __init__(self, folder: Path, file: ShardFile, gone: Iterable[int] = ()) -> None:
        arrays = layout.read(folder, file)
        self.file = file
        self.arrays = arrays
        self.tokens = Tokens(arrays)
        self.table = Table(arrays)
        self.starts: NDArray[np.uint32] = arrays["start"]
        self.gone = np.zeros(len(self.table), np.bool_)
        self.gone[list(gone)] = True
        self._anchors = Anchors(arrays, self.tokens)
        self._places = Places(arrays, self.tokens)

    def without(self, gone: Iterable[int]) -> Shard:
        """Return the same shard, already open, with these documents removed and no others."""
        other = object.__new__(Shard)
        other.__dict__.update(self.__dict__)
        other.gone = np.zeros(len(self.table), np.bool_)
        other.gone[list(gone)] = True
        return other

    def numbers(self, hashes: Hashes) -> tuple[Numbers, Numbers]:
        """Return the shard's numbers of a text's words, and how often each stands in it."""
        return self.tokens.numbers(hashes)

    def shared(self, numbers: Numbers, kept: Numbers) -> Shared:
        """Return where a text's kept places stand in documents that are still there.

        Args:
            numbers: of the text's words.
            kept: its kept places.
        """
        words = numbers[kept[:, None] + np.arange(GRAM)]
        known = np.flatnonzero((words != UNKNOWN).all(axis=1))
        first, last = self._anchors.ranges(words[known])
        counts = last - first
        ends = np.cumsum(counts)
        ranks = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + counts, counts)
        anchor, place = np.repeat(known, counts), self._anchors.at(ranks)
        document = self._document(place)
        there = ~self.gone[document] & (self.tokens.at(place + 2) == words[anchor, 2])
        return Shared(anchor[there], document[there], place[there])

    def matches(self, numbers: Numbers, kept: Numbers, shared: Shared, least: int) -> Matches:
        """Return the passages of at least so many words that a text shares with documents.

        Args:
            numbers: of the text's words.
            kept: its kept places.
            shared: what `shared` found for them.
            least: words.
        """
        # Of a longer passage each so many words keep a place, so both sides end within so many.
        padded = np.concatenate(([UNKNOWN] * least, numbers, [UNKNOWN] * (2 * least)))
        at = kept[shared.anchor]
        left = self._reach(padded, at + least, shared.place, -1, least)
        right = self._reach(padded, at + least, shared.place, 1, least)
        long = left + right - 1 >= least
        at, place, left, right = at[long], shared.place[long], left[long], right[long]
        start, end, place = _merged(at - left + 1, at + right, place - left + 1)
        return Matches(start, end, self._document(place), place)

    def _reach(self, text: Numbers, at: Numbers, place: Numbers, step: int, most: int) -> Numbers:
        """Return how many words are the same from a pair of places on, itself included."""
        reach = np.ones(len(at), np.int64)
        open_ = np.arange(len(at))
        for far in range(1, most + 1):
            same = text[at[open_] + far * step] == self.tokens.at(place[open_] + far * step)
            open_ = open_[same]
            reach[open_] += 1
        return reach

    def _document(self, place: Numbers) -> Numbers:
        # Of another type than the table's, places would have the table copied first.
        return np.searchsorted(self.starts, place.astype(np.uint32), side="right") - 1

    def characters(self, place: Numbers, words: Numbers) -> tuple[Numbers, Numbers]:
        """Return first and last character, as [first, last), of passages in their documents.

        Args:
            place: where each begins among the shard's words.
            words: how many it has.
        """
        first = self.starts[self._document(place)].astype(np.int64)
        before = self._places.before(np.concatenate((first, place, place + words)))
        base, start, end = np.split(before, 3)
        return start + self._places.gaps(place) - base, end - base


def _merged(start: Numbers, end: Numbers, place: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Return passages of which overlapping ones that go on in each other are one."""
    diagonal = place - start
    order = np.lexsort((start, diagonal))
    start, end, diagonal = start[order], end[order], diagonal[order]
    first = np.ones(len(start), np.bool_)
    first[1:] = (diagonal[1:] != diagonal[:-1]) | (start[1:] > end[:-1])
    heads = np.flatnonzero(first)
    # On one diagonal a later beginning has no earlier end.
    last = np.append(heads[1:], len(start)) - 1
    start, end = start[heads], end[last[: len(heads)]]
    return start, end, diagonal[heads] + start
