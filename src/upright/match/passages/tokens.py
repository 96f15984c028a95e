"""A shard's words as numbers: two bytes for a frequent word, a side table for the rare ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.match.words import Hashes

Numbers = NDArray[np.int64]

BETWEEN = 0
"""Stands before, between and behind documents; no word has this number."""
UNKNOWN = -1
"""The number of a word that a shard does not have."""
_RARE = 0xFFFF
_MOST_SEEN = 0xFF
_TABLE_BITS = 22
_SHIFT = np.uint64(64 - _TABLE_BITS)


def number(hashes: Hashes, between: NDArray[np.bool_]) -> tuple[Numbers, dict[str, NDArray[Any]]]:
    """Return each word's number, and the arrays from which a shard knows its words again.

    Args:
        hashes: of all words in their order, with anything where `between` is set.
        between: where no word is, but the gap between documents.
    """
    found, inverse, counts = _distinct(hashes[~between])
    # The frequent words get the small numbers; within both blocks they stand in the hashes' order.
    by_count = np.argsort(-counts, kind="stable")
    common, rare = np.sort(by_count[: _RARE - 1]), np.sort(by_count[_RARE - 1 :])
    numbers_of = np.empty(len(found), np.int64)
    numbers_of[np.concatenate((common, rare))] = np.arange(1, len(found) + 1)
    numbers = np.full(len(hashes), BETWEEN, np.int64)
    numbers[~between] = numbers_of[inverse]
    rare_places = np.flatnonzero(numbers >= _RARE)
    return numbers, {
        "word": np.minimum(numbers, _RARE).astype(np.uint16),
        "rare_at": rare_places.astype(np.uint32),
        "rare_word": numbers[rare_places].astype(np.uint32),
        "common_hash": found[common],
        "common_count": counts[common].astype(np.uint32),
        "rare_hash": found[rare],
        # A rare word stands 256 times at most in 2^24 words, since 65,534 others are no rarer.
        "rare_count": np.minimum(counts[rare], _MOST_SEEN).astype(np.uint8),
    }


def _distinct(hashes: Hashes) -> tuple[Hashes, Numbers, Numbers]:
    """Return the distinct hashes, which of them each is, and how often each stands.

    As `numpy.unique` does, in a quarter of the time: sorting values is quicker than sorting
    places, and hashes are spread evenly, so a table by their first bits finds nearly all of them.
    """
    ordered = np.sort(hashes)
    fresh = np.ones(len(ordered), np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    edges = np.flatnonzero(fresh)
    found = ordered[edges]
    counts = np.diff(np.append(edges, len(ordered)))
    table = np.zeros(1 << _TABLE_BITS, np.int32)
    table[(found >> _SHIFT).astype(np.int64)] = np.arange(len(found))
    which = table[(hashes >> _SHIFT).astype(np.int64)].astype(np.int64)
    if len(found):
        others = np.flatnonzero(found[which] != hashes)
        which[others] = np.searchsorted(found, hashes[others])
    return found, which, counts


class Tokens:
    """Reads the numbers that `number` made.

    Args:
        arrays: a shard's.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._word = arrays["word"]
        self._rare_at = arrays["rare_at"]
        self._rare_word = arrays["rare_word"]
        self._blocks = (
            (arrays["common_hash"], arrays["common_count"], 1),
            (arrays["rare_hash"], arrays["rare_count"], 1 + len(arrays["common_hash"])),
        )

    def __len__(self) -> int:
        return len(self._word)

    def at(self, places: Numbers) -> Numbers:
        """Return the numbers of the words at some places, in the shape of `places`."""
        numbers = self._word[places].astype(np.int64)
        rare = numbers == _RARE
        if rare.any():
            numbers[rare] = self._rare_word[
                np.searchsorted(self._rare_at, places[rare].astype(np.uint32))
            ]
        return numbers

    def slice(self, start: int, end: int) -> Numbers:
        """Return the numbers of the words from `start` to `end`."""
        return self.at(np.arange(start, end))

    def numbers(self, hashes: Hashes) -> tuple[Numbers, Numbers]:
        """Return the numbers of words, `UNKNOWN` where a shard has them not, and their counts."""
        numbers = np.full(len(hashes), UNKNOWN, np.int64)
        counts = np.zeros(len(hashes), np.int64)
        for known, seen, first in self._blocks:
            if len(known):
                at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
                same = known[at] == hashes
                numbers[same] = first + at[same]
                counts[same] = seen[at[same]]
        return numbers, counts

    def hashes(self, numbers: Numbers) -> Hashes:
        """Return the hashes of words; `BETWEEN` gets 0."""
        every = np.concatenate((np.zeros(1, np.uint64), *(block[0] for block in self._blocks)))
        hashes: Hashes = every[numbers]
        return hashes
