"""An audit of a table of predictions: rates by group, and whether they are equal enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.audit.table_plots import plot_of_rate, standalone
from upright.audit.table_question import MARGIN, Question
from upright.audit.table_search import Subgroup, search
from upright.audit.table_shape import (
    TableMeasure,
    gap_measures,
    rate_measures,
    subgroup_measure,
    violation_measure,
)
from upright.measure.groups import MANY, MISSING, Attribute, attribute, crossed
from upright.measure.parity import Gap, gaps
from upright.measure.rates import RATES, Rate, base_of
from upright.measure.table import Table
from upright.measure.violation import probe
from upright.terms import ConfigError

MOST_GROUPS = 60
"""Groups of one attribute; each is compared with each."""

Ints = NDArray[np.int64]
Predicted = str | Sequence[int] | Callable[[Table], Sequence[int]]


@dataclass(frozen=True, slots=True)
class TableAudit:
    """Rates, gaps and subgroups of a table of predictions.

    Attributes:
        file: name of the table.
        sha256: of its bytes; empty where it is no file.
        rows: how many.
        question: what was asked.
        measures: all figures; rates first, then gaps, differences and subgroups.
        notes: what was done with the table that its owner should know.
    """

    file: str
    sha256: str
    rows: int
    question: Question
    measures: tuple[TableMeasure, ...]
    notes: tuple[str, ...] = ()

    def of(self, kind: str, rate: str | None = None) -> list[TableMeasure]:
        """Return the figures of one kind, of `Kind`."""
        return [m for m in self.measures if m.kind == kind and rate in {None, m.rate}]

    def table(self) -> list[dict[str, Any]]:
        """Return one row for each figure, as `pandas.DataFrame` takes them."""
        return [measure.to_json() for measure in self.measures]

    def plot(self, rate: str = "false_rejection") -> str:
        """Return the rates of all groups with their intervals, as a whole SVG file.

        Raises:
            ConfigError: for a rate that was not asked for.
        """
        if rate not in self.question.rates:
            raise ConfigError(f"{rate} was not measured", mend=", ".join(self.question.rates))
        return standalone(plot_of_rate(RATES[rate], self.of("rate", rate)))

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        question = self.question
        return {
            "file": self.file,
            "sha256": self.sha256,
            "rows": self.rows,
            "label": question.label,
            "groups": list(question.groups),
            "favourable": question.favourable,
            "margin": question.margin,
            "alpha": question.alpha,
            "correction": question.correction,
            "measures": self.table(),
            "notes": list(self.notes),
        }


def audit_table(table: Table, prediction: Predicted, question: Question) -> TableAudit:
    """Audit the decisions of any model, given as a column, as values, or as a callable.

    Args:
        table: the rows.
        prediction: name of the column of decisions; or n decisions, 0 or 1; or what makes them of
            the table.
        question: what is asked.

    Raises:
        ConfigError: for a column that is not there or holds something else.
    """
    label = table.binary(question.label)
    decided = _decided(table, prediction)
    _refuse_roles(question, prediction)
    attributes, notes = groupings(table, question.groups, question.bands)
    measures: list[TableMeasure] = []
    later: list[TableMeasure] = []
    for name in question.rates:
        rate = RATES[name]
        base = base_of(rate, label, question.favourable)
        hit = rate.hit(label, decided, question.favourable)
        shares = {one.name: one.shares(base, hit) for one in attributes}
        judged = gaps(shares, question.margin, alpha=question.alpha, correction=question.correction)
        measures += rate_measures(rate, base, hit, shares, judged)
        later += gap_measures(rate, judged, question)
        later += _subgroups(table, rate, base, hit, question)
        later += _violation(table, rate, base, hit, question)
    order = ("gap", "difference", "subgroup", "violation")
    later.sort(key=lambda measure: order.index(measure.kind))
    return TableAudit(
        table.name, table.sha256, table.rows, question, (*measures, *later), tuple(notes)
    )


def groupings(
    table: Table, groups: Sequence[str], bands: Mapping[str, Sequence[float]]
) -> tuple[list[Attribute], list[str]]:
    """Return each attribute on its own, then all crossed, and what was done with the columns.

    Raises:
        ConfigError: for a column that is not there, is empty, has one group or too many.
    """
    stray = [name for name in bands if name not in groups]
    if stray:
        raise ConfigError(f"bands of `{stray[0]}`, which is no group", mend="name it in --groups")
    single, notes = [], []
    for name in groups:
        column = table.column(name)
        try:
            found = attribute(name, column, bands.get(name, ()))
        except ValueError as error:
            raise ConfigError(f"{table.name}: {error}", mend="leave out its bands") from None
        _refuse_groups(table, name, found)
        single.append(found)
        if found.cuts and name not in bands:
            cuts = ",".join(f"{cut:g}" for cut in found.cuts)
            notes.append(
                f"{name} has more than {MANY} values and was cut at its quartiles; choose with "
                f"--bands {name}={cuts}"
            )
    if len(single) > 1:
        cells = crossed(single)
        if len(cells.groups) <= MOST_GROUPS:
            return [*single, cells], notes
        notes.append(f"{len(cells.groups)} crossed cells are too many to compare each with each")
    return single, notes


def _decided(table: Table, prediction: Predicted) -> Ints:
    if isinstance(prediction, str):
        return table.binary(prediction)
    values = np.asarray(prediction(table) if callable(prediction) else prediction)
    if values.shape != (table.rows,) or not np.isin(values, (0, 1)).all():
        raise ConfigError(
            f"{table.name}: {table.rows:,} rows, and predictions of shape {values.shape}",
            mend="give one prediction for each row, 0 or 1",
        )
    return values.astype(np.int64)


def _refuse_roles(question: Question, prediction: Predicted) -> None:
    for role, name in (("label", question.label), ("prediction", prediction)):
        if name in question.groups:
            raise ConfigError(f"`{name}` is the {role} and a group", mend="take it out of --groups")
    if prediction == question.label:
        raise ConfigError(
            f"`{question.label}` is the label and the prediction", mend="name two columns"
        )
    twice = {name for name in question.groups if question.groups.count(name) > 1}
    if twice:
        raise ConfigError(f"`{min(twice)}` is named twice in --groups", mend="name it once")


def _refuse_groups(table: Table, name: str, found: Attribute) -> None:
    if found.groups == (MISSING,):
        raise ConfigError(
            f"{table.name}: `{name}` is empty in all rows", mend="name another column"
        )
    if len(found.groups) == 1:
        raise ConfigError(
            f"{table.name}: all rows have {found.groups[0]!r} under `{name}`",
            mend="name a column that tells people apart",
        )
    if len(found.groups) > MOST_GROUPS:
        raise ConfigError(
            f"{table.name}: `{name}` has {len(found.groups)} groups, more than {MOST_GROUPS}",
            mend="name a coarser column; numbers can be cut with --bands",
        )


def _subgroups(
    table: Table, rate: Rate, base: NDArray[np.bool_], hit: NDArray[np.bool_], question: Question
) -> Iterator[TableMeasure]:
    columns = {
        name: table.column(name) for name in dict.fromkeys((*question.groups, *question.search))
    }
    found: list[Subgroup] = search(
        columns,
        base,
        hit,
        margin=question.margin,
        alpha=question.alpha,
        correction=question.correction,
        seed=question.seed,
    )
    for subgroup in found:
        if not math.isnan(subgroup.interval.value):
            yield subgroup_measure(rate, subgroup, question.margin)


def _violation(
    table: Table, rate: Rate, base: NDArray[np.bool_], hit: NDArray[np.bool_], question: Question
) -> Iterator[TableMeasure]:
    if question.subgroups is not None:
        columns = {name: table.column(name) for name in question.groups}
        bound = question.max_violation
        found = probe(columns, base, hit, bound, alpha=question.alpha, seed=question.seed)
        yield violation_measure(rate, found, bound)


def gate_code(judged: Sequence[TableMeasure]) -> int:
    """Return the exit code of a gate: 1 if a figure is outside, 3 if one cannot be told, else 0."""
    verdicts = {measure.verdict for measure in judged}
    if "outside" in verdicts:
        return 1
    return 3 if "cannot tell" in verdicts else 0


__all__ = ["MARGIN", "Gap", "Question", "TableAudit", "audit_table", "gate_code", "groupings"]
