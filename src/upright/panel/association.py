"""How strongly choices depend on who is asked, when the choices are chances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from upright.measure import student
from upright.measure.intervals import Interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 1000
LEVEL = 0.95
BERGSMA = "Cramér's V of the expected table, corrected for its bias (Bergsma 2013)"


@dataclass(frozen=True, slots=True)
class Grouped:
    """People in groups with what each chooses.

    Attributes:
        codes: group of each person, shape (n,).
        groups: how many groups there are; empty ones do not count.
        shares: chance of each choice, shape (n, choices); rows sum to 1.
    """

    codes: Ints
    groups: int
    shares: Floats

    @property
    def n(self) -> int:
        """How many people there are."""
        return len(self.codes)

    def means(self) -> Floats:
        """Return the mean chances of each group, shape (groups, choices); NaN of an empty one."""
        counts = np.bincount(self.codes, minlength=self.groups)
        with np.errstate(invalid="ignore"):
            means: Floats = self._tables(np.ones((1, self.n)))[0] / counts[:, None]
        return means

    def strength(self) -> float:
        """Return Cramér's V without its bias, in [0, 1]."""
        return float(self._strengths(np.ones((1, self.n)), times=1)[0])

    @property
    def fewest(self) -> int:
        """How many people the smallest group has that has any."""
        counts = np.bincount(self.codes, minlength=self.groups)
        return int(counts[counts > 0].min())

    def redrawn(self, weights: Floats, second: Grouped | None = None) -> Floats:
        """Return V of people drawn again, in two readings, shape (2, draws); see `drawn`.

        Drawing again adds the same bias once more, so the first reading has it taken off twice.
        The root of a difference lies below V more often than above it, so the second takes off
        none. The truth is looked for between the lower limit of the one and the upper of the other.

        Args:
            weights: shape (draws, n).
            second: the same people with something else of them. V is then negative in the draws
                in which the last columns of the two lean different ways.
        """
        sign = np.ones(len(weights)) if second is None else self.leans(second, weights)
        return sign * np.stack([self._strengths(weights, times=times) for times in (2, 0)])

    def leans(self, second: Grouped, weights: Floats) -> Floats:
        """Return 1 where the last columns of two tables lean the same way, else -1.

        Args:
            second: the same people in the same groups, with something else of them.
            weights: shape (draws, n).
        """
        own, other = self._leaning(weights), second._leaning(weights)
        sizes = self._tables(weights).sum(axis=2)
        return np.where((sizes * own * other).sum(axis=1) < 0, -1.0, 1.0)

    def _leaning(self, weights: Floats) -> Floats:
        """Return how far each group's mean of the last column lies from all people's."""
        tables = self._tables(weights)
        sizes = tables.sum(axis=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.where(sizes > 0, tables[:, :, -1] / sizes, 0.0)
        middle = tables[:, :, -1].sum(axis=1) / sizes.sum(axis=1)
        return np.where(sizes > 0, means - middle[:, None], 0.0)

    def _tables(self, weights: Floats) -> Floats:
        """Return sums of shares, shape (draws, groups, choices)."""
        member = np.eye(self.groups)[self.codes]
        cells = (member[:, :, None] * self.shares[:, None, :]).reshape(self.n, -1)
        return (weights @ cells).reshape(len(weights), self.groups, -1)

    def _strengths(self, weights: Floats, *, times: int) -> Floats:
        n, tables = self.n, self._tables(weights) / self.n
        rows, columns = tables.sum(axis=2), tables.sum(axis=1)
        expected = rows[:, :, None] * columns[:, None, :]
        with np.errstate(invalid="ignore", divide="ignore"):
            phi = np.nansum((tables - expected) ** 2 / expected, axis=(1, 2))
            # Whole choices vary by p (1 - p), as Bergsma has it; chances vary less.
            squares = weights @ self.shares**2 / n
            spread = np.nansum((squares - columns**2) / columns, axis=1)
        kinds = (rows > 0).sum(axis=1)
        choices = (columns > 0).sum(axis=1)
        phi -= times * (kinds - 1) * spread / (n - 1)
        most = np.minimum(
            kinds - (kinds - 1) ** 2 / (n - 1), choices - (choices - 1) ** 2 / (n - 1)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            v = np.sqrt(np.maximum(phi, 0.0) / (most - 1))
        return np.where(most > 1, np.minimum(v, 1.0), np.nan)


def drawn(n: int, *, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return how often each person is drawn in each bootstrap draw, shape (draws, n)."""
    numbers = np.random.default_rng(seed)
    return numbers.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)


def interval(value: float, values: Floats, n: int, fewest: int, level: float = LEVEL) -> Interval:
    """Return the percentile interval of a figure from its bootstrap values.

    Args:
        value: the figure.
        values: as `Grouped.redrawn`; the wider of the readings counts on each side.
        n: people.
        fewest: people of the smallest group, by which the percentiles are moved outwards.
        level: of the limits.

    Source: Hesterberg 2015, on the expanded percentile interval.
    """
    known = values[:, ~np.isnan(values).any(axis=0)]
    if math.isnan(value) or not known.size or fewest < 2:  # noqa: PLR2004 (one varies in nothing)
        return Interval(value, -1.0 if (known < 0).any() else 0.0, 1.0, n, level)
    wide = student.quantile(level, fewest - 1) * math.sqrt(fewest / (fewest - 1))
    tail = NormalDist().cdf(-wide)
    low, high = np.quantile(known, tail, axis=1).min(), np.quantile(known, 1 - tail, axis=1).max()
    return Interval(value, min(float(low), value), max(float(high), value), n, level)


def mean_interval(values: Sequence[float] | Floats, level: float = LEVEL) -> Interval:
    """Return a mean of shares with its limits by Student's t; numbers not known do not count."""
    array = np.asarray(values, dtype=np.float64)
    found = student.mean(array[~np.isnan(array)].tolist(), level)
    low, high = max(-1.0, found.low), min(1.0, found.high)
    return Interval(found.value, low, high, found.n, level)


def average(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """Return means of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        means: Floats = np.where(known, values, 0.0).sum(axis=axis) / known.sum(axis=axis)
    return means
