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


def judge(figure: Interval, *, at_most: float) -> Judgement:
    """Say whether a figure keeps a bound.

    Args:
        figure: the figure; smaller is better.
        at_most: the largest value that passes.
    """
    if math.isnan(figure.value):
        return Judgement("cannot tell")
    if figure.high <= at_most:
        return Judgement("within")
    if figure.low > at_most:
        return Judgement("outside")
    distance = abs(figure.value - at_most)
    if figure.n == 0 or distance == 0.0:
        return Judgement("cannot tell")
    limit = figure.high if figure.value <= at_most else figure.low
    # Intervals narrow with the root of n.
    ratio = (limit - figure.value) / distance
    return Judgement("cannot tell", math.ceil(figure.n * ratio * ratio))


def shortfall(figure: Interval) -> Interval:
    """Return one minus a figure: how much is missing to a perfect share or area."""
    return Interval(1 - figure.value, 1 - figure.high, 1 - figure.low, figure.n, figure.level)


def worst(
    measured: Callable[[str, float], Interval], figures: Mapping[str, Interval]
) -> tuple[str, Interval] | None:
    """Return the lowest of several figures, with its name and an interval of the minimum.

    That all are high needs no correction: the one that is lowest in truth has its own lower
    limit. That one is low does: its upper limit is taken at a level which holds for all at once
    (Bonferroni). `n` is that of the lowest.

    Args:
        measured: gives the figure of a name at a level.
        figures: by name, all of one level; those without a value say nothing of which is lowest.

    Returns:
        None where no figure has a value.
    """
    known = {name: item for name, item in figures.items() if not math.isnan(item.value)}
    if not known:
        return None
    name = min(known, key=lambda key: known[key].value)
    level = known[name].level
    joint = 1 - (1 - level) / len(known)
    high = min(measured(key, joint).high for key in known)
    low = min(item.low for item in known.values())
    value = known[name].value
    return name, Interval(value, min(low, value), max(high, value), known[name].n, level)
