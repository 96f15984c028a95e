"""A classifier over tables: which columns it sees, what it decides, and what was certified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.measure.groups import Attribute, attribute
from upright.measure.rates import RATES, base_of
from upright.measure.table import Table
from upright.measure.violation import BOUND, probe
from upright.terms import ConfigError
from upright.train.fair.certify import certify, gap_shape
from upright.train.fair.classifier import SUBGROUPS, FairClassifier
from upright.train.fair.encode import Encoding
from upright.train.fair.rule import PARITIES

Ints = NDArray[np.int64]

CERTIFIED_SHARE = 0.25
"""Share of the rows that take no part in training and say whether the gaps hold."""

FEWEST_ROWS = 200

MARGIN = 0.01
"""One point: the gap that rates are reported beside where subgroups are held."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a lender.

    Attributes:
        label: column of what came true, 0 or 1.
        groups: columns whose groups are to be treated alike.
        max_gap: largest difference of the rate between two groups of a column.
        blind: decisions never see the group columns.
        exclude: further columns that decisions never see.
        parity: which rate.
        crossed: hold the crossed cells to it too.
        favourable: what people hope for; 0 where 1 is a default.
        bands: where numbers of a group column are cut.
        seed: of everything that is drawn.
        subgroups: `linear` to hold all subgroups that lines cut out of the groups' columns, and
            not the gaps, which are then only reported beside `max_gap`.
        max_violation: largest violation of a subgroup.
    """

    label: str
    groups: tuple[str, ...]
    max_gap: float = MARGIN
    blind: bool = False
    exclude: tuple[str, ...] = ()
    parity: str = "false_rejection"
    crossed: bool = False
    favourable: int = 0
    bands: Mapping[str, Sequence[float]] = field(default_factory=dict)
    seed: int = 0
    subgroups: str | None = None
    max_violation: float = BOUND

    def classifier(self, **more: Any) -> FairClassifier:  # noqa: ANN401 (as FairClassifier takes)
        """Return the classifier that does what is asked, not yet fitted."""
        return FairClassifier(
            parity=self.parity,
            max_gap=self.max_gap,
            blind=self.blind,
            crossed=self.crossed,
            subgroups=self.subgroups,
            max_violation=self.max_violation,
            favourable=self.favourable,
            bands=more.pop("bands", self.bands),
            random_state=self.seed,
            **more,
        )

    def check(self, table: Table) -> None:
        """Refuse what cannot be done.

        Raises:
            ConfigError: naming option, value and mend.
        """
        for name in (self.label, *self.groups, *self.exclude):
            table.column(name)
        if self.label in {*self.groups, *self.exclude}:
            raise ConfigError(f"`{self.label}` is the label", mend="name it with --label only")
        if not self.groups:
            raise ConfigError("no group is named", mend="name columns with --groups")
        if not 0 < self.max_gap < 1:
            raise ConfigError(
                f"--max-gap {self.max_gap:g} is no gap", mend="give a share, such as 0.01"
            )
        if not 0 < self.max_violation < 1:
            raise ConfigError(
                f"--max-violation {self.max_violation:g} is none",
                mend="give a share, such as 0.005",
            )
        if self.subgroups not in SUBGROUPS:
            raise ConfigError(f"no subgroups are called {self.subgroups!r}", mend="linear")
        if self.parity not in PARITIES:
            raise ConfigError(f"no parity is called {self.parity!r}", mend=", ".join(PARITIES))
        if table.rows < FEWEST_ROWS:
            raise ConfigError(
                f"{table.name}: {table.rows} rows are too few to train, choose and certify",
                mend=f"give at least {FEWEST_ROWS}",
            )


@dataclass(slots=True)
class Lender:
    """A trained classifier with its columns.

    Attributes:
        order: what was asked.
        encoding: columns that it sees, besides the groups where it is not blind.
        classifier: what decides.
        facts: what was measured, as it is stored and printed.
    """

    order: Order
    encoding: Encoding
    classifier: FairClassifier
    facts: dict[str, Any]

    def decide(self, table: Table) -> tuple[Ints, NDArray[np.float64]]:
        """Return decisions and scores (the chance of label 1), shape (rows,) each.

        Raises:
            ConfigError: for a column that is not there or a group that is new.
        """
        try:
            chances = self.classifier.chances(self.encoding.features(table), self.groups_of(table))
        except ValueError as error:
            raise ConfigError(
                f"{table.name}: {error}", mend="train with rows of that group, or train blind"
            ) from None
        return (self.classifier.rule_.margin(chances) > 0).astype(np.int64), chances.label

    def groups_of(self, table: Table) -> dict[str, Sequence[str]]:
        """Return the group columns, or none where decisions never see them."""
        if self.order.blind:
            return {}
        return {name: table.column(name) for name in self.order.groups}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for one purpose.

    Attributes:
        rows: features, shape (n, features).
        label: 0 or 1, shape (n,).
        columns: texts of the group columns, n each.
    """

    rows: NDArray[np.float64]
    label: Ints
    columns: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Parts:
    """A table split into rows to learn from and rows kept back.

    Attributes:
        encoding: how columns became features.
        blank: the classifier, not yet fitted.
        learnt: rows to train on and choose by.
        held: rows that take no part in either.
    """

    encoding: Encoding
    blank: FairClassifier
    learnt: Rows
    held: Rows

    def fit(self) -> FairClassifier:
        """Train the classifier."""
        self.blank.fit(self.learnt.rows, self.learnt.label, self.learnt.columns)
        return self.blank


def parts(table: Table, order: Order) -> Parts:
    """Split a table.

    Raises:
        ConfigError: for an order that the table cannot fill.
    """
    order.check(table)
    label = table.binary(order.label)
    if not 0 < label.sum() < len(label):
        raise ConfigError(
            f"{table.name}: all rows have the label {label[0]}", mend="give rows of both labels"
        )
    unseen = {order.label, *order.groups, *order.exclude}
    encoding = Encoding.of(table, [name for name in table.columns if name not in unseen])
    rows, kept = encoding.features(table), _kept_back(len(label), order.seed)
    columns = {name: np.array([t.strip() for t in table.column(name)]) for name in order.groups}
    classifier = order.classifier(bands=_bands(table, order), categorical=encoding.categorical)
    learnt, held = (
        Rows(rows[part], label[part], {name: one[part].tolist() for name, one in columns.items()})
        for part in (~kept, kept)
    )
    return Parts(encoding, classifier, learnt, held)


def train_lender(table: Table, order: Order) -> Lender:
    """Train on three quarters of the rows, and certify on the rest.

    Args:
        table: the rows.
        order: what is asked.

    Raises:
        ConfigError: for an order that the table cannot fill.
    """
    split = parts(table, order)
    lender = Lender(order, split.encoding, split.fit(), {})
    lender.facts = _facts(lender, split.held)
    lender.facts |= {"trained_on": len(split.learnt.label), "data_sha256": table.sha256}
    return lender


def _facts(lender: Lender, held: Rows) -> dict[str, Any]:
    order, classifier = lender.order, lender.classifier
    seen = None if order.blind else held.columns
    bands = classifier.bands or {}
    decided = (classifier.decision_function(held.rows, seen) > 0).astype(np.int64)
    error, judged = certify(
        held.label,
        decided,
        [attribute(name, one, bands[name]) for name, one in held.columns.items()],
        parity=order.parity,
        favourable=order.favourable,
        margin=order.max_gap,
    )
    facts = {
        "certified_on": len(held.label),
        "error": {"value": error.value, "low": error.low, "high": error.high, "n": error.n},
        "gaps": [gap_shape(gap) for gap in judged],
        "chosen": {"error": classifier.chosen_.error, "gap": classifier.chosen_.gap},
    }
    if order.subgroups:
        rate = RATES[order.parity]
        base = base_of(rate, held.label, order.favourable)
        hit = rate.hit(held.label, decided, order.favourable)
        found = probe(held.columns, base, hit, order.max_violation, seed=order.seed)
        facts["violation"] = {"bound": order.max_violation, **found.to_json()}
        facts["subgroups_held"] = len(classifier.asked_.sizes)
    return facts


def _kept_back(rows: int, seed: int) -> NDArray[np.bool_]:
    kept = np.zeros(rows, dtype=bool)
    order = np.random.default_rng(seed).permutation(rows)
    kept[order[: round(rows * CERTIFIED_SHARE)]] = True
    return kept


def _bands(table: Table, order: Order) -> dict[str, tuple[float, ...]]:
    """Return the cuts of all rows, so that both parts have the same groups.

    Raises:
        ConfigError: for bands of what is no group or holds no numbers, or a group without others.
    """
    stray = [name for name in order.bands if name not in order.groups]
    if stray:
        raise ConfigError(f"bands of `{stray[0]}`, which is no group", mend="name it in --groups")
    bands: dict[str, tuple[float, ...]] = {}
    for name in order.groups:
        try:
            found: Attribute = attribute(name, table.column(name), order.bands.get(name, ()))
        except ValueError as error:
            raise ConfigError(f"{table.name}: {error}", mend="leave out its bands") from None
        if len(found.groups) < 2:  # noqa: PLR2004 (one group is alike)
            raise ConfigError(
                f"{table.name}: all rows have {found.groups[0]!r} under `{name}`",
                mend="name a column that tells people apart",
            )
        bands[name] = found.cuts
    return bands
