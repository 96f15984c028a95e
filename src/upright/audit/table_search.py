"""Subgroups that fare otherwise than the rest: searched on one half, tested on the other.

Whoever looks at a thousand subgroups finds one that looks bad by chance. So one random half of the
rows only proposes, and the other, on which nobody has looked, decides, with a correction for the
few that were proposed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.measure.bounds import Verdict
from upright.measure.equivalence import Share, difference, equivalence_p, violation_p
from upright.measure.groups import MANY, MISSING, numbers_of
from upright.measure.intervals import Interval
from upright.measure.multiplicity import CORRECTIONS

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Terms = tuple[int, ...]

PROPOSED = 5
"""Subgroups that are tested. Each more makes every test stricter."""

_FEWEST = 30  # rows of a subgroup and of the rest, on the half that proposes
_EXTENDED = 12  # pairs of terms that are tried with a third


@dataclass(frozen=True, slots=True)
class Subgroup:
    """A subgroup that was proposed, and what the other half says of it.

    Attributes:
        words: who they are.
        interval: share in it minus share of the rest; each limit holds at one minus alpha; n is
            its own rows.
        p_value: of "the difference is the margin at most", corrected for all proposed.
        verdict: of the margin.
    """

    words: str
    interval: Interval
    p_value: float
    verdict: Verdict


def search(
    columns: Mapping[str, Sequence[str]],
    base: Bools,
    hit: Bools,
    *,
    margin: float,
    alpha: float = 0.05,
    correction: str = "holm",
    seed: int = 0,
) -> list[Subgroup]:
    """Propose and test subgroups of up to three conditions, the largest difference first.

    Args:
        columns: texts of the columns that conditions are about, n each.
        base: the rows that the rate is a share of, shape (n,).
        hit: those that count, shape (n,).
        margin: the smallest difference that matters.
        alpha: level of each claim.
        correction: `holm` or `bh`, over the subgroups that are tested.
        seed: of the halves.
    """
    words, held = _conditions(columns)
    rows = np.flatnonzero(base)
    half = np.random.default_rng(seed).permutation(len(rows)) % 2 == 0
    proposed = _propose(held[rows[half]], hit[rows[half]], margin)
    tested = held[rows[~half]], hit[rows[~half]]
    pairs = [_shares(*tested, terms) for terms in proposed]
    adjusted = CORRECTIONS[correction]([violation_p(*pair, margin) for pair in pairs])
    return [
        Subgroup(
            " and ".join(words[term] for term in terms),
            difference(*pair, 1 - 2 * alpha),
            p_value,
            _verdict(pair, p_value, margin, alpha),
        )
        for terms, pair, p_value in zip(proposed, pairs, adjusted, strict=True)
    ]


def _conditions(columns: Mapping[str, Sequence[str]]) -> tuple[list[str], Bools]:
    """Return conditions in words, and which rows meet each, shape (n, conditions)."""
    words: list[str] = []
    held: list[Bools] = []
    for name, column in columns.items():
        texts = np.array([str(value).strip() or MISSING for value in column])
        values, counts = np.unique(texts, return_counts=True)
        numbers = numbers_of(["" if text == MISSING else text for text in texts])
        if numbers is not None and len(values) > MANY:
            cuts = np.unique(np.nanquantile(numbers, np.linspace(0.1, 0.9, 9), method="lower"))
            for cut in cuts[cuts > np.nanmin(numbers)]:
                words += [f"{name} is at least {cut:g}", f"{name} is under {cut:g}"]
                held += [numbers >= cut, numbers < cut]
        else:
            for value in values[np.argsort(-counts)][:MANY]:
                words.append(f"{name} is {value}")
                held.append(texts == value)
    return words, np.column_stack(held)


def _propose(held: Bools, hit: Bools, margin: float) -> list[Terms]:
    """Return the conditions, alone or joined, whose rows seem to differ most from the rest."""
    scored: dict[Terms, tuple[float, tuple[int, int]]] = {}
    counts, hits = _joint(held, held, hit)
    for i, j in zip(*np.triu_indices(held.shape[1]), strict=True):
        terms: Terms = (int(i),) if i == j else (int(i), int(j))
        _score(scored, terms, (counts[i, j], hits[i, j]), (len(hit), hit.sum()), margin)
    best = sorted(scored, key=lambda terms: -scored[terms][0])[:_EXTENDED]
    for pair in (terms for terms in best if len(terms) > 1):
        inside: Bools = np.logical_and.reduce(held[:, pair], axis=1)
        counts, hits = _joint(inside[:, None], held, hit)
        for k in set(range(held.shape[1])) - set(pair):
            three: Terms = tuple(sorted((*pair, k)))
            _score(scored, three, (counts[0, k], hits[0, k]), (len(hit), hit.sum()), margin)
    chosen: dict[tuple[int, int], Terms] = {}
    # Of subgroups with the same rows the one with the fewest conditions speaks for all.
    for found in sorted(scored, key=lambda terms: (-scored[terms][0], len(terms))):
        if len(chosen) < PROPOSED:
            chosen.setdefault(scored[found][1], found)
    return list(chosen.values())


def _joint(first: Bools, second: Bools, hit: Bools) -> tuple[Floats, Floats]:
    left, right = first.astype(np.float64), second.astype(np.float64)
    return left.T @ right, (left * hit[:, None]).T @ right


def _score(
    scored: dict[Terms, tuple[float, tuple[int, int]]],
    terms: Terms,
    inside: tuple[float, float],
    whole: tuple[int, int],
    margin: float,
) -> None:
    """Add how many standard errors a subgroup lies beyond the margin."""
    n, found = inside
    rest, other = whole[0] - n, whole[1] - found
    if min(n, rest) < _FEWEST:
        return
    common = (whole[1] + 1) / (whole[0] + 2)
    error = (common * (1 - common) * (1 / n + 1 / rest)) ** 0.5
    beyond = (abs(found / n - other / rest) - margin) / error
    scored[terms] = (float(beyond), (int(min(n, rest)), int(found if n <= rest else other)))


def _shares(held: Bools, hit: Bools, terms: Terms) -> tuple[Share, Share]:
    inside = held[:, terms].all(axis=1)
    n, found = int(inside.sum()), int(hit[inside].sum())
    return Share(found, n), Share(int(hit.sum()) - found, len(hit) - n)


def _verdict(pair: tuple[Share, Share], p_value: float, margin: float, alpha: float) -> Verdict:
    if equivalence_p(*pair, margin) <= alpha:
        return "within"
    return "outside" if p_value <= alpha else "cannot tell"
