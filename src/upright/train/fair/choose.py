"""Choosing the rule: least error on calibration rows, with the gaps it may have.

Rows of calibration were scored by models that did not see them, and count by their true labels.
A small group's rate is uncertain, and a rule chosen to look equal looks more equal than it is. Two
things help: half of each rate is read from the foreseen chances, which speak of all rows; and a gap
counts with a standard error on top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from upright.train.fair.rule import Chances, Rule

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 50
"""Rows that a group needs in the base of the rate to be held to it; all are reported."""

_TRIED, _KEPT, _ROUNDS = 160, 20, 16
_TOO_WIDE = 4.0  # error that a gap costs beyond what it may be


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rows on which a rule is chosen.

    Attributes:
        label: 0 or 1, shape (n,).
        groups: number of each row's group, by attribute, shape (n,) each.
        sizes: how many groups each attribute has.
        chances: of the rows, by models that did not see them.
    """

    label: Ints
    groups: Mapping[str, Ints]
    sizes: Mapping[str, int]
    chances: Chances


@dataclass(frozen=True, slots=True)
class Chosen:
    """A rule, and how it fares on the rows it was chosen on.

    Attributes:
        rule: the rule.
        error: share of rows decided otherwise than labelled.
        gap: largest gap of any attribute, or violation of any subgroup found, as it was counted,
            without the standard error.
    """

    rule: Rule
    error: float
    gap: float


def choose(
    rows: Calibration,
    parity: tuple[float, float],
    max_gap: float,
    *,
    caution: float = 1.0,
    seed: int = 0,
) -> Chosen:
    """Return the rule of least error whose gaps are at most `max_gap`, or come nearest to it.

    A search by cross-entropy (Rubinstein 1999): rules are drawn, the best are kept, and the next
    are drawn around them. The same rows and seed give the same rule.

    Args:
        rows: of calibration.
        parity: from `weights_of`.
        max_gap: largest difference between two groups of an attribute.
        caution: standard errors added to each gap.
        seed: of the draws.
    """
    bases = _bases(rows, parity)
    total = {name: base.sum(axis=0) for name, base in bases.items()}
    sizes = {name: counts / len(rows.label) for name, counts in total.items()}
    weights = rows.chances.weights(parity, sizes).astype(np.float32)
    # Without groups nothing is asked but to err least.
    prices = np.eye(weights.shape[1])[0]
    judge = _Judge(rows, parity, bases, weights, max_gap=max_gap, caution=caution)
    if rows.groups:
        prices = _searched(judge, weights.shape[1], seed)
    error, gap, _ = judge(prices[:, None])
    told = {name: [float(size) for size in shares] for name, shares in sizes.items()}
    rule = Rule(parity, told, [float(price) for price in prices])
    return Chosen(rule, float(error[0]), float(gap[0]))


def _searched(judge: _Judge, size: int, seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    mean, spread = np.eye(size)[0], np.full(size, 0.05)
    spread[0], spread[1] = 0.0, 0.3
    best: Floats = mean
    least = np.inf
    for number in range(_ROUNDS):
        drawn = rng.standard_normal((size, _TRIED))
        if number == 0:
            # Nobody knows beforehand how dear equality is.
            drawn *= 10 ** rng.uniform(-1.0, 1.0, _TRIED)
        tried = mean[:, None] + spread[:, None] * drawn
        tried[:, 0] = best
        error, _, beyond = judge(tried)
        cost = error + _TOO_WIDE * beyond
        kept = np.argsort(cost, kind="stable")[:_KEPT]
        mean = tried[:, kept].mean(axis=1)
        spread = tried[:, kept].std(axis=1) * 1.1 + 1e-5
        spread[0] = 0.0
        if cost[kept[0]] < least:
            best, least = np.array(tried[:, kept[0]], np.float64), float(cost[kept[0]])
    return best


class _Judge:
    """Says of many rules at once how they fare: error, gap, and how far a gap is beyond."""

    def __init__(
        self,
        rows: Calibration,
        parity: tuple[float, float],
        bases: Mapping[str, Floats],
        weights: NDArray[np.float32],
        *,
        max_gap: float,
        caution: float,
    ) -> None:
        self._weights, self._max_gap, self._caution = weights, max_gap, caution
        self._wrong = (1.0 - 2.0 * rows.label).astype(np.float32) / len(rows.label)
        self._least = float(rows.label.mean())
        self._parts = [
            _Part(rows, name, base, parity)
            for name, base in bases.items()
            if (base.sum(axis=0) >= FEWEST).sum() > 1
        ]

    def __call__(self, prices: Floats) -> tuple[Floats, Floats, Floats]:
        """Judge rules, prices of shape (columns, rules)."""
        decided = (self._weights @ prices.astype(np.float32) < 0).astype(np.float32)
        error = self._least + self._wrong @ decided
        gap, beyond = np.zeros(prices.shape[1]), np.zeros(prices.shape[1])
        for part in self._parts:
            rates = part.start[:, None] + part.weights.T @ decided
            for i, j in combinations(range(len(rates)), 2):
                apart = np.abs(rates[i] - rates[j])
                common = np.clip((rates[i] + rates[j]) / 2, 0.0, 1.0)
                unsure = np.sqrt(common * (1 - common) * (1 / part.n[i] + 1 / part.n[j]))
                gap = np.maximum(gap, apart)
                beyond = np.maximum(beyond, apart + self._caution * unsure - self._max_gap)
        return error, gap, beyond


class _Part:
    """The groups of one attribute that have rows enough.

    Attributes:
        weights: how a decision of 1 on a row counts in each group's rate, shape (n, groups).
        start: the rates if nobody got a 1.
        n: rows of each group in the base.
    """

    def __init__(
        self, rows: Calibration, name: str, base: Floats, parity: tuple[float, float]
    ) -> None:
        held = base.sum(axis=0) >= FEWEST
        self.n = base.sum(axis=0)[held]
        zero, one = rows.chances.groups[name]
        p = rows.chances.label[:, None]
        signed = base * np.where(rows.label == 1, parity[1], parity[0])[:, None]
        foreseen = parity[0] * (1 - p) * zero + parity[1] * p * one
        mass = np.abs(parity[0]) * (1 - p) * zero + np.abs(parity[1]) * p * one
        counted = signed[:, held] / self.n
        smooth = foreseen[:, held] / np.maximum(mass[:, held].sum(axis=0), 1e-9)
        self.weights = ((counted + smooth) / 2).astype(np.float32)
        # Only an error can be made by deciding 0.
        missed = base[:, held] * (rows.label == 1)[:, None] if parity[1] < 0 else base[:, held] * 0
        self.start = missed.sum(axis=0) / self.n


def _bases(rows: Calibration, parity: tuple[float, float]) -> dict[str, Floats]:
    """Return which rows each group's rate is a share of, shape (n, groups) by attribute."""
    counts = np.where(rows.label == 1, parity[1] != 0, parity[0] != 0)
    return {
        name: np.eye(rows.sizes[name])[codes] * counts[:, None]
        for name, codes in rows.groups.items()
    }
