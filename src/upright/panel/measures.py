"""What a panel's answers come to: shares, position bias, what is kept and what is equal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from statistics import NormalDist
from typing import Any

import numpy as np

from upright.generate.choosing import Chances
from upright.measure import student
from upright.measure.bounds import Verdict
from upright.measure.equivalence import ALPHA
from upright.measure.intervals import Interval
from upright.measure.multiplicity import holm
from upright.measure.power import POWER
from upright.panel.asking import Cell
from upright.panel.association import (
    BERGSMA,
    Floats,
    Grouped,
    Ints,
    average,
    drawn,
    interval,
    mean_interval,
)
from upright.panel.personas import Persona
from upright.panel.study import Equal, Keep, Study

FEWEST = 10
"""People of a group below which nothing is said of it."""
HEARD = 0.5
"""V of the planted fact with the choices below which the model hardly goes by it."""
_ALIKE = 100
"""People of a group, all alike, below which nothing is said: a hundred alike miss three in a
hundred others one time in twenty."""

_NORMAL = NormalDist()
_ONE_SIDED = _NORMAL.inv_cdf(1 - ALPHA)
_OVER_PEOPLE = "mean over people, limits by Student's t"
_REDRAWN = "people drawn again 1,000 times, expanded percentiles"
_TESTS = (
    "largest difference of mean shares; two one-sided tests of each two groups, each limit holds "
    "at 95 %; that one is outside is corrected by Holm"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its limits.

    Attributes:
        name: what it is.
        interval: value, limits, and how many people.
        method: how they were made.
        verdict: of a bound, where one applies.
        n_needed: people of each group that would tell, about.
        why: what else is to be said of the verdict.
        more: further fields of its JSON.
    """

    name: str
    interval: Interval
    method: str
    verdict: Verdict | None = None
    n_needed: int | None = None
    why: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        found = self.interval
        shape: dict[str, Any] = {
            "name": self.name,
            "value": None if math.isnan(found.value) else found.value,
            "low": found.low,
            "high": found.high,
            "n": found.n,
            "method": self.method,
            **self.more,
        }
        for key in ("verdict", "n_needed", "why"):
            if getattr(self, key):
                shape[key] = getattr(self, key)
        return shape


class Answers:
    """The chances of each product, by person, phrasing and order.

    Args:
        study: what was asked.
        people: who was asked.
        asked: the questions.
        found: their answers.

    Attributes:
        shares: shape (people, phrasings, orders, products); NaN where nobody was asked, and in all
            orders of a phrasing where one of them was not answered: the average would not be
            balanced.
        mass: mean of what the options hold of all that the model could answer.
        unseen: questions in whose answer no option was seen.
    """

    def __init__(
        self,
        study: Study,
        people: Sequence[Persona],
        asked: Sequence[Cell],
        found: Sequence[Chances],
    ) -> None:
        self.study, self.people = study, people
        place = {person.number: at for at, person in enumerate(people)}
        listed = list(dict.fromkeys(cell.order for cell in asked))
        phrasings = 1 + max(cell.phrasing for cell in asked)
        self.shares: Floats = np.full(
            (len(people), phrasings, len(listed), len(study.product)), np.nan
        )
        for cell, chances in zip(asked, found, strict=True):
            at = place[cell.persona], cell.phrasing, listed.index(cell.order)
            self.shares[at] = chances.shares
        self.shares[np.isnan(self.shares).any(axis=(2, 3))] = np.nan
        self.orders = listed
        self.mass = math.fsum(chances.mass for chances in found) / len(found)
        self.unseen = sum(math.isnan(chances.shares[0]) for chances in found)

    def balanced(self) -> Floats:
        """Return each person's chances over all phrasings and orders, shape (people, products)."""
        return average(self.shares, (1, 2))

    def relative(self) -> Floats:
        """Return what each person likes better than the panel does, shape (people, products).

        From the logarithm of each chance the panel's mean for the same phrasing and order is
        taken off, which leaves out how well known a product's name is and where it stood; the
        product that is furthest above is chosen, wholly.
        """
        logs = np.log(np.maximum(self.shares, 1e-12))
        own = average(logs - average(logs, 0), (1, 2))
        best = np.isclose(own, own.max(axis=1, keepdims=True), rtol=0, atol=1e-12)
        choice: Floats = best / best.sum(axis=1, keepdims=True)
        return choice

    def codes(self, attribute: str) -> tuple[Ints, tuple[str, ...]]:
        """Return the group of each person in one attribute, and the groups' names."""
        values = self.study.attribute_of(attribute).values
        codes = [values.index(person.traits[attribute]) for person in self.people]
        return np.array(codes, dtype=np.int64), values


def shares(answers: Answers) -> list[Figure]:
    """Return the share of each product, over both orders and all phrasings."""
    balanced = answers.balanced()
    return [
        Figure(
            f"share.{product.name}",
            mean_interval(balanced[:, at]),
            _OVER_PEOPLE,
            more={"product": product.name},
        )
        for at, product in enumerate(answers.study.product)
    ]


def position_bias(answers: Answers) -> Figure:
    """Return how much likelier a product is chosen where it stands first than where last."""
    first = [answers.shares[:, :, at, order[0]] for at, order in enumerate(answers.orders)]
    last = [answers.shares[:, :, at, order[-1]] for at, order in enumerate(answers.orders)]
    gaps = average(np.stack(first) - np.stack(last), (0, 2))
    return Figure("panel.position_bias", mean_interval(gaps), _OVER_PEOPLE)


def sources_of_variance(answers: Answers) -> dict[str, float]:
    """Return which part of the variance of the chances comes from whom or what.

    Returns:
        Parts of `order`, `phrasing`, `person` and `rest`, which sum to 1 where anything varies.
        Main effects, products together.
    """
    cells = answers.shares - average(answers.shares, (0, 1, 2))
    total = float(average(cells**2, (0, 1, 2)).sum())
    if total < 1e-18:  # noqa: PLR2004 (nothing but rounding)
        return {"order": 0.0, "phrasing": 0.0, "person": 0.0, "rest": 0.0}
    order = average(cells, (0, 1))
    phrasing = average(cells, (0, 2))
    person = average(cells - phrasing[None, :, None, :], (1, 2))
    parts = {
        name: float(average(effect**2, 0).sum()) / total
        for name, effect in (("order", order), ("phrasing", phrasing), ("person", person))
    }
    return parts | {"rest": max(0.0, 1 - sum(parts.values()))}


def dominated(parts: dict[str, float]) -> bool:
    """Whether the place of a product decides more than all people together do."""
    return parts["order"] > max(parts["person"], 0.5)


def associations(answers: Answers) -> list[Figure]:
    """Return Cramér's V of each attribute and fact with the choices, in both readings.

    A fact that nobody has of those who were asked is left out.
    """
    weights = drawn(len(answers.people), seed=answers.study.seed)
    known: list[tuple[str, Ints, int]] = []
    for one in answers.study.attribute:
        codes, values = answers.codes(one.name)
        known.append((one.name, codes, len(values)))
    for at, affinity in enumerate(answers.study.affinity):
        facts = np.array([int(person.facts[at]) for person in answers.people], dtype=np.int64)
        # Where nobody has it, the guard may have held back whoever had: then it is not shown.
        if facts.any():
            known.append((affinity.fact, facts, 2))
    readings = {"expected": answers.balanced(), "relative": answers.relative()}
    return [
        Figure(
            f"association.{name}.{reading}",
            _redrawn(grouped, weights),
            f"{BERGSMA}; {_REDRAWN}",
            more={"attribute": name, "reading": reading},
        )
        for name, codes, size in known
        for reading, chosen in readings.items()
        for grouped in [Grouped(codes, size, chosen)]
    ]


def kept(answers: Answers) -> list[Figure]:
    """Return for each association to be kept how far the choices are from what was planted.

    The value is Cramér's V of the attribute with the relative choices, negative where the choices
    lean the other way, less V of the attribute with the planted fact.
    """
    weights = drawn(len(answers.people), seed=answers.study.seed)
    return [_kept(answers, wish, weights) for wish in answers.study.keep]


def _kept(answers: Answers, wish: Keep, weights: Floats) -> Figure:
    study = answers.study
    codes, values = answers.codes(wish.attribute)
    product = [one.name for one in study.product].index(wish.product)
    affinity = study.affinity_of(wish.attribute, wish.product)
    fact = study.affinity.index(affinity) if affinity is not None else 0
    has = np.array([float(person.facts[fact]) for person in answers.people])
    planted = Grouped(codes, len(values), np.stack([1 - has, has], axis=1))
    chosen = answers.relative()[:, product]
    choices = Grouped(codes, len(values), np.stack([1 - chosen, chosen], axis=1))
    own = _signed(choices, planted, weights)
    aim = _redrawn(planted, weights)
    distortion = interval(
        own.value - aim.value,
        choices.redrawn(weights, planted) - planted.redrawn(weights),
        choices.n,
        choices.fewest,
        1 - 2 * ALPHA,
    )
    facts = has.astype(np.int64)
    heard = _signed(Grouped(facts, 2, choices.shares), Grouped(facts, 2, planted.shares), weights)
    verdict, needed = _within(distortion, wish.margin)
    return Figure(
        f"panel.kept.{wish.attribute}.{wish.product}",
        distortion,
        f"V of choices less V of the planted fact; {_REDRAWN}, each limit holds at 95 %",
        verdict,
        needed,
        "" if verdict == "within" else _unheard(heard),
        more={
            "attribute": wish.attribute,
            "product": wish.product,
            "margin": wish.margin,
            "planted": _numbers(aim),
            "choices": _numbers(own),
            "heard": _numbers(heard),
            "held": own.low <= aim.value <= own.high,
            "recovered": 0.0 < own.low <= aim.value <= own.high,
        },
    )


def _unheard(heard: Interval) -> str:
    """Return why a planted association cannot come out; nothing where the fact is gone by."""
    if heard.high < 0.0:
        return "the model goes against the planted fact: who was told it chooses the other product"
    if heard.value < HEARD:
        return "the model hardly goes by the planted fact, so what was planted cannot come out"
    return ""


def _redrawn(grouped: Grouped, weights: Floats) -> Interval:
    return interval(grouped.strength(), grouped.redrawn(weights), grouped.n, grouped.fewest)


def _signed(grouped: Grouped, second: Grouped, weights: Floats) -> Interval:
    """Return V, negative where the last columns of the two lean different ways."""
    sign = float(grouped.leans(second, np.ones((1, grouped.n)))[0])
    values = grouped.redrawn(weights, second)
    return interval(sign * grouped.strength(), values, grouped.n, grouped.fewest)


def equal(answers: Answers) -> list[Figure]:
    """Return for each attribute that must not matter the largest difference between its groups."""
    return [_equal(answers, wish) for wish in answers.study.equal]


def _equal(answers: Answers, wish: Equal) -> Figure:
    codes, values = answers.codes(wish.attribute)
    balanced = answers.balanced()
    pairs = [
        (_difference(balanced[codes == a, product], balanced[codes == b, product]), a, b, product)
        for product in range(balanced.shape[1])
        for a, b in combinations(range(len(values)), 2)
        if (codes == a).any() and (codes == b).any()
    ]
    if not pairs:
        nothing = Interval(math.nan, -1.0, 1.0, len(answers.people), 1 - 2 * ALPHA)
        more = {"attribute": wish.attribute, "margin": wish.margin}
        why = "all who were asked are of one group"
        return Figure(
            f"panel.equal.{wish.attribute}", nothing, _TESTS, "cannot tell", None, why, more
        )
    worst, a, b, product = max(pairs, key=lambda pair: abs(pair[0].value))
    outside = holm([_outside_p(found, wish.margin) for found, *_ in pairs])
    judged = [_within(found, wish.margin) for found, *_ in pairs]
    verdict: Verdict = "cannot tell"
    if all(one == "within" for one, _ in judged):
        verdict = "within"
    elif min(outside) <= ALPHA:
        verdict = "outside"
    needed = max((n for _, n in judged if n), default=None) if verdict == "cannot tell" else None
    return Figure(
        f"panel.equal.{wish.attribute}",
        worst,
        _TESTS,
        verdict,
        needed,
        more={
            "attribute": wish.attribute,
            "margin": wish.margin,
            "product": answers.study.product[product].name,
            "groups": [values[a], values[b]],
        },
    )


def hollow(figures: Sequence[Figure], parts: dict[str, float]) -> list[Figure]:
    """Return figures whose `within` is taken back where the place decides and not the person."""
    if not dominated(parts):
        return list(figures)
    why = "the place of a product decides more than the person does"
    return [
        replace(one, verdict="cannot tell", why=why) if one.verdict == "within" else one
        for one in figures
    ]


def _difference(first: Floats, second: Floats) -> Interval:
    n = min(len(first), len(second))
    value = float(first.mean() - second.mean())
    if n < FEWEST:
        return Interval(value, -1.0, 1.0, n, 1 - 2 * ALPHA)
    error = math.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second))
    # Student's t of the smaller group: never narrower than Welch's.
    half = student.quantile(1 - 2 * ALPHA, n - 1) * error
    return Interval(value, value - half, value + half, n, 1 - 2 * ALPHA)


def _outside_p(found: Interval, margin: float) -> float:
    if found.n < FEWEST:
        return 1.0
    beyond = abs(found.value) - margin
    error = (found.high - found.low) / (2 * student.quantile(1 - 2 * ALPHA, found.n - 1))
    if beyond <= 0.0 or error == 0.0:
        return 0.0 if beyond > 0.0 else 1.0
    return 1.0 - student.within(beyond / error, found.n - 1)


def _within(found: Interval, margin: float) -> tuple[Verdict, int | None]:
    """Judge one interval, each of whose limits holds at one minus alpha."""
    if math.isnan(found.value):
        return "cannot tell", None
    if found.n < (_ALIKE if found.low == found.high else FEWEST):
        # Few people bound nothing, least of all where all happen to be alike.
        return "cannot tell", None
    if -margin < found.low and found.high < margin:
        return "within", None
    if found.low > margin or found.high < -margin:
        return "outside", None
    distance = abs(margin - abs(found.value))
    half = (found.high - found.low) / 2
    if distance == 0.0 or found.n < FEWEST:
        return "cannot tell", None
    # Limits narrow with the root of n; the rest is for the chance to be shown right.
    ratio = half / _ONE_SIDED * (_ONE_SIDED + _NORMAL.inv_cdf(POWER)) / distance
    needed = math.ceil(found.n * ratio * ratio)
    return "cannot tell", max(needed, found.n + 1)


def _numbers(found: Interval) -> dict[str, float | None]:
    value = None if math.isnan(found.value) else found.value
    return {"value": value, "low": found.low, "high": found.high}


def told(numbers: Mapping[str, Any], *, limits: bool = False, percent: bool = False) -> str:
    """Return a figure's JSON as it is read; "unknown" where it has no value."""
    form = ".1%" if percent else ".3f"
    value = "unknown" if numbers["value"] is None else f"{numbers['value']:{form}}"
    return f"{value} ({numbers['low']:{form}} to {numbers['high']:{form}})" if limits else value


def outcome(more: Mapping[str, Any]) -> str:
    """Return in words whether an association came out that was to be kept; of its figure's JSON.

    An interval that holds the planted V and none at all as well has recovered nothing.
    """
    if more["recovered"]:
        return "recovered"
    return "not told apart from none" if more["held"] else "not recovered"
