"""Whether two shares are equal within a margin: score tests, their interval, and exact ones.

"Equal within 1 point" is what has to be shown, so the burden lies on the data: two one-sided tests
(Schuirmann 1987), each with the score statistic of Farrington and Manning (1990). A certificate
also needs the exact unconditional test, which never certifies wrongly more often than its level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from upright.measure.intervals import Interval, clopper_pearson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ALPHA = 0.05
"""How often a wrong claim may be certified."""

_TRIED = 33  # differences tried at once when a limit is looked for
_ROUNDS = 7  # each tells the limit 32 times as well
_NUISANCE = 1e-3  # what Berger and Boos (1994) spend on the unknown common share
_GRID = 24  # shares at which the exact chance is computed
_REACH = 8.0  # standard deviations beyond which no chance is counted
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many.

    Attributes:
        found: how many.
        n: of how many.
    """

    found: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.found <= self.n:
            raise ValueError(f"{self.found} of {self.n} is no share")

    @property
    def value(self) -> float:
        """The share itself; NaN of none."""
        return self.found / self.n if self.n else math.nan


def score(first: Share, second: Share, difference: float) -> float:
    """Return the score statistic of "first minus second is `difference`", normal if it is true.

    Source: Farrington and Manning 1990, with the shares fitted under the hypothesis.
    """
    found = (np.array([float(first.found)]), np.array([float(second.found)]))
    return float(_scores(found[0], first.n, found[1], second.n, difference)[0])


def difference(first: Share, second: Share, level: float = 1 - 2 * ALPHA) -> Interval:
    """Return first minus second with the limits that the score tests leave standing.

    Args:
        first: one share.
        second: the other.
        level: of both limits together, in (0, 1); at 0.9 each holds at 0.95.

    Returns:
        The difference, in [-1, 1]; the number of rows is that of the smaller side.
    """
    n = min(first.n, second.n)
    if n == 0:
        return Interval(math.nan, -1.0, 1.0, 0, level)
    z, observed = _NORMAL.inv_cdf((1 + level) / 2), first.value - second.value
    low = _limit(first, second, z, -1.0, observed)
    high = _limit(first, second, z, 1.0, observed)
    return Interval(observed, low, high, n, level)


def equivalence_p(first: Share, second: Share, margin: float) -> float:
    """Return the p-value of "the shares differ by `margin` or more": small where they are equal.

    Args:
        first: one share.
        second: the other.
        margin: the smallest difference that matters, in (0, 1).

    Returns:
        The larger of both one-sided tests' p-values. Where those say yes, it is the exact one.

    Raises:
        ValueError: for a margin that is none.
    """
    check_margin(margin)
    if min(first.n, second.n) == 0:
        return 1.0
    tails = (score(first, second, margin), -score(first, second, -margin))
    quick = max(map(_NORMAL.cdf, tails))
    if quick > ALPHA:
        return quick
    exact = max(_exact(first, second, margin, tails[0]), _exact(second, first, margin, tails[1]))
    return max(quick, exact)


def violation_p(first: Share, second: Share, margin: float) -> float:
    """Return the p-value of "the shares differ by `margin` at most": small where they differ.

    Both directions are counted, so a margin of 0 gives the two-sided test.
    """
    if min(first.n, second.n) == 0:
        return 1.0
    chances = [
        _NORMAL.cdf(-score(larger, smaller, margin)) + _NORMAL.cdf(-score(larger, smaller, -margin))
        for larger, smaller in ((first, second), (second, first))
        if larger.value >= smaller.value
    ]
    return min(1.0, max(chances))


def check_margin(margin: float) -> None:
    """Raise for a margin of equivalence that is none.

    Raises:
        ValueError: outside of (0, 1).
    """
    if not 0 < margin < 1:
        raise ValueError(f"a margin of {margin} is none: it lies between 0 and 1")


def _limit(first: Share, second: Share, z: float, outer: float, inner: float) -> float:
    """Return where the test stops rejecting, from the end of the range towards what was seen."""
    found, other = np.array([float(first.found)]), np.array([float(second.found)])
    for _ in range(_ROUNDS):
        tried = np.linspace(outer, inner, _TRIED)
        beyond = np.abs(_scores(found, first.n, other, second.n, tried)) > z
        held = int(np.argmin(beyond))  # the first that is not rejected
        if held == 0:
            return float(tried[0])
        outer, inner = float(tried[held - 1]), float(tried[held])
    return inner


def _scores(found: Floats, n: int, other: Floats, m: int, distance: float | Floats) -> Floats:
    """Return the score statistic of many pairs of counts, or at many differences, at once."""
    p, q = found / n, other / m
    fitted = _fitted(p, q, m / n, distance)
    first = np.clip(fitted, np.maximum(0.0, distance), np.minimum(1.0, 1.0 + distance))
    second = first - distance
    spread = np.sqrt(first * (1 - first) / n + second * (1 - second) / m)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num((p - q - distance) / spread, nan=0.0, posinf=np.inf, neginf=-np.inf)


def _fitted(p: Floats, q: Floats, ratio: float, distance: float | Floats) -> Floats:
    """Return the likeliest first share if it is larger than the second by `distance`.

    The root of a cubic, in closed form: appendix of Farrington and Manning 1990.
    """
    a = 1 + ratio
    b = -(1 + ratio + p + ratio * q + distance * (ratio + 2))
    c = distance**2 + distance * (2 * p + ratio + 1) + p + ratio * q
    d = -p * distance * (1 + distance)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    u = np.copysign(np.sqrt(np.maximum((b / (3 * a)) ** 2 - c / (3 * a), 0.0)), v)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(u == 0, 0.0, v / u**3)
    angle = (math.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3
    return np.asarray(2 * u * np.cos(angle) - b / (3 * a))


def _exact(first: Share, second: Share, margin: float, seen: float) -> float:
    """Return the largest chance of a score as low as `seen` if first is larger by `margin`.

    The common share is unknown: the chance is taken at its worst over an interval of the second
    share that fails once in a thousand, and this thousandth is added (Berger and Boos 1994).
    """
    held = clopper_pearson(second.found, second.n, 1 - _NUISANCE)
    shares = np.linspace(held.low, min(held.high, 1 - margin), _GRID)
    if shares[0] > shares[-1]:
        return 1.0
    start, end = _window(second.n, float(shares[0]), float(shares[-1]))
    others = np.arange(start, end + 1)
    least = _window(first.n, float(shares[0]) + margin, float(shares[-1]) + margin)
    highest = _highest(others, first.n, second.n, margin, seen=seen, least=least)
    ones = np.arange(least[0], least[1] + 1)
    worst = 0.0
    for share in shares:
        below = np.concatenate([[0.0], np.cumsum(_chances(ones, first.n, share + margin))])
        chance = float(_chances(others, second.n, share) @ below[highest - least[0] + 1])
        worst = max(worst, chance)
    return worst + _NUISANCE


def _highest(
    others: Ints, n: int, m: int, margin: float, *, seen: float, least: tuple[int, int]
) -> Ints:
    """Return for each count of the second the largest of the first whose score is at most `seen`.

    One below the window where there is none: the score grows with the first count.
    """
    low = np.full(len(others), least[0] - 1)
    high = np.full(len(others), least[1])
    counts = others.astype(float)
    while (low < high).any():
        middle = (low + high + 1) // 2
        fits = _scores(middle.astype(float), n, counts, m, margin) <= seen + 1e-9
        low, high = np.where(fits, middle, low), np.where(fits, high, middle - 1)
    return low


def _window(n: int, low: float, high: float) -> tuple[int, int]:
    """Return the counts that have a chance worth adding while the share runs from low to high."""
    spread = _REACH * math.sqrt(n * max(low * (1 - low), high * (1 - high), 1 / n)) + _REACH
    return max(0, math.floor(n * low - spread)), min(n, math.ceil(n * high + spread))


def _chances(counts: Ints, n: int, share: float) -> Floats:
    """Return the binomial chance of each count."""
    if share <= 0.0 or share >= 1.0:
        return np.asarray(counts == (0 if share <= 0.0 else n), dtype=np.float64)
    logs = _factorials(n)
    log = logs[n] - logs[counts] - logs[n - counts]
    return np.asarray(np.exp(log + counts * math.log(share) + (n - counts) * math.log1p(-share)))


@lru_cache(maxsize=16)
def _factorials(n: int) -> Floats:
    """Return the logarithms of the factorials from 0 to n."""
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
