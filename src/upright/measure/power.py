"""How many rows it takes to show that shares are equal within a margin."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from upright.measure.equivalence import ALPHA, check_margin

POWER = 0.8
"""How often the rows said to be needed are enough."""

_NORMAL = NormalDist()


def rows_needed(
    share: float,
    margin: float,
    *,
    gap: float = 0.0,
    groups: int = 2,
    alpha: float = ALPHA,
    power: float = POWER,
) -> int | None:
    """Return how many rows each group needs so that all are certified to be within the margin.

    Args:
        share: common to the groups, in [0, 1].
        margin: of equivalence, in (0, 1).
        gap: how much the shares differ in truth; 0 where they are equal.
        groups: how many there are, each compared with each.
        alpha: level of each test.
        power: how often so many rows are enough.

    Returns:
        Rows of each group among those the share is of (for a false-rejection rate the creditworthy
        ones); None where the gap is the margin or more, since no number is enough.

    Raises:
        ValueError: for a margin that is none, or fewer than two groups.
    """
    check_margin(margin)
    if groups < 2:  # noqa: PLR2004 (a pair)
        raise ValueError(f"{groups} groups cannot be compared")
    if gap >= margin:
        return None
    test = math.sqrt(2) * _NORMAL.inv_cdf(1 - alpha)
    # Equal groups fail on either side; of unequal ones only the pair that differs matters.
    spread = _range(groups, power) if gap == 0 else math.sqrt(2) * _NORMAL.inv_cdf(power)
    # A share of 0 or 1 cannot be counted on: the rows must tell it from a margin away.
    softened = min(max(share, margin / 2), 1 - margin / 2)
    rows = softened * (1 - softened) * ((test + spread) / (margin - gap)) ** 2
    # The exact test answers in whole rows, which costs it up to one in each group.
    return math.ceil(rows + 2 / (margin - gap))


@lru_cache(maxsize=64)
def _range(groups: int, power: float) -> float:
    """Return the quantile of the range of independent standard normals.

    P(range ≤ w) = g ∫ φ(x) (Φ(x + w) - Φ(x))^(g - 1) dx (Tippett 1925).
    """
    x = np.linspace(-9.0, 9.0, 2001)
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    below = np.array([_NORMAL.cdf(value) for value in x])
    low, high = 0.0, 20.0
    for _ in range(50):
        width = (low + high) / 2
        inside = np.interp(x + width, x, below, right=1.0) - below
        chance = groups * float(np.trapezoid(density * inside ** (groups - 1), x))
        low, high = (width, high) if chance < power else (low, width)
    return (low + high) / 2
