"""How well scores put positive texts above the others: areas, recall at a bound, curves.

Equal scores are one place in the ranking throughout: no order of the lines can change a figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from upright.measure.intervals import Interval, wilson

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]

DRAWS = 1000
"""Bootstrap draws of a figure that has no formula."""

DELONG = "DeLong, limits on the logit scale"
BOOTSTRAP = "bootstrap, drawn within each label"


@dataclass(frozen=True, slots=True)
class Curve:
    """What each threshold does, from the highest score down.

    Attributes:
        threshold: distinct scores, falling, shape (k,).
        true_positives: positive lines with at least that score, shape (k,).
        false_positives: other lines with at least that score, shape (k,).
    """

    threshold: Floats
    true_positives: Counts
    false_positives: Counts

    @property
    def recall(self) -> Floats:
        """Share of the positive lines with at least the score."""
        return _shares(self.true_positives)

    @property
    def false_positive_rate(self) -> Floats:
        """Share of the other lines with at least the score."""
        return _shares(self.false_positives)

    @property
    def precision(self) -> Floats:
        """Share of positive lines among those with at least the score."""
        precision: Floats = self.true_positives / (self.true_positives + self.false_positives)
        return precision


def curve(positive: Bools, scores: Floats) -> Curve:
    """Return what every threshold does.

    Args:
        positive: which lines are positive, shape (n,).
        scores: shape (n,).

    Raises:
        ValueError: for shapes that differ, or scores that are no numbers.
    """
    _check(positive, scores)
    values, place = np.unique(scores, return_inverse=True)
    hits = np.bincount(place, weights=positive, minlength=len(values))[::-1]
    all_ = np.bincount(place, minlength=len(values))[::-1]
    true_positives = np.cumsum(hits).astype(np.int64)
    return Curve(values[::-1], true_positives, np.cumsum(all_).astype(np.int64) - true_positives)


def auc(positive: Bools, scores: Floats, level: float = 0.95) -> Interval:
    """Return the probability that a positive line scores above another one, ties half.

    Limits by DeLong's variance (1988) on the logit scale (Pepe 2003), which keeps them in
    [0, 1]. DeLong sees no spread in few lines that score alike, and none at all where every
    pair is in order; so the limits are at least as wide as the smaller class must leave open.

    Args:
        positive: which lines are positive, shape (n,).
        scores: shape (n,).
        level: in (0, 1).

    Returns:
        The area; NaN in [0, 1] where a class is missing.

    Raises:
        ValueError: as `curve`, and for a level that is none.
    """
    _check(positive, scores)
    return auc_of(scores[positive], scores[~positive], level)


def auc_of(above: Floats, below: Floats, level: float = 0.95) -> Interval:
    """Return `auc` for two lists of scores: of positive lines, shape (p,), and others, (q,)."""
    if not 0 < level < 1:
        raise ValueError(f"a level of {level} is none")
    n = len(above) + len(below)
    if not len(above) or not len(below):
        return Interval(math.nan, 0.0, 1.0, n, level)
    wins, losses = _placements(above, below), _placements(below, above)
    value = float(wins.mean())
    fewest = min(len(above), len(below))
    tail = (1 - level) / 2
    # Of a kind that makes up a share q no line is seen with probability (1 - q)^fewest.
    sure = tail ** (1 / fewest)
    # Lines of a kind that has not been seen may be so many and lie at either end.
    low, high = value * sure, value * sure + 1.0 - sure
    variance = _variance(wins) + _variance(losses)
    if 0.0 < value < 1.0:
        z = NormalDist().inv_cdf(1 - tail)
        middle = math.log(value / (1 - value))
        half = z * math.sqrt(variance) / (value * (1 - value))
        low, high = min(low, _expit(middle - half)), max(high, _expit(middle + half))
    return Interval(value, low, high, n, level)


def average_precision(
    positive: Bools, scores: Floats, level: float = 0.95, *, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Return the area under the precision-recall steps, with bootstrap limits.

    Both labels are drawn again apart, so the share of positive lines stays what it is: the
    figure depends on it. Where nothing stands out of order the draws cannot differ; the lower
    limit then is the figure with as many more lines on top as may have gone unseen.

    Args:
        positive: which lines are positive, shape (n,).
        scores: shape (n,).
        level: in (0, 1).
        draws: how many times.
        seed: same seed, same interval.

    Returns:
        The area; NaN in [0, 1] where a class is missing.

    Raises:
        ValueError: as `curve`.
    """
    whole = curve(positive, scores)
    n = len(scores)
    if not positive.any() or positive.all():
        return Interval(math.nan, 0.0, 1.0, n, level)
    value = _area(whole.true_positives, whole.false_positives)
    drawn = np.array([_area(*pair) for pair in _redrawn(whole, draws, seed)])
    low, high = _limits(drawn, value, level)
    if value == 1.0:
        ranks = np.arange(1, int(positive.sum()) + 1)
        low = float(np.mean(ranks / (ranks - math.log((1 - level) / 2))))
    return Interval(value, low, high, n, level)


def recall_at_fpr(
    positive: Bools,
    scores: Floats,
    bound: float = 0.01,
    level: float = 0.95,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return the largest recall of a threshold that flags at most `bound` of the other lines.

    Limits: the wider of the bootstrap's, which moves the threshold, and Wilson's, which keeps it.

    Args:
        positive: which lines are positive, shape (n,).
        scores: shape (n,).
        bound: largest false-positive rate.
        level: in (0, 1).
        draws: how many times.
        seed: same seed, same interval.

    Returns:
        The recall; NaN in [0, 1] where a class is missing.

    Raises:
        ValueError: as `curve`.
    """
    whole = curve(positive, scores)
    n, positives = len(scores), int(positive.sum())
    if not positives or positives == n:
        return Interval(math.nan, 0.0, 1.0, n, level)
    found = _within(whole.true_positives, whole.false_positives, bound)
    drawn = [_within(*pair, bound) / positives for pair in _redrawn(whole, draws, seed)]
    low, high = _limits(np.array(drawn), found / positives, level)
    kept = wilson(found, positives, level)
    return Interval(found / positives, min(low, kept.low), max(high, kept.high), n, level)


def _redrawn(whole: Curve, draws: int, seed: int) -> Iterator[tuple[Counts, Counts]]:
    """Yield the counts of a curve for lines drawn again, each label from its own."""
    numbers = np.random.default_rng(seed)
    places = len(whole.threshold)
    owners = [
        np.repeat(np.arange(places), np.diff(counts, prepend=0))
        for counts in (whole.true_positives, whole.false_positives)
    ]
    for _ in range(draws):
        up, down = (
            np.cumsum(
                np.bincount(owner[numbers.integers(len(owner), size=len(owner))], minlength=places)
            )
            for owner in owners
        )
        yield up, down


def _area(true_positives: Counts, false_positives: Counts) -> float:
    """Return the average precision: precision at each positive line's place, averaged."""
    flagged = np.maximum(true_positives + false_positives, 1)
    steps = np.diff(true_positives, prepend=0)
    # No matrix product: of whole numbers it is slow, and of others its threads wait for cores.
    return float((steps * true_positives / flagged).sum() / true_positives[-1])


def _within(true_positives: Counts, false_positives: Counts, bound: float) -> int:
    allowed = math.floor(bound * int(false_positives[-1]) + 1e-9)
    reached = int(np.searchsorted(false_positives, allowed, side="right"))
    return int(true_positives[reached - 1]) if reached else 0


def _limits(drawn: Floats, value: float, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    return min(float(low), value), max(float(high), value)


def _placements(ours: Floats, theirs: Floats) -> Floats:
    """Return for each of our scores the share of theirs on its right side, ties half.

    Placed against the positives' scores a negative's share counts those below it; its spread,
    which is all that is used of it, is the same from either side.
    """
    ordered = np.sort(theirs)
    below = np.searchsorted(ordered, ours, side="left")
    up_to = np.searchsorted(ordered, ours, side="right")
    shares: Floats = (below + up_to) / (2 * len(theirs))
    return shares


def _variance(placements: Floats) -> float:
    n = len(placements)
    # One line has no spread to see; the largest there can be stands in for it.
    return 0.25 if n == 1 else float(placements.var(ddof=1)) / n


def _shares(counts: Counts) -> Floats:
    total = int(counts[-1]) if len(counts) else 0
    shares: Floats = counts / total if total else np.full(len(counts), math.nan)
    return shares


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _check(positive: Bools, scores: Floats) -> None:
    if positive.shape != scores.shape or scores.ndim != 1:
        raise ValueError(f"{positive.shape} labels and {scores.shape} scores do not fit")
    if not np.isfinite(scores).all():
        raise ValueError("a score is no number")
