"""Which places of a text are looked up, and where a corpus has the same three words.

Of each stretch of so many words one place is kept, chosen by what stands there (winnowing), so two
texts that share the stretch keep the same place of it. A shard's kept places are sorted by the
words that follow: a suffix array that holds every third or fourth suffix.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.match.passages.tokens import Numbers, Tokens
from upright.match.words import Hashes, grams, winnow

GRAM = 3
"""Words that a place is chosen and looked up by."""
_PIECE = 1 << 16
_STEP = 64
_LOW = 16
# Numbers of words have 24 bits; of the third word's the low 16 stand in the key.
_FIRST, _SECOND, _THIRD = 40, 16, 0xFFFF


def kept(hashes: Hashes, least: int) -> Numbers:
    """Return the places that are kept of a text.

    Args:
        hashes: its words.
        least: each stretch of so many words keeps a place, with its three words inside.
    """
    parts: list[Numbers] = []
    last = -1
    # Piece by piece, so that it stays in the processor's own memory. A piece goes on over the
    # next one's first words, so no stretch is missed; of both, at most one place is the same.
    for start in range(0, max(1, len(hashes) - least + 1), _PIECE):
        piece = hashes[start : start + _PIECE + least - 1]
        found = start + winnow(grams(piece, GRAM), least - GRAM + 1)
        found = found[found > last]
        last = int(found[-1]) if len(found) else last
        parts.append(found)
    return np.concatenate(parts)


def pack(numbers: Numbers, places: Numbers) -> dict[str, NDArray[Any]]:
    """Return kept places in the order of their words, as a shard has them."""
    keys = _keys(numbers[places], numbers[places + 1], numbers[places + 2])
    order = np.argsort(keys, kind="stable")
    places = places[order]
    return {
        "anchor_low": (places & _THIRD).astype(np.uint16),
        "anchor_high": (places >> _LOW).astype(np.uint8),
        "anchor_key": keys[order][::_STEP],
    }


class Anchors:
    """Looks words up among a shard's kept places.

    Args:
        arrays: a shard's.
        tokens: its words.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]], tokens: Tokens) -> None:
        self._low = arrays["anchor_low"]
        self._high = arrays["anchor_high"]
        self._key = arrays["anchor_key"]
        self._tokens = tokens

    def __len__(self) -> int:
        return len(self._low)

    def at(self, ranks: Numbers) -> Numbers:
        """Return the places that have some ranks in the order of words."""
        return self._low[ranks].astype(np.int64) | self._high[ranks].astype(np.int64) << _LOW

    def ranges(self, words: Numbers) -> tuple[Numbers, Numbers]:
        """Return first and last rank of the places where three words stand, as [first, last).

        The third word is compared by its low bits only.

        Args:
            words: numbers of shape (n, 3), all known to the shard.
        """
        keys = _keys(words[:, 0], words[:, 1], words[:, 2])
        both = np.concatenate((keys, keys + np.uint64(1)))
        bounds = self._bounds(both)
        return bounds[: len(keys)], bounds[len(keys) :]

    def _bounds(self, keys: Hashes) -> Numbers:
        """Return how many places have a smaller key."""
        block = np.searchsorted(self._key, keys)
        low = np.maximum(block - 1, 0) * _STEP
        high = np.minimum(block * _STEP, len(self))
        while (open_ := low < high).any():
            middle = (low + high) >> 1
            place = self.at(np.minimum(middle, len(self) - 1))
            smaller = self._key_at(place) < keys
            low = np.where(open_ & smaller, middle + 1, low)
            high = np.where(open_ & ~smaller, middle, high)
        return low

    def _key_at(self, places: Numbers) -> Hashes:
        words = self._tokens.at(places[:, None] + np.arange(GRAM))
        return _keys(words[:, 0], words[:, 1], words[:, 2])


def _keys(first: Numbers, second: Numbers, third: Numbers) -> Hashes:
    return (first << _FIRST | second << _SECOND | third & _THIRD).astype(np.uint64)
