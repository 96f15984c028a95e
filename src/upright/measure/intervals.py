"""Intervals for a share: Wilson's to describe, Clopper and Pearson's to guarantee."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

_STEPS = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its limits.

    Attributes:
        value: what was observed.
        low: lower limit.
        high: upper limit.
        n: of how many.
        level: how often such an interval holds the truth.
    """

    value: float
    low: float
    high: float
    n: int
    level: float


def wilson(found: int, n: int, level: float = 0.95) -> Interval:
    """Return Wilson's score interval (1927): close to its level, on average over shares.

    Args:
        found: how many.
        n: of how many; 0 gives the whole range.
        level: in (0, 1).

    Raises:
        ValueError: for counts that are none.
    """
    _check(found, n, level)
    if n == 0:
        return Interval(math.nan, 0.0, 1.0, 0, level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = found / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the limit is exactly 0 or 1; rounding must not move it.
    low = 0.0 if found == 0 else max(0.0, middle - half)
    high = 1.0 if found == n else min(1.0, middle + half)
    return Interval(share, low, high, n, level)


def clopper_pearson(found: int, n: int, level: float = 0.95) -> Interval:
    """Return the exact interval of Clopper and Pearson (1934): never below its level.

    Args:
        found: how many.
        n: of how many; 0 gives the whole range.
        level: in (0, 1).

    Raises:
        ValueError: for counts that are none.
    """
    _check(found, n, level)
    if n == 0:
        return Interval(math.nan, 0.0, 1.0, 0, level)
    tail = (1 - level) / 2
    low = 0.0 if found == 0 else _root(lambda p: _upper_tail(found, n, p) < tail)
    high = 1.0 if found == n else _root(lambda p: 1 - _upper_tail(found + 1, n, p) > tail)
    return Interval(found / n, low, high, n, level)


def _check(found: int, n: int, level: float) -> None:
    if not 0 <= found <= n:
        raise ValueError(f"{found} of {n} is no share")
    if not 0 < level < 1:
        raise ValueError(f"a level of {level} is none")


def _root(below: Callable[[float], bool]) -> float:
    """Return where a condition that holds from 0 on stops holding."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


def _upper_tail(found: int, n: int, share: float) -> float:
    """Return P(X ≥ found) of X ~ Binomial(n, share): the incomplete beta function."""
    if share <= 0.0 or share >= 1.0:
        return float(share >= 1.0)
    a, b = found, n - found + 1
    log_front = (
        math.lgamma(n + 1)
        - math.lgamma(a)
        - math.lgamma(b)
        + a * math.log(share)
        + b * math.log1p(-share)
    )
    # The continued fraction converges quickly on the side of the mean that is asked for.
    if share < (a + 1) / (a + b + 2):
        return math.exp(log_front) * _fraction(a, b, share) / a
    return 1.0 - math.exp(log_front) * _fraction(b, a, 1.0 - share) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Return Lentz's evaluation of the continued fraction of the incomplete beta function.

    Source: Abramowitz and Stegun 1964, formula 26.5.8.
    """
    tiny = 1e-300
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1), tiny)
    value = d
    for m in range(1, 10_000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _away(1.0 + term * d, tiny)
            c = _away(1.0 + term / c, tiny)
            value *= c * d
        if abs(c * d - 1.0) < 1e-15:  # noqa: PLR2004 (as far as a double goes)
            break
    return value


def _away(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
