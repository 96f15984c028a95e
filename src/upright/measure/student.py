"""Student's t: limits for a mean of few numbers, and how surely it lies beyond a bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from upright.measure.intervals import Interval

_ROUNDS = 200
_FAR = 1e6


def within(t: float, degrees: int) -> float:
    """Return P(|T| ≤ t) for Student's t of so many degrees of freedom, t ≥ 0.

    Source: Abramowitz and Stegun 1964, formulas 26.7.3 and 26.7.4.

    Raises:
        ValueError: for no degree of freedom.
    """
    if degrees < 1:
        raise ValueError(f"{degrees} degrees of freedom are none")
    angle = math.atan(t / math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for step in range(1 + odd, degrees, 2):
        total += term
        term *= cosine * cosine * step / (step + 1)
    share = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return min(max(share, 0.0), 1.0)


def tail(level: float, n: int) -> float:
    """Return what each end of a bootstrap of n parts is to leave out for limits of that level.

    A bootstrap is narrower than the truth by the root of (n - 1) / n, and knows no Student's t.

    Source: Hesterberg 2015, section 5.3, the expanded percentile interval.
    """
    if n <= 1:
        return 0.0
    return NormalDist().cdf(-math.sqrt(n / (n - 1)) * quantile(level, n - 1))


def quantile(level: float, degrees: int) -> float:
    """Return t with P(|T| ≤ t) = level.

    Raises:
        ValueError: for a level outside (0, 1), or no degree of freedom.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level of {level} is none")
    low, high = 0.0, _FAR
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle, degrees) < level else (low, middle)
    return (low + high) / 2


def mean(values: Sequence[float], level: float = 0.95) -> Interval:
    """Return the mean of numbers with its limits.

    Args:
        values: independent; of fewer than two nothing is known.
        level: in (0, 1).

    Returns:
        Mean, limits and the count; NaN of none.
    """
    n = len(values)
    middle = sum(values) / n if n else math.nan
    if n < 2:  # noqa: PLR2004 (a spread needs two)
        return Interval(middle, -math.inf, math.inf, n, level)
    half = quantile(level, n - 1) * _error(values, middle)
    return Interval(middle, middle - half, middle + half, n, level)


def beyond(values: Sequence[float], centre: float, bound: float) -> float:
    """Return how likely such numbers are if their true mean is within `bound` of `centre`.

    The p-value of a one-sided test on the side where the mean lies.

    Args:
        values: independent, at least two; else 1 is returned.
        centre: the middle of what is allowed.
        bound: how far from it is allowed.
    """
    if len(values) < 2:  # noqa: PLR2004 (as above)
        return 1.0
    middle = sum(values) / len(values)
    over = abs(middle - centre) - bound
    error = _error(values, middle)
    if over <= 0.0:
        return 1.0
    if error == 0.0:
        return 0.0
    return (1.0 - within(over / error, len(values) - 1)) / 2


def _error(values: Sequence[float], middle: float) -> float:
    """Return the standard error of the mean."""
    n = len(values)
    return math.sqrt(sum((value - middle) ** 2 for value in values) / (n - 1) / n)
