"""Bets on a mark whose payload is not known.

For each place of the code word the products for both values of its bit are averaged, and those
of all places multiplied. Started at any token, the result has mean 1 at every later one, because
the two terms of an average are such products. So it may be watched, and started anew along the
text. Nothing is decoded first: decoding and then testing takes noise for a message.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.watermark.payload import LENGTH
from upright.watermark.spans import Stretch

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BET = 0.75
_LN2 = math.log(2.0)
_STEP = 16
_STARTS = 128


@dataclass(frozen=True, slots=True)
class Watch:
    """Bets from several starts.

    Attributes:
        growth: shape (n, tests), ln e after each token, from the first one on.
        starts: shape (starts,), where the bets begin.
        peaks: shape (starts, tests), the largest ln e that each reaches.
        ends: shape (starts, tests), one past where it does.
    """

    growth: Floats
    starts: Integers
    peaks: Floats
    ends: Integers

    def best(self, test: int) -> Stretch:
        """Return the stretch of one test with the largest e."""
        row = int(self.peaks[:, test].argmax())
        return Stretch(
            int(self.starts[row]), int(self.ends[row, test]), float(self.peaks[row, test])
        )


def watch(signed: Floats, places: Integers) -> Watch:
    """Bet on marks that begin anywhere, to the next of at most 128 starts.

    Args:
        signed: shape (n, tests), s for the bit 0.
        places: shape (n, tests), in [0, 32).
    """
    count, tests = signed.shape
    starts = np.arange(0, max(1, count), max(_STEP, -(-count // _STARTS)))
    shape = (starts.size, tests)
    both = np.zeros((2, *shape, LENGTH))
    average = np.full((*shape, LENGTH), 0.0)
    total, peaks, ends = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.int64)
    growth = np.zeros((count, tests))
    every = np.arange(tests)
    steps = np.log1p(BET * np.stack([signed, -signed]))
    for at in range(count):
        live = min(starts.size, int(np.searchsorted(starts, at, side="right")))
        places_ = places[at]
        changed = both[:, :live, every, places_] + steps[:, None, at]
        both[:, :live, every, places_] = changed
        now = np.logaddexp(changed[0], changed[1]) - _LN2
        total[:live] += now - average[:live, every, places_]
        average[:live, every, places_] = now
        higher = total > peaks
        peaks[higher] = total[higher]
        ends[higher] = at + 1
        growth[at] = total[0]
    return Watch(growth, starts, peaks, ends)
