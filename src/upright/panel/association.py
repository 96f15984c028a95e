"""How strongly choices depend on who is asked, when the choices are chances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.measure.intervals import Interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 1000
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

    def redrawn(self, weights: Floats) -> Floats:
        """Return V of people drawn again, shape (draws,); see `drawn`.

        Drawing again adds the same bias once more, so it is taken off twice.
        """
        return self._strengths(weights, times=2)

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


def interval(value: float, values: Floats, n: int, level: float = 0.95) -> Interval:
    """Return the percentile interval of a figure from its bootstrap values."""
    known = values[~np.isnan(values)]
    if math.isnan(value) or not known.size:
        return Interval(math.nan, 0.0, 1.0, n, level)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, min(float(low), value), max(float(high), value), n, level)


def agreement(first: Grouped, second: Grouped, column: int, other: int) -> int:
    """Return 1 where two tables lean the same way, -1 where they lean the other way.

    Args:
        first: people with their choices.
        second: the same people with something else of them.
        column: the choice.
        other: the column of `second` that should go with it.
    """
    means, others = first.means()[:, column], second.means()[:, other]
    counts = np.bincount(first.codes, minlength=first.groups)
    there = counts > 0
    weights = counts[there] / counts.sum()
    means, others = means[there], others[there]
    lean = float(weights @ ((means - weights @ means) * (others - weights @ others)))
    return -1 if lean < 0 else 1


def mean_interval(values: Sequence[float] | Floats, z: float, level: float) -> Interval:
    """Return a mean with limits at z standard errors."""
    array = np.asarray(values, dtype=np.float64)
    n = len(array)
    if n < 2:  # noqa: PLR2004 (one value has no spread)
        return Interval(float(array.mean()) if n else math.nan, -1.0, 1.0, n, level)
    mean, half = float(array.mean()), z * float(array.std(ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, n, level)
