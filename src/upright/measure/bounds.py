"""From a figure with its interval to one of three verdicts: within, outside, cannot tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from upright.measure.intervals import Interval

Verdict = Literal["within", "outside", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an interval says about a bound.

    Attributes:
        verdict: `within` or `outside` only where the whole interval is.
        n_needed: about how many lines would tell, or None where it is told or nothing is known.
    """

    verdict: Verdict
    n_needed: int | None = None


FEWEST = 10
"""Rows below which an interval drawn from them bounds nothing: it can be empty by chance."""


def judge(figure: Interval, *, at_most: float, fewest: int = 0) -> Judgement:
    """Say whether a figure keeps a bound.

    Args:
        figure: the figure; smaller is better.
        at_most: the largest value that passes.
        fewest: rows below which nothing is told, whatever the interval.
    """
    if figure.n < fewest:
        return Judgement("cannot tell", fewest)
    if math.isnan(figure.value):
        return Judgement("cannot tell")
    if figure.high <= at_most:
        return Judgement("within")
    if figure.low > at_most:
        return Judgement("outside")
    distance = abs(figure.value - at_most)
    limit = figure.high if figure.value <= at_most else figure.low
    if figure.n == 0 or distance == 0.0 or math.isinf(limit):
        return Judgement("cannot tell")
    # Intervals narrow with the root of n.
    ratio = (limit - figure.value) / distance
    return Judgement("cannot tell", math.ceil(figure.n * ratio * ratio))


def shortfall(figure: Interval) -> Interval:
    """Return one minus a figure: how much is missing to a perfect share or area."""
    return Interval(1 - figure.value, 1 - figure.high, 1 - figure.low, figure.n, figure.level)


@dataclass(frozen=True, slots=True)
class Lowest:
    """The lowest of several figures.

    Attributes:
        name: of the lowest among those that tell enough, or where none does, of the one that
            is surest to be low.
        figure: its own.
        minimum: an interval of the minimum of all of them, whichever has it.
    """

    name: str
    figure: Interval
    minimum: Interval


def lowest(
    measured: Callable[[str, float], Interval],
    figures: Mapping[str, Interval],
    *,
    widest: float = 1.0,
) -> Lowest | None:
    """Return the lowest of several figures, and an interval of their minimum.

    That all are high needs no correction for their number: the one that is lowest in truth has
    its own lower limit. That one is low does: its upper limit is taken at a level which holds
    for all at once (Bonferroni).

    Args:
        measured: gives the figure of a name at a level.
        figures: by name, all of one level; those without a value are left out.
        widest: an interval that is wider does not tell enough to name its figure.

    Returns:
        None where no figure has a value.
    """
    known = {name: item for name, item in figures.items() if not math.isnan(item.value)}
    if not known:
        return None
    joint = 1 - (1 - next(iter(known.values())).level) / len(known)
    highs = {name: measured(name, joint).high for name in known}
    telling = [name for name, item in known.items() if item.high - item.low <= widest]
    if telling:
        name = min(telling, key=lambda key: known[key].value)
    else:
        name = min(known, key=lambda key: highs[key])
    own = known[name]
    low, high = min(item.low for item in known.values()), min(highs.values())
    value = min(max(own.value, low), max(high, low))
    return Lowest(name, own, Interval(value, low, max(high, low), own.n, own.level))
