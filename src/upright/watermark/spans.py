"""Which stretches of a text are marked, with one bound on the chance of any error.

For every start i the product of 1 + λ s from i on is an e-process, so that the chance that any
end j lifts it to n / alpha is at most alpha / n, and over all n starts at most alpha. Every
stretch of a text may therefore be looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive scored positions.

    Attributes:
        start: the first.
        end: one past the last.
        log_e: natural logarithm of their e-value.
    """

    start: int
    end: int
    log_e: float


def best_stretch(gains: Floats) -> Stretch | None:
    """Return the stretch with the largest sum, in linear time; None if none is positive.

    Args:
        gains: shape (n,), ln(1 + λ s).
    """
    if gains.size == 0:
        return None
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    lowest = np.minimum.accumulate(sums)
    rises = sums - lowest
    end = int(rises.argmax())
    if rises[end] <= 0:
        return None
    start = int(sums[: end + 1].argmin())
    return Stretch(start, end, float(rises[end]))


def best_rises(gains: Floats) -> Floats:
    """Return the largest sum of any stretch, for each bet and test; 0 where none is positive.

    Args:
        gains: shape (bets, n, tests).

    Returns:
        Shape (bets, tests).
    """
    nothing = np.zeros((gains.shape[0], 1, gains.shape[2]))
    sums = np.concatenate([nothing, np.cumsum(gains, axis=1)], axis=1)
    rises: Floats = (sums - np.minimum.accumulate(sums, axis=1)).max(axis=1)
    return rises


def stretches(gains: Floats, threshold: float) -> list[Stretch]:
    """Return disjoint stretches whose sums reach a threshold, in order.

    The best one first, then the best ones to its left and right.

    Args:
        gains: shape (n,), ln(1 + λ s).
        threshold: ln(n · tests / alpha).
    """
    return sorted(_found(gains, threshold, 0), key=lambda stretch: stretch.start)


def _found(gains: Floats, threshold: float, offset: int) -> Iterator[Stretch]:
    waiting = [(offset, gains)]
    while waiting:
        left, part = waiting.pop()
        best = best_stretch(part)
        if best is None or best.log_e < threshold:
            continue
        yield Stretch(left + best.start, left + best.end, best.log_e)
        waiting.append((left, part[: best.start]))
        waiting.append((left + best.end, part[best.end :]))


def scan_p_value(log_e: float, starts: int, tests: int) -> float:
    """Return the p-value of the best stretch over all starts and tests."""
    return min(1.0, max(1, starts) * tests * math.exp(-log_e))
