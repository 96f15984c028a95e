"""Exact tests of fair coins: the only thing that detection relies on.

For a text that does not depend on the key, and whatever model the detector uses, the sign of
each evidence s is a fair coin given its size |s|. Nothing here uses anything else.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BETS = (0.25, 0.5, 0.75, 0.95)
"""The shares λ that e-values bet; their average bets well on clean and on edited text."""

_MOST_EXACT = 4_000
_LN2 = math.log(2.0)


def log_binomial(n: int) -> Floats:
    """Return ln P(X = k) of X ~ Binomial(n, ½) for k = 0 to n, shape (n + 1,)."""
    # Rounded up to a power of two, so that few sizes are ever computed.
    logs = _log_factorials(1 << n.bit_length())[: n + 1]
    chances: Floats = logs[n] - logs - logs[::-1] - n * _LN2
    return chances


def binomial_tail(greens: int, n: int) -> float:
    """Return P(X ≥ greens) of X ~ Binomial(n, ½): the p-value of so many greens."""
    return _total(log_binomial(n)[max(0, greens) :])


def randomised_tail(greens: int, n: int, uniform: float) -> float:
    """Return P(X > greens) + uniform · P(X = greens), uniform on [0, 1] under the null.

    Args:
        greens: how many.
        n: of so many.
        uniform: in [0, 1], independent of everything.
    """
    logs = log_binomial(n)
    return _total(logs[greens + 1 :]) + uniform * math.exp(float(logs[greens]))


def weighted_tail(evidence: Floats, weights: Integers, uniform: float = 1.0) -> float:
    """Return the p-value of the signs of evidence, each with a weight.

    The sum of the weights with a plus sign is compared with its exact distribution under fair
    coins: a convolution of scaled binomials. For thousands of tokens Hoeffding's bound (1963)
    stands for it, which is never too small.

    Args:
        evidence: shape (n,), values of s in [-1, 1].
        weights: shape (n,), not negative and small; they may depend on anything but the signs.
        uniform: in [0, 1]: 1 for the ordinary p-value; drawn independently of everything it makes
            the p-value uniform under the null.
    """
    if evidence.size > _MOST_EXACT:
        return _hoeffding(float((weights * np.sign(evidence)).sum()), float((weights**2).sum()))
    seen = int(weights[evidence > 0].sum())
    chances = np.ones(1)
    for weight, count in enumerate(np.bincount(weights, minlength=2)[1:].tolist(), 1):
        if count:
            spread = np.zeros(weight * count + 1)
            spread[::weight] = np.exp(log_binomial(count))
            chances = np.convolve(chances, spread)
    # From the far end: what is small must not be the difference of what is large.
    above = float(chances[seen + 1 :][::-1].sum())
    return min(1.0, above + uniform * float(chances[seen]))


def folded_tail(greens: Integers, totals: Integers) -> float:
    """Return the p-value of the greens of many groups whose bits are not known.

    Each group's bit decides which of its two colours is green, so that only how far apart they
    are counts: the statistic is the sum of |2 greens - total|, whose distribution under fair
    coins is a convolution of folded binomials, hence exact. For thousands of tokens, where that
    takes too long, it says nothing (1.0).

    Args:
        greens: shape (m,), for each group.
        totals: shape (m,).
    """
    if int(totals.sum()) > _MOST_EXACT:
        return 1.0
    seen = int(np.abs(2 * greens - totals).sum())
    chances = np.ones(1)
    for total in totals.tolist():
        counts = np.abs(2 * np.arange(total + 1) - total)
        folded = np.bincount(counts, weights=np.exp(log_binomial(total)))
        chances = np.convolve(chances, folded)
    return min(1.0, float(chances[seen:].sum()))


def erlang_tail(total: float, n: int) -> float:
    """Return P(X ≥ total) of a sum X of n exponential variables of mean 1."""
    if n == 0 or total <= 0:
        return 1.0
    steps = np.arange(n)
    logs = steps * math.log(total) - np.concatenate([[0.0], np.cumsum(np.log(steps[1:]))])
    return _total(logs - total)


def log_mean(logs: Floats) -> Floats:
    """Return the logarithm of the mean of exp(logs) over the first axis, shape (…)."""
    top = logs.max(axis=0)
    means: Floats = top + np.log(np.exp(logs - top).mean(axis=0))
    return means


@lru_cache(maxsize=32)
def _log_factorials(n: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])


def _hoeffding(total: float, squares: float) -> float:
    return min(1.0, math.exp(-(max(0.0, total) ** 2) / (2 * squares))) if squares else 1.0


def _total(logs: Floats) -> float:
    return min(1.0, float(np.exp(logs).sum())) if logs.size else 0.0
