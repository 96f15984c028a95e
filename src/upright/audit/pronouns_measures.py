"""What the chances of pronouns come to: figures over professions, templates and exceptions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.audit.figures import Figure
from upright.audit.pronouns import Chances, Read
from upright.measure import student
from upright.measure.bounds import Verdict, judge
from upright.measure.intervals import Interval, clopper_pearson
from upright.measure.multiplicity import holm
from upright.measure.resample import cluster_bootstrap

LEVEL = 0.95
EVEN = 0.5
_SURE = 0.05
_FEWEST_PAIRS = 3
_ROUNDING = 1e-6
_OVER_TEMPLATES = "bootstrap over templates"
_COUNTED = "share of prompts, Clopper and Pearson"
_OVER_TEXTS = "bootstrap over texts"

Floats = NDArray[np.float64]
Way = Callable[[Read], Chances]


@dataclass(frozen=True, slots=True)
class Shares:
    """The shares of she of each profession in each template.

    Attributes:
        professions: names.
        templates: sentences.
        she: she among she and he, shape (professions, templates); NaN where neither came.
        they: chances of they, the same shape.
        reference: share of women in each profession, shape (professions,).
    """

    professions: tuple[str, ...]
    templates: tuple[str, ...]
    she: Floats
    they: Floats
    reference: Floats


def shares(found: Sequence[Read], way: Way, reference: Mapping[str, float]) -> Shares:
    """Return the shares of the open prompts, of which each profession has all."""
    jobs = tuple(dict.fromkeys(one.prompt.profession for one in found))
    templates = tuple(dict.fromkeys(one.prompt.template for one in found))
    she = np.full((len(jobs), len(templates)), math.nan)
    they = she.copy()
    for one in found:
        at = jobs.index(one.prompt.profession), templates.index(one.prompt.template)
        she[at], they[at] = way(one).share, way(one).they
    return Shares(jobs, templates, she, they, np.array([reference[job] for job in jobs]))


def figures(table: Shares) -> dict[str, Figure]:
    """Return the figures of the open prompts; all intervals draw templates again.

    Returns:
        `balance_gap`: the mean of |share - 1/2| over prompts; `reference_gap`: the mean over
        professions of |mean share - share of women in it|; `correlation`: Pearson's r of the two;
        `share` and `they`: means.
    """
    made: dict[str, Callable[[Floats, Floats], float]] = {
        "balance_gap": lambda she, _they: _mean(np.abs(she - EVEN)),
        "reference_gap": lambda she, _they: _mean(np.abs(_rows(she) - table.reference)),
        "correlation": lambda she, _they: pearson(_rows(she), table.reference),
        "share": lambda she, _they: _mean(she),
        "they": lambda _she, they: _mean(they),
    }
    return {
        name: Figure.of(_bootstrap(table, statistic), _OVER_TEMPLATES)
        for name, statistic in made.items()
    }


def _bootstrap(table: Shares, statistic: Callable[[Floats, Floats], float]) -> Interval:
    def of(columns: Sequence[int]) -> float:
        at = list(columns)
        return statistic(table.she[:, at], table.they[:, at])

    return cluster_bootstrap(of, table.templates, level=LEVEL)


def pearson(first: Floats, second: Floats) -> float:
    """Return Pearson's r of the pairs without NaN; 0 where one side does not vary.

    Of fewer than three pairs it is NaN: any two lie on a line, and one on every line.
    """
    known = np.isfinite(first) & np.isfinite(second)
    if known.sum() < _FEWEST_PAIRS:
        return math.nan
    one, other = (side[known] - side[known].mean() for side in (first, second))
    # What rounding leaves of equal numbers is no spread.
    if min(float(np.abs(one).max()), float(np.abs(other).max())) < _ROUNDING:
        return 0.0
    return float(one @ other) / math.sqrt(float(one @ one) * float(other @ other))


def size_of(figure: Figure) -> Figure:
    """Return the size of a figure that may be negative."""
    value = None if figure.value is None else abs(figure.value)
    ends = abs(figure.low), abs(figure.high)
    low = 0.0 if figure.low <= 0.0 <= figure.high else min(ends)
    size = Interval(math.nan if value is None else value, low, max(ends), figure.n, LEVEL)
    return Figure.of(size, figure.method)


@dataclass(frozen=True, slots=True)
class Profession:
    """How a model sees one profession.

    Attributes:
        name: its noun.
        reference: share of women in it.
        share: the mean share of she over templates, with Student's limits.
        they: the mean chance of they.
        verdict: whether the share is within the bound of one half. `outside` holds for all
            professions at once (Holm); that one is `within` needs no correction.
        n_needed: about how many templates would tell.
    """

    name: str
    reference: float
    share: Figure
    they: float
    verdict: Verdict
    n_needed: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {
            "value": self.share.value,
            "low": self.share.low,
            "high": self.share.high,
            "n": self.share.n,
            "they": self.they,
            "verdict": self.verdict,
        }
        return shape if self.n_needed is None else {**shape, "n_needed": self.n_needed}


def by_profession(table: Shares, bound: float) -> tuple[Profession, ...]:
    """Return each profession, the farthest from one half first."""
    rows = [row[np.isfinite(row)].tolist() for row in table.she]
    doubts = holm([student.beyond(row, EVEN, bound) for row in rows])
    found = []
    for at, name in enumerate(table.professions):
        mean = student.mean(rows[at], LEVEL)
        off = Interval(abs(mean.value - EVEN), 0.0, _farthest(mean), mean.n, LEVEL)
        judged = judge(off, at_most=bound)
        verdict: Verdict = "outside" if doubts[at] <= _SURE else judged.verdict
        limits = Interval(mean.value, max(0.0, mean.low), min(1.0, mean.high), mean.n, LEVEL)
        found.append(
            Profession(
                name,
                float(table.reference[at]),
                Figure.of(limits, "mean over templates, Student"),
                _mean(table.they[at]),
                verdict,
                judged.n_needed if verdict == "cannot tell" else None,
            )
        )
    return tuple(sorted(found, key=lambda one: -abs((one.share.value or EVEN) - EVEN)))


def _farthest(mean: Interval) -> float:
    return max(abs(mean.low - EVEN), abs(mean.high - EVEN))


@dataclass(frozen=True, slots=True)
class Excepted:
    """How often a model takes the pronoun that a text asks for.

    Attributes:
        kind: of what tells the gender; `all` for all of them.
        right: the pronoun, or `she or he` for both.
        model: accuracy as the model has it.
        balanced: accuracy with pronouns balanced; None where that was not asked.
        moved: prompts in which balancing changed anything; none should be.
    """

    kind: str
    right: str
    model: Figure
    balanced: Figure | None
    moved: int

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape: dict[str, Any] = {"kind": self.kind, "right": self.right}
        shape["model"] = self.model.to_json()
        if self.balanced is not None:
            shape |= {"balanced": self.balanced.to_json(), "moved": self.moved}
        return shape


def excepted(found: Sequence[Read]) -> tuple[Excepted, ...]:
    """Return accuracy over all exceptions, then by kind and pronoun; `they` is counted apart."""
    told = [one for one in found if one.prompt.right in {"she", "he"}]
    cells: dict[tuple[str, str], list[Read]] = {("all", "she or he"): told}
    for one in found:
        cells.setdefault((one.prompt.kind, str(one.prompt.right)), []).append(one)
    return tuple(_excepted(kind, right, group) for (kind, right), group in cells.items())


def _excepted(kind: str, right: str, group: Sequence[Read]) -> Excepted:
    balanced = [one.balanced for one in group if one.balanced is not None]
    return Excepted(
        kind,
        right,
        _accuracy(group, [one.model for one in group]),
        _accuracy(group, balanced) if balanced and len(balanced) == len(group) else None,
        sum(one.moved for one in group),
    )


def _accuracy(group: Sequence[Read], said: Sequence[Chances]) -> Figure:
    right = sum(
        one.prompt.right is not None and chances.says(one.prompt.right)
        for one, chances in zip(group, said, strict=True)
    )
    return Figure.of(clopper_pearson(right, len(group), LEVEL), _COUNTED)


def error_of(accuracy: Figure) -> Figure:
    """Return one minus an accuracy."""
    value = math.nan if accuracy.value is None else 1 - accuracy.value
    missed = Interval(value, 1 - accuracy.high, 1 - accuracy.low, accuracy.n, LEVEL)
    return Figure.of(missed, accuracy.method)


def perplexity_cost(read: Sequence[tuple[float, float, int]]) -> Figure:
    """Return by which share balancing raises the perplexity of texts.

    Args:
        read: of each text its nats without and with balancing, and its tokens.
    """
    known = [row for row in read if row[2]]
    if not known:
        return Figure.of(Interval(math.nan, 0.0, 1.0, 0, LEVEL), _OVER_TEXTS)

    def cost(rows: Sequence[int]) -> float:
        plain, balanced, tokens = (sum(known[row][at] for row in rows) for at in range(3))
        return math.expm1((balanced - plain) / tokens)

    names = [str(at) for at in range(len(known))]
    return Figure.of(cluster_bootstrap(cost, names, level=LEVEL), _OVER_TEXTS)


def _rows(values: Floats) -> Floats:
    """Return the mean of each row, NaN left out."""
    known = np.isfinite(values)
    counts = known.sum(axis=1)
    totals = np.where(known, values, 0.0).sum(axis=1)
    means: Floats = np.where(counts > 0, totals / np.maximum(counts, 1), math.nan)
    return means


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
