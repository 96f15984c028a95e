"""The public shape of the figures of a table: rates, gaps, differences, subgroups."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from upright.audit.table_search import Subgroup
from upright.measure.bounds import Verdict
from upright.measure.equivalence import Share
from upright.measure.groups import CROSSED
from upright.measure.intervals import Interval, wilson
from upright.measure.parity import Gap
from upright.measure.rates import Rate
from upright.measure.violation import Violation

if TYPE_CHECKING:
    from upright.audit.table_question import Question

Bools = NDArray[np.bool_]
Kind = Literal["rate", "gap", "difference", "subgroup", "violation"]

WILSON = "share; Wilson"
GAP = "largest minus smallest share; score limits of the pairs"
DIFFERENCE = "first minus second share; score limits"
SUBGROUP = "share in it minus share of the rest, on the half it was not searched on; score limits"
VIOLATION = (
    "share of all rows in it and the base, times how far its rate is from that of all, on the half "
    "it was not searched on; score limits"
)


@dataclass(frozen=True, slots=True)
class TableMeasure:
    """One figure of a table.

    Attributes:
        name: unique in the audit.
        kind: what it is.
        rate: of `RATES`.
        interval: the number with its limits, its n and their level.
        method: how both were made.
        verdict: of the margin. Of a rate: of its group against the others of the attribute; of all
            rows: of all gaps.
        n_needed: rows of each group, of those the rate is a share of, that would tell.
        attribute: the columns it is about.
        group: the group, or both that are compared, or the subgroup in words.
        margin: how much is equal enough; None for a rate.
        smallest_margin: the smallest that these rows certify, of a gap.
        p_value: of "they differ by the margin at most", corrected for all that were asked.
    """

    name: str
    kind: Kind
    rate: str
    interval: Interval
    method: str
    verdict: Verdict
    n_needed: int | None = None
    attribute: str | None = None
    group: str | None = None
    margin: float | None = None
    smallest_margin: float | None = None
    p_value: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the public shape; what is not known is left out, but for `value`."""
        shape: dict[str, Any] = {
            "name": self.name,
            "value": None if math.isnan(self.interval.value) else self.interval.value,
            "low": self.interval.low,
            "high": self.interval.high,
            "n": self.interval.n,
            "verdict": self.verdict,
        }
        more = {
            "n_needed": self.n_needed,
            "kind": self.kind,
            "rate": self.rate,
            "attribute": self.attribute,
            "group": self.group,
            "margin": self.margin,
            "smallest_margin": self.smallest_margin,
            "p_value": self.p_value,
            "level": self.interval.level,
            "method": self.method,
        }
        return shape | {key: value for key, value in more.items() if value is not None}


def rate_measures(
    rate: Rate,
    base: Bools,
    hit: Bools,
    shares: Mapping[str, Mapping[str, Share]],
    judged: Sequence[Gap],
) -> Iterator[TableMeasure]:
    """Yield the rate of all rows, then of each group: none is dropped for being small."""
    name = f"{rate.name}_rate"
    verdicts = [gap.verdict for gap in judged]
    needed = [gap.n_needed for gap in judged if gap.n_needed]
    whole: Verdict = "cannot tell"
    if "outside" in verdicts:
        whole, needed = "outside", []
    elif set(verdicts) == {"within"}:
        whole = "within"
    found = wilson(int((base & hit).sum()), int(base.sum()))
    yield TableMeasure(name, "rate", rate.name, found, WILSON, whole, max(needed, default=None))
    for gap in judged:
        for group, share in shares[gap.attribute].items():
            verdict, n_needed = gap.of_group(group)
            spelled = group if CROSSED in gap.attribute else f"{gap.attribute}={group}"
            yield TableMeasure(
                f"{name}.{spelled}",
                "rate",
                rate.name,
                wilson(share.found, share.n),
                WILSON,
                verdict,
                n_needed,
                attribute=gap.attribute,
                group=group,
            )


def gap_measures(rate: Rate, judged: Sequence[Gap], question: Question) -> Iterator[TableMeasure]:
    """Yield the gap of each attribute and the differences of its groups."""
    for gap in judged:
        yield TableMeasure(
            f"{rate.name}_rate.gap.{gap.attribute}",
            "gap",
            rate.name,
            gap.interval,
            GAP,
            gap.verdict,
            gap.n_needed,
            attribute=gap.attribute,
            margin=question.margin,
            smallest_margin=gap.smallest_margin,
            p_value=min((pair.p_outside for pair in gap.differences), default=None),
        )
        for pair in gap.differences:
            yield TableMeasure(
                f"{rate.name}_rate.difference.{gap.attribute}: {pair.first} | {pair.second}",
                "difference",
                rate.name,
                pair.interval,
                DIFFERENCE,
                pair.verdict,
                pair.n_needed,
                attribute=gap.attribute,
                group=f"{pair.first} | {pair.second}",
                margin=question.margin,
                p_value=pair.p_outside,
            )


def subgroup_measure(rate: Rate, found: Subgroup, margin: float) -> TableMeasure:
    """Return the figure of a subgroup that the search proposed."""
    return TableMeasure(
        f"{rate.name}_rate.subgroup: {found.words}",
        "subgroup",
        rate.name,
        found.interval,
        SUBGROUP,
        found.verdict,
        group=found.words,
        margin=margin,
        p_value=found.p_value,
    )


def violation_measure(rate: Rate, found: Violation, bound: float) -> TableMeasure:
    """Return the figure of the worst subgroup that a line cuts out."""
    return TableMeasure(
        f"{rate.name}_rate.violation",
        "violation",
        rate.name,
        found.interval,
        VIOLATION,
        found.verdict,
        found.n_needed,
        group=found.words,
        margin=bound,
        p_value=found.p_value,
    )
