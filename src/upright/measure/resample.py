"""Intervals for figures that have no formula: people, pairs or documents are drawn again."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence

from upright.measure import student
from upright.measure.intervals import Interval

_FEW = 10
"""Clusters below which draws among them are too alike to tell how far off others would lie."""


def cluster_bootstrap(
    statistic: Callable[[Sequence[int]], float],
    clusters: Sequence[str],
    *,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return the percentile interval of a statistic when whole clusters are drawn again.

    What comes from one person, pair or document is not independent: it is drawn together. Draws
    in which the statistic is NaN, since a class is missing, are left out. The percentiles are
    those of the expanded interval (Hesterberg 2015), which knows Student's t; with fewer than ten
    clusters the limits are also no nearer than t times the draws' spread, and one has no limits.

    Args:
        statistic: takes row numbers, with repetitions, and returns the figure.
        clusters: the cluster of each row.
        draws: how many times.
        level: in (0, 1).
        seed: same seed, same interval.

    Returns:
        Its value on all rows, the limits, and the number of clusters as `n`.

    Raises:
        ValueError: for no rows, or a level that is none.
    """
    if not clusters or not 0 < level < 1:
        raise ValueError(f"{len(clusters)} rows at a level of {level} have no interval")
    members: dict[str, list[int]] = {}
    for row, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(row)
    parts, numbers = list(members.values()), random.Random(seed)  # noqa: S311 (no secret)
    values = []
    for _ in range(draws):
        value = statistic([row for part in numbers.choices(parts, k=len(parts)) for row in part])
        if not math.isnan(value):
            values.append(value)
    values.sort()
    whole = statistic(range(len(clusters)))
    if not values:
        return Interval(whole, -math.inf, math.inf, len(parts), level)
    tail = student.tail(level, len(parts))
    low, high = values[_at(tail, len(values))], values[_at(1 - tail, len(values))]
    low, high = min(low, whole), max(high, whole)
    if len(parts) < _FEW:
        reach = _reach(values, len(parts), level)
        low, high = min(low, whole - reach), max(high, whole + reach)
    return Interval(whole, low, high, len(parts), level)


def _reach(values: Sequence[float], parts: int, level: float) -> float:
    """Return t times the spread of the draws, as far as so few parts may be from the truth."""
    if parts == 1:
        return math.inf
    spread = statistics.pstdev(values) * math.sqrt(parts / (parts - 1))
    return student.quantile(level, parts - 1) * spread


def _at(share: float, count: int) -> int:
    return min(count - 1, max(0, round(share * (count - 1))))
