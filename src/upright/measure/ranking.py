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

from upright.measure.intervals import Interval, clopper_pearson

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]

DRAWS = 1000
"""Bootstrap draws of a figure that has no formula."""

DELONG = "DeLong, limits on the logit scale"
BOOTSTRAP = "bootstrap, drawn within each label; limits on the logit scale"
AT_FPR = "limits of the threshold by the binomial and of the recall by Clopper and Pearson, joined"


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
    low, high = value * sure, 1.0 - sure * (1.0 - value)
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
    figure depends on it. The limits are the bootstrap's spread on the logit scale around the
    figure (as Boyd, Eng and Page 2013): in simulations they hold the truth more often than its
    percentiles. Where no line stands out of order the draws cannot differ; the lower limit then
    is the figure with as many more lines on top as may have gone unseen.

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
    n, positives = len(scores), int(positive.sum())
    if not positives or positives == n:
        return Interval(math.nan, 0.0, 1.0, n, level)
    value = _area(whole.true_positives, whole.false_positives)
    if value == 1.0:
        ranks = np.arange(1, positives + 1)
        low = float(np.mean(ranks / (ranks - math.log((1 - level) / 2))))
        return Interval(1.0, low, 1.0, n, level)
    drawn = np.array([_area(*pair) for pair in _redrawn(whole, draws, seed)])
    # Nearer to 1 than this no area can be that is not 1.
    most = 1 - 0.5 / (positives + 1) ** 2
    logits = np.log(np.minimum(drawn, most) / (1 - np.minimum(drawn, most)))
    half = NormalDist().inv_cdf((1 + level) / 2) * float(logits.std())
    middle = math.log(value / (1 - value))
    low, high = _expit(middle - half), _expit(middle + half)
    return Interval(value, min(low, value), max(high, value), n, level)


def recall_at_fpr(
    positive: Bools, scores: Floats, bound: float = 0.01, level: float = 0.95
) -> Interval:
    """Return the largest recall of a threshold that flags at most `bound` of the other lines.

    Two things are uncertain: which threshold keeps the bound, and the recall there. How many
    other lines score above the true threshold is binomial, which limits the threshold; Clopper
    and Pearson limit the recall at the one observed. The distances add up as roots of sums of
    squares (Zou and Donner 2008).

    Args:
        positive: which lines are positive, shape (n,).
        scores: shape (n,).
        bound: largest false-positive rate, in [0, 1].
        level: in (0, 1).

    Returns:
        The recall; NaN in [0, 1] where a class is missing. `n` counts all lines.

    Raises:
        ValueError: as `curve`, or for a bound that is none.
    """
    if not 0 <= bound <= 1:
        raise ValueError(f"a bound of {bound} is none")
    whole = curve(positive, scores)
    n, positives = len(scores), int(positive.sum())
    others = n - positives
    if not positives or not others:
        return Interval(math.nan, 0.0, 1.0, n, level)
    # The nudge keeps 0.01 of 300 from being 2.9999…
    found = _reached(whole, math.floor(bound * others + 1e-9))
    value = found / positives
    fewest, most = _binomial_range(others, bound, level)
    kept = clopper_pearson(found, positives, level)
    # With `fewest` others above it, the true threshold is no higher than the last of them.
    down, up = _reached(whole, fewest - 1) / positives, _reached(whole, most) / positives
    low = value - math.hypot(value - min(down, value), value - kept.low)
    high = value + math.hypot(max(up, value) - value, kept.high - value)
    return Interval(value, max(0.0, low), min(1.0, high), n, level)


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


def _reached(whole: Curve, allowed: int) -> int:
    """Return how many positive lines a threshold flags with so many false alarms at most."""
    place = int(np.searchsorted(whole.false_positives, allowed, side="right"))
    return int(whole.true_positives[place - 1]) if place else 0


def _binomial_range(n: int, share: float, level: float) -> tuple[int, int]:
    """Return the range, in whole numbers, that Binomial(n, share) keeps to at a level."""
    if share in {0.0, 1.0}:
        return round(n * share), round(n * share)
    tail = (1 - level) / 2
    spread = 12 * math.sqrt(n * share * (1 - share)) + 12  # beyond it there is nothing to count
    counts = np.arange(max(0, math.floor(n * share - spread)), min(n, n * share + spread) + 1)
    logs = [
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(share)
        + (n - k) * math.log1p(-share)
        for k in counts
    ]
    below = np.cumsum(np.exp(logs))
    low, high = (int(np.searchsorted(below, at)) for at in (tail, 1 - tail))
    return int(counts[low]), int(counts[min(high, len(counts) - 1)])


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
