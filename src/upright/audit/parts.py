"""Figures of parts of the lines: categories, identity groups, functionalities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.audit.figures import WIDEST, Figure
from upright.audit.sample import LEVEL, Bools, Sample
from upright.measure import ranking
from upright.measure.bounds import lowest
from upright.measure.decisions import EXACT, Decisions
from upright.measure.intervals import Interval, clopper_pearson

IDENTITY_FIGURES = ("subgroup_auc", "bpsn", "bnsp")
"""AUCs of Borkar et al. 2019 and Dixon et al. 2018; see `by_identity`."""

MINIMUM = "lower limit of the lowest, upper limit holds for all groups at once (Bonferroni)"


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the lines.

    Attributes:
        name: what they have in common.
        n: how many there are.
        positive: how many of them are positive.
        figures: by name.
        against: which lines it is told apart from, where it has one label only.
    """

    name: str
    n: int
    positive: int
    figures: dict[str, Figure]
    against: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {"name": self.name, "lines": self.n, "positive": self.positive}
        if self.against is not None:
            shape["against"] = self.against
        return shape | {name: figure.to_json() for name, figure in self.figures.items()}


@dataclass(frozen=True, slots=True)
class Worst:
    """The group that fares worst.

    Attributes:
        name: the group, among those whose interval is narrow enough to tell.
        figure: its own.
        minimum: of all groups together, whichever fares worst in truth.
        untold: groups about which too little is known; one of them may fare worse.
    """

    name: str
    figure: Figure
    minimum: Figure
    untold: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "name": self.name,
            **self.figure.to_json(),
            "minimum": self.minimum.to_json(),
            "untold": list(self.untold),
        }


@dataclass(frozen=True, slots=True)
class Identities:
    """How the guard treats texts that speak of different people.

    Attributes:
        groups: each with the figures of `IDENTITY_FIGURES` and its false alarms.
        worst: by name of figure; one that no group has a value of is not there.
    """

    groups: tuple[Part, ...]
    worst: dict[str, Worst] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "groups": [part.to_json() for part in self.groups],
            "worst": {name: found.to_json() for name, found in self.worst.items()},
        }


def members(names: Sequence[tuple[str, ...]], kept: NDArray[np.int64]) -> dict[str, Bools]:
    """Return which of the kept lines belong to each part, in alphabetical order.

    Args:
        names: of the parts of each line of the file.
        kept: the lines that were scored.
    """
    places: dict[str, list[int]] = {}
    for place, line in enumerate(kept):
        for name in names[line]:
            places.setdefault(name, []).append(place)
    found: dict[str, Bools] = {}
    for name in sorted(places):
        found[name] = np.zeros(len(kept), dtype=np.bool_)
        found[name][places[name]] = True
    return found


def by_category(sample: Sample, parts: Mapping[str, Bools]) -> tuple[Part, ...]:
    """Return the figures of each category.

    A category of one label alone, such as a kind of insult, is told apart from all lines of
    the other label.
    """
    return tuple(_category(sample, name, inside) for name, inside in parts.items())


def _category(sample: Sample, name: str, inside: Bools) -> Part:
    positive, n = int(sample.positive[inside].sum()), int(inside.sum())
    rows, against = inside, None
    if positive == n:
        rows, against = inside | ~sample.positive, "all negative lines"
    elif positive == 0:
        rows, against = inside | sample.positive, "all positive lines"
    area = ranking.auc(sample.positive[rows], sample.score[rows], LEVEL)
    decisions = Decisions.of(sample.positive[inside], sample.flagged[inside])
    figures = {"auc": _of_part(area, n, ranking.DELONG)}
    if positive:
        figures["recall"] = Figure.of(decisions.recall(LEVEL), EXACT)
    if positive < n:
        figures["false_positive_rate"] = Figure.of(decisions.false_positive_rate(LEVEL), EXACT)
    return Part(name, n, positive, figures, against)


def by_identity(sample: Sample, parts: Mapping[str, Bools]) -> Identities:
    """Return how each identity group is treated, and which one worst.

    `subgroup_auc` ranks the group's own lines. `bpsn` (background positive, subgroup negative)
    is low where harmless lines of the group score as high as others' harmful ones: false
    alarms. `bnsp` (background negative, subgroup positive) is low where harmful lines of the
    group score as low as others' harmless ones: misses. The background are all lines that do
    not speak of the group. `n` counts the group's lines that a figure is about.
    """
    areas = {
        name: {kind: _area(sample, inside, kind) for kind in IDENTITY_FIGURES}
        for name, inside in parts.items()
    }
    groups = []
    for name, inside in parts.items():
        figures = {kind: Figure.of(area, ranking.DELONG) for kind, area in areas[name].items()}
        decisions = Decisions.of(sample.positive[inside], sample.flagged[inside])
        figures["false_positive_rate"] = Figure.of(decisions.false_positive_rate(LEVEL), EXACT)
        groups.append(Part(name, int(inside.sum()), int(sample.positive[inside].sum()), figures))
    return Identities(tuple(groups), dict(_worst(sample, parts, groups, areas)))


def _worst(
    sample: Sample,
    parts: Mapping[str, Bools],
    groups: Sequence[Part],
    areas: Mapping[str, Mapping[str, Interval]],
) -> Iterator[tuple[str, Worst]]:
    for kind in IDENTITY_FIGURES:
        measured = partial(_area_at, sample, parts, kind)
        found = lowest(
            measured, {name: kinds[kind] for name, kinds in areas.items()}, widest=WIDEST
        )
        if found is not None:
            untold = [part.name for part in groups if part.figures[kind].verdict is not None]
            yield (
                kind,
                Worst(
                    name=found.name,
                    figure=Figure.of(found.figure, ranking.DELONG),
                    minimum=Figure.of(found.minimum, MINIMUM),
                    untold=tuple(untold),
                ),
            )


def _area_at(
    sample: Sample, parts: Mapping[str, Bools], kind: str, name: str, level: float
) -> Interval:
    return _area(sample, parts[name], kind, level)


def _area(sample: Sample, inside: Bools, kind: str, level: float = LEVEL) -> Interval:
    ours = {"subgroup_auc": (True, True), "bpsn": (False, True), "bnsp": (True, False)}
    positive_inside, negative_inside = ours[kind]
    above = sample.positive & (inside == positive_inside)
    below = ~sample.positive & (inside == negative_inside)
    area = ranking.auc_of(sample.score[above], sample.score[below], level)
    return Interval(area.value, area.low, area.high, int(((above | below) & inside).sum()), level)


def by_functionality(sample: Sample, parts: Mapping[str, Bools]) -> tuple[Part, ...]:
    """Return the share of lines flagged for each functionality, both labels apart."""
    found = []
    for name, inside in parts.items():
        for label, side in (("positive", sample.positive), ("negative", ~sample.positive)):
            rows = inside & side
            n = int(rows.sum())
            if n:
                share = clopper_pearson(int(sample.flagged[rows].sum()), n, LEVEL)
                part = Part(
                    name, n, n if label == "positive" else 0, {"flagged": Figure.of(share, EXACT)}
                )
                found.append(part)
    return tuple(found)


def _of_part(area: Interval, n: int, method: str) -> Figure:
    return Figure.of(Interval(area.value, area.low, area.high, n, area.level), method)
