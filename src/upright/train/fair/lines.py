"""Choosing the rule under which no subgroup that a line cuts out is treated otherwise than all.

The subgroups are without number, so they come one at a time: the worst one under the rule so far
gets a price, the prices are chosen anew, and so on until the worst is within the bound. The best
rule is known for any prices, so a round fits no classifier. Source of the game: Kearns, Neel, Roth
and Wu 2018, whose learner is fitted in each round and whose answer is a mixture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.measure.linear import Cells, Line, parts_of
from upright.measure.rates import RATES, base_of
from upright.train.fair.asked import SUBGROUP
from upright.train.fair.choose import Chosen
from upright.train.fair.rule import Chances, Rule, weights_of

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Foresee = Callable[[str, Ints], tuple[Floats, Floats]]

MOST = 20
"""Subgroups that get a price."""

_AIMED = 0.6  # of the bound: subgroups not yet found lie between those that are held
_SOFT = 0.02  # width of the step that decides, while prices are chosen
_STEPS, _AGAIN = 25, 4


@dataclass(frozen=True, slots=True)
class Sought:
    """What is sought.

    Attributes:
        parity: which rate, of `PARITIES`.
        favourable: the class that people hope for.
        bound: largest violation of any subgroup.
        caution: standard errors by which the rule stays below it.
        seed: of the searches.
    """

    parity: str
    favourable: int
    bound: float
    caution: float = 1.0
    seed: int = 0


@dataclass(slots=True)
class _Held:
    """A subgroup with a price: what it adds to the rule, and to its violation."""

    line: Line
    inside: Bools
    column: Floats
    mean: float


def choose_lines(
    label: Ints, chance: Floats, traits: Floats, sought: Sought, foresee: Foresee
) -> tuple[Chosen, tuple[Line, ...]]:
    """Return the rule and the subgroups it holds; its `gap` is the largest violation found.

    Args:
        label: 0 or 1, shape (n,).
        chance: of label 1, by models that did not see the row, shape (n,).
        traits: of the rows, which lines are about, shape (n, traits).
        sought: the bound.
        foresee: given the name of a subgroup and 1 for who is in it, returns the chances of being
            out of it and in it where the label is 0 and where it is 1, shape (n, 2) each.
    """
    search = _Search(label, chance, sought)
    cells = Cells(traits)
    held: list[_Held] = []
    prices = np.zeros(0)
    best: tuple[tuple[bool, float], Floats, float, float] | None = None
    while True:
        decided = search.margins(held, prices) < 0
        parts = search.parts(decided)
        line, worst = cells.worst(parts, sought.seed)
        inside = line.holds(traits)
        allowed = search.allowed(parts, inside)
        error = float(np.mean(decided != label))
        rank = (worst > allowed, error if worst <= allowed else worst)
        if best is None or rank < best[0]:
            best = rank, prices, error, worst
        if worst <= allowed or len(held) == MOST:
            break
        name = f"{SUBGROUP}{len(held) + 1}"
        held.append(search.held(line, inside, foresee(name, inside.astype(np.int64))))
        prices = search.priced(held, np.append(prices, 0.0), allowed * _AIMED)
    _, prices, error, worst = best
    kept = held[: len(prices)]
    return Chosen(search.rule(kept, prices), error, worst), tuple(one.line for one in kept)


class _Search:
    """Rows, and what prices of subgroups make of them."""

    def __init__(self, label: Ints, chance: Floats, sought: Sought) -> None:
        rate = RATES[sought.parity]
        self._label, self._chance, self._sought = label, chance, sought
        self._base = base_of(rate, label, sought.favourable)
        self._start = 1 - 2 * chance
        self._parity = weights_of(sought.parity, sought.favourable)
        nobody, everybody = np.zeros_like(label), np.ones_like(label)
        hits = [
            self._base & rate.hit(label, decided, sought.favourable)
            for decided in (nobody, everybody)
        ]
        # A rejection is a hit where people hope for 0, and where they hope for 1 it is the 0.
        counted = np.where(label == 1, self._parity[1], self._parity[0])
        effect = hits[1].astype(np.float64) - hits[0]
        self._sign = 1.0 if float(effect @ counted) >= 0 else -1.0

    def parts(self, decided: Bools) -> Floats:
        """Return what each row adds to violations."""
        hit = RATES[self._sought.parity].hit(
            self._label, decided.astype(np.int64), self._sought.favourable
        )
        return parts_of(self._base, hit)

    def allowed(self, parts: Floats, inside: Bools) -> float:
        """Return the bound less some standard errors of a violation, and never under half."""
        share = inside[self._base].mean()
        error = float(np.sqrt(np.sum((parts * (inside - share)) ** 2)))
        bound = self._sought.bound
        return max(bound - self._sought.caution * error, bound / 2)

    def held(self, line: Line, inside: Bools, pair: tuple[Floats, Floats]) -> _Held:
        """Return a subgroup ready for a price."""
        mean = float(inside[self._base].mean())
        weights = Chances(self._chance, {"": pair}).weights(self._parity, {"": np.ones(2)})
        column = self._sign * (weights[:, 3] - mean * weights[:, 1])
        return _Held(line, inside, column, mean)

    def margins(self, held: list[_Held], prices: Floats) -> Floats:
        """Return what the rule sums, below 0 where it decides for 1, shape (n,)."""
        return sum((p * one.column for p, one in zip(prices, held, strict=True)), self._start)

    def rule(self, held: list[_Held], prices: Floats) -> Rule:
        """Return the rule of prices."""
        common = -self._sign * sum(p * one.mean for p, one in zip(prices, held, strict=True))
        told = [pair for price in prices for pair in (0.0, self._sign * float(price))]
        sizes = {f"{SUBGROUP}{number}": (1.0, 1.0) for number in range(1, len(held) + 1)}
        return Rule(self._parity, sizes, [1.0, float(common), *told])

    def priced(self, held: list[_Held], prices: Floats, aimed: float) -> Floats:
        """Return the prices at which all subgroups held are at most at what is aimed at.

        They maximise a concave function (the Lagrangian's dual) in which the step that decides is
        a little soft. What hardness and true labels change is then added, and they are chosen anew.
        """
        columns = np.column_stack([one.column for one in held])
        for _ in range(_AGAIN):
            margin = self._start + columns @ prices
            decided = margin < 0
            parts = self.parts(decided)
            counted = np.array([parts[one.inside].sum() for one in held])
            soft = columns.T @ _soft(margin) / len(margin)
            prices = _maximised(self._start, columns, counted - soft - aimed, prices)
        return prices


def _soft(margin: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(np.clip(margin / _SOFT, -60, 60))))


def _maximised(start: Floats, columns: Floats, shift: Floats, prices: Floats) -> Floats:
    """Return the prices, 0 or more, that maximise mean(soft minimum of 0 and margin) + shift·p.

    Newton's method on the prices that are free to move, with steps halved while they do not help.
    """

    def value(tried: Floats) -> float:
        margin = start + columns @ tried
        return float(-_SOFT * np.logaddexp(0, -margin / _SOFT).mean() + shift @ tried)

    now = value(prices)
    for _ in range(_STEPS):
        decided = _soft(start + columns @ prices)
        slope = columns.T @ decided / len(start) + shift
        free = (prices > 0) | (slope > 0)
        if not free.any() or float(np.abs(slope[free]).max()) < 1e-6:  # noqa: PLR2004 (at the top)
            break
        bent = columns[:, free] * (decided * (1 - decided) / _SOFT)[:, None]
        curve = bent.T @ columns[:, free] / len(start) + 1e-6 * np.eye(int(free.sum()))
        step = np.zeros(len(prices))
        step[free] = np.linalg.solve(curve, slope[free])
        for _ in range(12):
            tried = np.maximum(prices + step, 0.0)
            then = value(tried)
            if then > now:
                break
            step /= 2
        else:
            break
        prices, now = tried, then
    return prices
