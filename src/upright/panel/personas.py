"""Invented people, drawn so that what is declared about them is met, not only on average."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from upright.panel.study import Study

_Tables = dict[str | None, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Persona:
    """An invented person.

    Attributes:
        number: from 0.
        traits: value of each attribute.
        facts: which affinities the person has, in the order of the study.
        text: how the person is described to the model.
    """

    number: int
    traits: Mapping[str, str]
    facts: tuple[bool, ...]
    text: str


def personas(study: Study) -> list[Persona]:
    """Draw the people of a study: same study, same people.

    Systematic sampling: people are put in order of what is known of them already, equals at
    random, and the values of the next attribute are spread evenly over that order. So each
    declared share is met up to rounding (in each group of a conditional table), and attributes
    that are declared independently are balanced against each other as far as whole people go.

    Source: Madow and Madow 1944, on systematic sampling from an ordered list.
    """
    numbers = random.Random(study.seed)  # noqa: S311 (no secret)
    traits: list[dict[str, str]] = [{} for _ in range(study.personas)]
    known: list[tuple[str | bool, ...]] = [() for _ in range(study.personas)]
    for one in study.attribute:
        tables: _Tables = dict(one.tables.items())
        if one.given is None:
            tables = {None: one.shares}
        groups = [None if one.given is None else person[one.given] for person in traits]
        for at, value in _assigned(known, groups, tables, numbers).items():
            traits[at][one.name] = value
            known[at] = (*known[at], value)
    for affinity in study.affinity:
        halves: _Tables = {value: _halves(chance) for value, chance in affinity.chances.items()}
        if affinity.by is None:
            halves = {None: _halves(affinity.chance or 0.0)}
        groups = [None if affinity.by is None else person[affinity.by] for person in traits]
        for at, value in _assigned(known, groups, halves, numbers).items():
            known[at] = (*known[at], value == "yes")
    count = len(study.attribute)
    return [
        Persona(at, person, facts, _described(study, person, facts))
        for at, person in enumerate(traits)
        for facts in [tuple(bool(fact) for fact in known[at][count:])]
    ]


def _halves(chance: float) -> dict[str, float]:
    return {"yes": chance, "no": 1 - chance}


def _assigned(
    known: Sequence[tuple[str | bool, ...]],
    groups: Sequence[str | None],
    tables: _Tables,
    numbers: random.Random,
) -> dict[int, str]:
    """Return a value for each person, by the table of the person's group."""
    found: dict[int, str] = {}
    for group, shares in tables.items():
        people = [at for at, own in enumerate(groups) if own == group]
        order = sorted(people, key=lambda at: (known[at], numbers.random()))
        found.update(zip(order, spread(shares, len(order), numbers), strict=True))
    return found


def spread(shares: Mapping[str, float], n: int, numbers: random.Random) -> list[str]:
    """Return n values in their shares, each as evenly over the list as whole numbers allow.

    The counts are rounded by largest remainders, equal ones at random.
    """
    counts = rounded(shares, n, numbers)
    given = dict.fromkeys(counts, 0)
    values = []
    for at in range(n):
        behind = {
            value: (count * (at + 1) / n - given[value], numbers.random())
            for value, count in counts.items()
            if given[value] < count
        }
        value = max(behind, key=behind.__getitem__)
        given[value] += 1
        values.append(value)
    return values


def rounded(shares: Mapping[str, float], n: int, numbers: random.Random) -> dict[str, int]:
    """Return whole numbers that sum to n, each less than one from its share of n."""
    total = sum(shares.values())
    exact = {value: share / total * n for value, share in shares.items()}
    counts = {value: int(amount) for value, amount in exact.items()}
    order = sorted(exact, key=lambda value: (counts[value] - exact[value], numbers.random()))
    for value in order[: n - sum(counts.values())]:
        counts[value] += 1
    return counts


def _described(study: Study, traits: Mapping[str, str], facts: Sequence[bool]) -> str:
    told = (
        "; ".join(f"{name}: {value}" for name, value in traits.items())
        if study.persona is None
        else study.persona.format(**traits)
    )
    known = [
        one.fact if has else one.otherwise
        for one, has in zip(study.affinity, facts, strict=True)
        if has or one.otherwise
    ]
    return "; ".join([told, *known])
