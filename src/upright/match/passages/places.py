"""Where in its document each word of a shard stands, in half a byte a word.

A word is nearly always as long as the first time it stood there, and the gap before it is short;
what is otherwise has its own table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.match.passages.tokens import Numbers, Tokens

_STEP = 64
_BITS = 4
_ODD = (1 << _BITS) - 1
_LONGEST = 0xFF


def pack(gaps: Numbers, lengths: Numbers, numbers: Numbers) -> dict[str, NDArray[Any]]:
    """Return the arrays that hold characters before each word, and its length.

    Args:
        gaps: characters between a word and the one before, or its document's start.
        lengths: characters of the word itself.
        numbers: of the words.
    """
    usual = np.zeros(int(numbers.max(initial=0)) + 1, np.uint8)
    # Backwards, so that the first time stays.
    usual[numbers[::-1]] = np.minimum(lengths[::-1], _LONGEST)
    # A character that stands for two words, such as a fraction, makes a gap of less than nothing.
    odd = (gaps < 0) | (gaps >= _ODD) | (lengths != usual[numbers])
    codes = np.where(odd, _ODD, gaps).astype(np.uint8)
    codes = np.append(codes, np.zeros(len(codes) % 2, np.uint8))
    widths = gaps + lengths
    sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(widths)))
    return {
        "gap": codes[::2] | codes[1::2] << _BITS,
        "usual": usual,
        "odd_at": np.flatnonzero(odd).astype(np.uint32),
        "odd_gap": gaps[odd].astype(np.int32),
        "odd_sum": np.concatenate((np.zeros(1, np.int64), np.cumsum(widths[odd]))),
        "mark": sums[::_STEP].astype(np.uint32),
    }


class Places:
    """Reads what `pack` made.

    Args:
        arrays: a shard's.
        tokens: its words.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]], tokens: Tokens) -> None:
        self._gap = arrays["gap"]
        self._usual = arrays["usual"]
        self._odd_at = arrays["odd_at"]
        self._odd_gap = arrays["odd_gap"]
        self._odd_sum = arrays["odd_sum"]
        self._mark = arrays["mark"]
        self._tokens = tokens

    def before(self, words: Numbers) -> Numbers:
        """Return the characters before each word's gap, counted from the shard's start.

        For the word behind the last one that is the shard's end.
        """
        blocks = words // _STEP
        first = blocks * _STEP
        places = first[:, None] + np.arange(_STEP)
        inside = places < words[:, None]
        places = np.minimum(places, len(self._tokens) - 1)
        codes = self._codes(places)
        # What is odd stands in its own sum.
        inside &= codes != _ODD
        plain = np.where(inside, codes + self._usual[self._tokens.at(places)], 0).sum(axis=1)
        odd = self._odd_sum[self._odd_before(words)] - self._odd_sum[self._odd_before(first)]
        sums: Numbers = self._mark[blocks] + plain + odd
        return sums

    def gaps(self, words: Numbers) -> Numbers:
        """Return the characters between each word and the one before."""
        gaps = self._codes(words)
        odd = gaps == _ODD
        gaps[odd] = self._odd_gap[self._odd_before(words[odd])]
        return gaps

    def every(self) -> tuple[Numbers, Numbers]:
        """Return the gaps and lengths of all words, as they were packed."""
        words = np.arange(len(self._tokens))
        gaps = self._codes(words)
        lengths = self._usual[self._tokens.at(words)].astype(np.int64)
        gaps[self._odd_at] = self._odd_gap
        lengths[self._odd_at] = np.diff(self._odd_sum) - self._odd_gap
        return gaps, lengths

    def _codes(self, words: Numbers) -> Numbers:
        pairs = self._gap[words >> 1].astype(np.int64)
        codes: Numbers = pairs >> ((words & 1) * _BITS) & _ODD
        return codes

    def _odd_before(self, words: Numbers) -> Numbers:
        # Of another type than the table's, numbers would have the table copied first.
        return np.searchsorted(self._odd_at, words.astype(np.uint32))
