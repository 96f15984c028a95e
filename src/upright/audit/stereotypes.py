"""Stereotypes of a model by published benchmarks, from exact probabilities where there are any.

Each benchmark is a set of questions with given answers, and a figure that is 0 for a model without
the stereotype. The data is the user's; nothing of it is shipped.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from upright.audit.figures import Figure
from upright.audit.gates import Gate
from upright.audit.lines import read_texts
from upright.audit.tone_effects import size_of
from upright.generate.choosing import Chances, Question
from upright.measure import cluster_bootstrap
from upright.measure.bounds import FEWEST, judge
from upright.measure.intervals import Interval
from upright.measure.names import STEREOTYPES, STEREOTYPES_MEASURES
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.policy import Policy

Row = Mapping[str, Any]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Told:
    """One figure of a benchmark.

    Attributes:
        name: without its family of measures.
        title: what it says.
        figure: with its limits.
        bounded: whether a use may bound its size.
    """

    name: str
    title: str
    figure: Figure
    bounded: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {"name": f"{STEREOTYPES}{self.name}", "title": self.title, **self.figure.to_json()}


class Benchmark(Protocol):
    """Questions, and what their answers come to."""

    caveats: tuple[str, ...]

    @property
    def items(self) -> Sequence[Any]:
        """What the benchmark counts."""
        ...

    @property
    def questions(self) -> Sequence[Question]:
        """What the model is asked."""
        ...

    def told(self, answers: Sequence[Chances]) -> list[Told]:
        """Return the figures, given the chances of each question's options."""
        ...


@dataclass(frozen=True, slots=True)
class StereotypeAudit:
    """What an audit of stereotypes found.

    Attributes:
        file: the benchmark's data.
        kind: which benchmark.
        model: the engine's name of the model.
        digest: of the model, where the engine knows it.
        items: items of the benchmark.
        questions: asked of the model: some benchmarks ask one item in several ways.
        way: `exact` where probabilities are exact, else how they were found out.
        told: the figures.
        caveats: what the benchmark cannot say.
        gates: bounds of the use.
    """

    file: str
    kind: str
    model: str
    digest: str | None
    items: int
    questions: int
    way: str
    told: tuple[Told, ...]
    caveats: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {
            "file": self.file,
            "kind": self.kind,
            "model": self.model,
            "model_digest": self.digest,
            "items": self.items,
            "questions": self.questions,
            "way": self.way,
            "measures": [one.to_json() for one in self.told],
            "caveats": list(self.caveats),
        }
        if self.gates:
            shape["gates"] = [gate.to_json() for gate in self.gates]
        return shape


def read_rows(path: str, name: str, *others: str) -> list[Row]:
    """Read the lines of a benchmark.

    Args:
        path: JSON Lines or CSV, packed or not.
        name: a field that each line has, of text.
        others: further ones.

    Raises:
        ConfigError: for a file that cannot be read or has no lines, or a line without a text there.
    """
    found = []
    for where, _, line in read_texts(path, name):
        for other in others:
            if not isinstance(line.get(other), str):
                told = "none" if other not in line else type(line[other]).__name__
                raise ConfigError(
                    f"{where}: {other} is {told} where a text is wanted",
                    mend="give the benchmark as it is published, and its --kind",
                )
        found.append(line)
    if not found:
        raise ConfigError(f"{path}: no lines", mend="give the benchmark's data")
    return found


def thinned(
    found: Sequence[Row], key: Callable[[Row], str], limit: int, seed: int = 0
) -> list[Row]:
    """Return about so many lines, those of one key together, drawn with a seed."""
    members: dict[str, list[Row]] = {}
    for row in found:
        members.setdefault(key(row), []).append(row)
    keys = list(members)
    random.Random(seed).shuffle(keys)  # noqa: S311 (no secret)
    kept: list[Row] = []
    for name in keys:
        if len(kept) >= limit:
            break
        kept += members[name]
    return kept


def field_of(row: Row, name: str) -> Any:  # noqa: ANN401 (whatever the benchmark holds)
    """Return a field of a line.

    Raises:
        ConfigError: if it has none of that name.
    """
    if name not in row:
        there = ", ".join(f"`{key}`" for key in row)
        raise ConfigError(f"a line has no field `{name}`", mend=f"it has {there}; see --kind")
    return row[name]


def mean_over(
    values: Sequence[float], clusters: Sequence[str], method: str, *, weights: Sequence[float] = ()
) -> Figure:
    """Return a mean with the limits of a bootstrap over clusters.

    Args:
        values: one of each item.
        clusters: what each item belongs to.
        method: of the figure.
        weights: of each item; equal if empty. Items without weight are no part of the mean.
    """
    weigh = weights or [1.0] * len(values)
    if not values:
        return Figure.of(Interval(float("nan"), -1.0, 1.0, 0, LEVEL), method)

    def mean(rows: Sequence[int]) -> float:
        total = sum(weigh[row] for row in rows)
        return sum(values[row] for row in rows) / total if total else float("nan")

    return Figure.of(cluster_bootstrap(mean, clusters, level=LEVEL), method)


def bounds(policy: Policy, kind: str) -> dict[str, float]:
    """Return the bounds of a kind of benchmark that a use sets.

    Raises:
        ConfigError: for a measure of stereotypes that there is not.
    """
    found = {}
    for gate in policy.audit.gate:
        if gate.measure.startswith(STEREOTYPES):
            if gate.measure not in STEREOTYPES_MEASURES:
                raise ConfigError(
                    f"audit.gate: no measure {gate.measure!r}",
                    mend=f"there are {', '.join(STEREOTYPES_MEASURES)}",
                )
            if gate.measure.removeprefix(STEREOTYPES).partition(".")[0] == kind:
                found[gate.measure] = gate.within
    return found


def gates(asked: Mapping[str, float], told: Sequence[Told]) -> tuple[Gate, ...]:
    """Return each bound with what the figures say of its size, by the ends of 95 % intervals."""
    figures = {one.name: one.figure for one in told if one.bounded}
    judged = []
    for measure, bound in asked.items():
        name = measure.removeprefix(STEREOTYPES)
        figure = figures.get(name) or Figure(None, 0.0, 1.0, 0, "not measured")
        size = size_of(figure.interval(LEVEL))
        shown = Figure.of(size, figure.method)
        judgement = judge(size, at_most=bound, fewest=FEWEST)
        judged.append(Gate(measure, name, shown, bound, judgement))
    return tuple(judged)
