"""Whether scores mean what they say: of texts scored 0.8, are eight in ten positive?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from upright.measure.intervals import Interval, wilson

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BINS = 10
"""Bins of the calibration error, of about equally many lines."""

CALIBRATION = "equal-mass bins; limits hold for any true error"
BRIER = "mean; normal limits"


@dataclass(frozen=True, slots=True)
class Bin:
    """Lines of neighbouring scores.

    Attributes:
        low: lowest score.
        high: highest score.
        score: mean score.
        positive: share of positive lines, with Wilson's limits.
    """

    low: float
    high: float
    score: float
    positive: Interval


def reliability(
    positive: Bools, scores: Floats, bins: int = BINS, level: float = 0.95
) -> list[Bin]:
    """Return bins of about equally many lines, lowest scores first.

    Equal scores are never split, so many equal scores make fewer bins.

    Args:
        positive: which lines are positive, shape (n,).
        scores: shape (n,).
        bins: how many at most.
        level: of the limits, in (0, 1).

    Raises:
        ValueError: for shapes that differ, or less than one bin.
    """
    if positive.shape != scores.shape or bins < 1:
        raise ValueError(f"{positive.shape} labels, {scores.shape} scores, {bins} bins do not fit")
    order = np.argsort(scores, kind="stable")
    ordered, labels = scores[order], positive[order]
    found: list[Bin] = []
    start = 0
    for number in range(1, bins + 1):
        wanted = round(number * len(ordered) / bins)
        if wanted <= start:
            continue
        end = int(np.searchsorted(ordered, ordered[wanted - 1], side="right"))
        inside = ordered[start:end]
        found.append(
            Bin(
                low=float(inside[0]),
                high=float(inside[-1]),
                score=float(inside.mean()),
                positive=wilson(int(labels[start:end].sum()), end - start, level),
            )
        )
        start = end
    return found


def calibration_error(
    positive: Bools, scores: Floats, bins: int = BINS, level: float = 0.95, *, seed: int = 0
) -> Interval:
    """Return the expected calibration error over bins of about equally many lines.

    The estimate itself leans upwards: chance makes gaps where there are none. So the limits
    are not symmetric. With gaps g estimated by d = g + e, the sum of w|g| exceeds that of w|d|
    by no more than the sum of -w sign(g) e, which is normal, and falls short of it by no more
    than the sum of w|e|. Both limits are taken at half the error. The scores count as given,
    and only the labels as drawn.

    Args:
        positive: which lines are positive, shape (n,).
        scores: in [0, 1], shape (n,).
        bins: how many at most.
        level: in (0, 1).
        seed: of the quantile of Σw|e|.

    Returns:
        The error; NaN in [0, 1] of no lines.

    Raises:
        ValueError: as `reliability`.
    """
    found = reliability(positive, scores, bins, level)
    n = len(scores)
    if not found:
        return Interval(math.nan, 0.0, 1.0, 0, level)
    sizes = np.array([item.positive.n for item in found])
    shares = np.array([item.positive.value for item in found])
    gaps = np.abs(np.array([item.score for item in found]) - shares)
    weights = sizes / n
    value = float(weights @ gaps)
    # A bin in which all labels agree still has an unknown share: one of each is added.
    softened = (shares * sizes + 1) / (sizes + 2)
    errors = weights * np.sqrt(softened * (1 - softened) / sizes)
    tail = (1 - level) / 2
    normals = np.abs(np.random.default_rng(seed).standard_normal((20_000, len(found))))
    lean = float(np.quantile(normals @ errors, 1 - tail))
    spread = NormalDist().inv_cdf(1 - tail) * float(np.sqrt((errors**2).sum()))
    return Interval(value, max(0.0, value - lean), min(1.0, value + spread), n, level)


def brier(positive: Bools, scores: Floats, level: float = 0.95) -> Interval:
    """Return the mean squared distance of scores from labels (Brier 1950).

    Args:
        positive: which lines are positive, shape (n,).
        scores: in [0, 1], shape (n,).
        level: in (0, 1).

    Returns:
        The score; NaN in [0, 1] of no lines.

    Raises:
        ValueError: for shapes that differ.
    """
    if positive.shape != scores.shape:
        raise ValueError(f"{positive.shape} labels and {scores.shape} scores do not fit")
    n = len(scores)
    if n == 0:
        return Interval(math.nan, 0.0, 1.0, 0, level)
    losses = (scores - positive) ** 2
    value = float(losses.mean())
    if n == 1:
        return Interval(value, 0.0, 1.0, 1, level)
    half = NormalDist().inv_cdf((1 + level) / 2) * float(losses.std(ddof=1)) / math.sqrt(n)
    return Interval(value, max(0.0, value - half), min(1.0, value + half), n, level)
