"""One audit of a language model as a lender, and whether the use's bounds are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from upright.audit.figures import Figure
from upright.audit.gates import Gate
from upright.audit.lending import Asked, Swap
from upright.audit.lending_measures import (
    Floats,
    Kept,
    Lender,
    Logits,
    SwapGap,
    base_rate_threshold,
    kept,
    lender,
    rejected,
    swap_gaps,
)
from upright.generate.choosing import Chances
from upright.measure.bounds import FEWEST, judge, shortfall
from upright.measure.equivalence import Share
from upright.measure.groups import numbers_of
from upright.measure.intervals import Interval, wilson
from upright.measure.names import LENDING, LENDING_MEASURES
from upright.measure.parity import Gap, gaps
from upright.measure.table import Table
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.policy import Policy


@dataclass(frozen=True, slots=True)
class LendingQuestion:
    """What an audit is asked.

    Attributes:
        label: column of what came true.
        favourable: its value that a bank hopes for.
        logit_margin: how far log odds may be apart, in nats.
        margin: how far false-rejection rates may be apart.
        threshold: chance of Yes from which an application is approved; None approves as many as
            turned out well.
        keep: columns that must go on mattering.
        declared: columns that the use itself names, to be equal or to matter.
    """

    label: str
    favourable: int
    logit_margin: float = 0.1
    margin: float = 0.01
    threshold: float | None = None
    keep: tuple[str, ...] = ()
    declared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LendingAudit:
    """What an audit found.

    Attributes:
        file: the table.
        model: the engine's name.
        digest: the model's digest, or None.
        rows: how many applications.
        questions: how many answers.
        way: how chances were found.
        mass: what Yes and No hold of all that the model could answer.
        question: what was asked.
        swaps: of each attribute.
        rejections: gaps of false-rejection rates.
        rejected: those rates, by attribute and group.
        lender: how good it is.
        kept: columns that must matter.
        gates: bounds of the use.
    """

    file: str
    model: str
    digest: str | None
    rows: int
    questions: int
    way: str
    mass: float
    question: LendingQuestion
    swaps: list[SwapGap]
    rejections: list[Gap]
    rejected: Mapping[str, Mapping[str, Share]]
    lender: Lender
    kept: list[Kept]
    gates: tuple[Gate, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        asked, good = self.question, self.lender
        return {
            "file": self.file,
            "model": self.model,
            "digest": self.digest,
            "rows": self.rows,
            "questions": self.questions,
            "way": self.way,
            "mass": self.mass,
            "label": asked.label,
            "favourable": asked.favourable,
            "declared": list(asked.declared),
            "plainly": good.plainly,
            "auc": good.auc.to_json(),
            "accuracy": good.accuracy.to_json(),
            "majority": good.majority,
            "threshold": good.threshold,
            "approved": good.approved,
            "position_bias": good.position_bias.to_json(),
            "phrasings": good.phrasings,
            "logit_margin": asked.logit_margin,
            "swaps": [one.to_json() for one in self.swaps],
            "margin": asked.margin,
            "false_rejection": [
                {**_gap_json(one), "groups": _groups_json(self.rejected[one.attribute])}
                for one in self.rejections
            ],
            "kept": [one.to_json() for one in self.kept],
            "gates": [gate.to_json() for gate in self.gates],
        }


def audit_lending(
    table: Table,
    rows: Sequence[int],
    swapped: Sequence[Swap],
    asked: Sequence[Asked],
    found: Sequence[Chances],
    *,
    question: LendingQuestion,
    model: tuple[str, str | None],
    bounds: dict[str, float],
) -> LendingAudit:
    """Return what the answers come to.

    Args:
        table: the applications.
        rows: those that were asked.
        swapped: the attributes.
        asked: the questions.
        found: their answers.
        question: what is audited.
        model: name and digest.
        bounds: of the use, by measure; see `bounds`.
    """
    logits = Logits(rows, asked, found)
    label = table.binary(question.label)[np.asarray(rows)]
    if question.threshold is None:
        cut = base_rate_threshold(logits.score, label, question.favourable)
    else:
        cut = _logit(question.threshold)
    shares = rejected(logits.score, label, question.favourable, swapped, rows, threshold=cut)
    audit = LendingAudit(
        file=table.name,
        model=model[0],
        digest=model[1],
        rows=len(rows),
        questions=len(found),
        way=" and ".join(sorted({one.way for one in found})),
        mass=logits.mass,
        question=question,
        swaps=swap_gaps(logits, swapped, rows, question.logit_margin),
        rejections=gaps(shares, question.margin),
        rejected=shares,
        lender=lender(logits, label, question.favourable, cut),
        kept=kept(
            logits.score, label, question.favourable,
            {name: numbers_in(table, name, rows) for name in question.keep},
        ),
    )  # fmt: skip
    return replace(audit, gates=gates(bounds, audit))


def bounds(policy: Policy) -> dict[str, float]:
    """Return the bounds that a use sets for a model that decides on credit.

    Raises:
        ConfigError: where it sets none, or one that this audit does not know.
    """
    names = {g.measure: g.within for g in policy.audit.gate if g.measure.startswith(LENDING)}
    if not names:
        raise ConfigError(
            f"the use {policy.use_case.name!r} sets no bound for decisions on credit",
            mend=f'add an [[audit.gate]] such as measure = "{LENDING_MEASURES[0]}", within = 0.1',
        )
    for name in names:
        if name not in LENDING_MEASURES:
            raise ConfigError(
                f"audit.gate: no measure {name!r}", mend=f"there are {', '.join(LENDING_MEASURES)}"
            )
    return names


def gates(bounds: dict[str, float], audit: LendingAudit) -> tuple[Gate, ...]:
    """Return each bound with what the audit says of it."""
    shown = {
        "logit_gap": _worst([one.figure.interval(0.95) for one in audit.swaps], audit.swaps),
        "false_rejection_gap": _worst([gap.interval for gap in audit.rejections], audit.rejections),
        "position_bias": _size(audit.lender.position_bias.interval(0.95)),
        "auc.shortfall": shortfall(audit.lender.auc.interval(0.95)),
    }
    found = []
    for measure, bound in bounds.items():
        name = measure.removeprefix(LENDING)
        interval = shown[name]
        value = None if math.isnan(interval.value) else interval.value
        figure = Figure(value, interval.low, interval.high, interval.n, f"largest {name}")
        judgement = judge(interval, at_most=bound, fewest=FEWEST)
        found.append(Gate(measure, name, figure, bound, judgement))
    return tuple(found)


def _worst(intervals: Sequence[Interval], of: Sequence[object]) -> Interval:
    """Return the largest of some gaps: its upper limit is the largest of all."""
    if not of:
        return Interval(math.nan, 0.0, math.inf, 0, 0.95)
    sizes = [_size(one) for one in intervals]
    if any(math.isnan(one.value) for one in sizes):
        return Interval(math.nan, 0.0, math.inf, 0, 0.95)
    worst = max(sizes, key=lambda one: one.value)
    return Interval(
        worst.value,
        max(one.low for one in sizes),
        max(one.high for one in sizes),
        min(one.n for one in sizes),
        worst.level,
    )


def _size(found: Interval) -> Interval:
    low, high = max(0.0, found.low, -found.high), max(-found.low, found.high)
    return Interval(abs(found.value), low, high, found.n, found.level)


def numbers_in(table: Table, name: str, rows: Sequence[int]) -> Floats:
    """Return the numbers of a column in some rows, NaN where one is empty.

    Raises:
        ConfigError: for no such column, or one that holds anything else.
    """
    numbers = numbers_of([str(value).strip() for value in table.column(name)])
    if numbers is None:
        raise ConfigError(
            f"{table.name}: `{name}` holds no numbers", mend="keep a column of numbers"
        )
    chosen: Floats = numbers[np.asarray(rows)]
    return chosen


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def _gap_json(gap: Gap) -> dict[str, Any]:
    found = gap.interval
    shape: dict[str, Any] = {
        "attribute": gap.attribute,
        "value": None if math.isnan(found.value) else found.value,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "verdict": gap.verdict,
    }
    if gap.n_needed is not None:
        shape["n_needed"] = gap.n_needed
    return shape


def _groups_json(groups: Mapping[str, Share]) -> dict[str, Any]:
    found = {name: wilson(share.found, share.n) for name, share in groups.items()}
    return {
        name: {
            "value": None if math.isnan(one.value) else one.value,
            "low": one.low,
            "high": one.high,
            "n": one.n,
        }
        for name, one in found.items()
    }
