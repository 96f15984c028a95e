"""Why a row was decided as it was, and what would change that."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.measure.table import Table
from upright.terms import ConfigError
from upright.train.fair.lender import Lender
from upright.train.fair.scores import boosters

Floats = NDArray[np.float64]

REASONS, CHANGES = 4, 3
_STEPS = 11  # values of each feature that are tried


@dataclass(frozen=True, slots=True)
class Reason:
    """How much one column moved the score.

    Attributes:
        column: its name.
        value: what the row has there.
        effect: log-odds of label 1 that it added, beside what is usual (Lundberg 2018).
    """

    column: str
    value: str
    effect: float


@dataclass(frozen=True, slots=True)
class Change:
    """One column that alone would turn the decision.

    Attributes:
        column: its name.
        value: what the row has there.
        instead: the nearest value tried that gives the other decision.
    """

    column: str
    value: str
    instead: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One decision, explained.

    Attributes:
        decision: 0 or 1.
        score: chance of label 1.
        reasons: the columns that moved the score most, towards the decision first.
        changes: single columns that would turn it; empty where no single one was found.
    """

    decision: int
    score: float
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "reasons": [
                {"column": r.column, "value": r.value, "effect": round(r.effect, 4)}
                for r in self.reasons
            ],
            "changes": [
                {"column": c.column, "value": c.value, "instead": c.instead} for c in self.changes
            ],
        }


def explain(lender: Lender, table: Table) -> list[Explanation]:
    """Explain the decision on each row of a table.

    Other values are taken from the table itself, so more rows propose more. A change shows how the
    model decides, not what a person should do: a column may stand for what nobody can change.

    Args:
        lender: what decides.
        table: the rows.

    Raises:
        ConfigError: as `Lender.decide`; or for an estimator whose reasons cannot be told.
    """
    decisions, scores = lender.decide(table)
    rows = lender.encoding.features(table)
    effects = _effects(lender, rows, table)
    tried = [_values(column) for column in rows.T]
    found = []
    for number, row in enumerate(rows):
        towards = 1.0 if decisions[number] else -1.0
        order = np.argsort(-towards * effects[number], kind="stable")[:REASONS]
        reasons = tuple(
            Reason(
                lender.encoding.names[k],
                lender.encoding.shown(lender.encoding.names[k], float(row[k])),
                float(effects[number][k]),
            )
            for k in order
            if effects[number][k] * towards > 0
        )
        changes = _changes(lender, row, _group_of(lender, table, number), tried, decisions[number])
        found.append(
            Explanation(int(decisions[number]), float(scores[number]), reasons, tuple(changes))
        )
    return found


def _effects(lender: Lender, rows: Floats, table: Table) -> Floats:
    """Return what each column adds to the log-odds, shape (n, columns), by the trees' own paths."""
    models = boosters(lender.classifier.label_scores_)
    if models is None:
        raise ConfigError(
            "reasons can be told of LightGBM's trees only", mend="leave out the explanation"
        )
    inputs = lender.classifier.inputs(rows, lender.groups_of(table))
    parts = [np.asarray(one.predict(inputs, pred_contrib=True, num_threads=1)) for one in models]
    return np.asarray(np.mean(parts, axis=0)[:, : rows.shape[1]])


def _values(column: Floats) -> Floats:
    known = column[~np.isnan(column)]
    if not known.size:
        return known
    return np.unique(np.quantile(known, np.linspace(0, 1, _STEPS), method="nearest"))


def _group_of(lender: Lender, table: Table, number: int) -> dict[str, Sequence[str]]:
    return {name: [column[number]] for name, column in lender.groups_of(table).items()}


def _changes(
    lender: Lender,
    row: Floats,
    group: dict[str, Sequence[str]],
    tried: Sequence[Floats],
    decision: int,
) -> list[Change]:
    """Return the single changes that turn a decision, those of the shortest way first."""
    places = [(k, value) for k, values in enumerate(tried) for value in values if value != row[k]]
    if not places:
        return []
    others = np.tile(row, (len(places), 1))
    for number, (k, value) in enumerate(places):
        others[number, k] = value
    repeated = {name: [column[0]] * len(places) for name, column in group.items()}
    turned = (lender.classifier.decision_function(others, repeated) > 0) != bool(decision)
    nearest: dict[int, tuple[float, float]] = {}
    for (k, value), turns in zip(places, turned, strict=True):
        # As a share of the values tried, so that columns of other units compare.
        start = 0.0 if math.isnan(row[k]) else float(row[k])
        between = (tried[k] > min(start, value)) & (tried[k] < max(start, value))
        way = (1 + int(between.sum())) / len(tried[k])
        if turns and (k not in nearest or way < nearest[k][0]):
            nearest[k] = (way, float(value))
    shown = lender.encoding.shown
    names = lender.encoding.names
    ordered = sorted(nearest, key=lambda k: (nearest[k][0], k))[:CHANGES]
    return [
        Change(names[k], shown(names[k], float(row[k])), shown(names[k], nearest[k][1]))
        for k in ordered
    ]
