"""How alike two programs are, against others written for the same exercise.

Two programs for one exercise say much the same: what the exercise asks for proves nothing. What it
asks for is learnt from the programs that are least like each other; the score counts the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from upright.match.align import Stretch, tiles
from upright.match.code.bags import Bag, Hashes, common, said, telling
from upright.match.code.familiar import familiar
from upright.match.code.runs import Prepared, shared_runs
from upright.match.code.tokens import CodeTokens

FEWEST = 8
"""Pairs of one exercise from which what it asks for can be learnt."""
_LEAST_LIKE = 0.25
_SHORTEST = 12
"""Tokens of a run that is shown."""
_SHARPNESS, _SHARPNESS_ALONE = 5, 30
"""Exponents under which a half is what at most one independent pair in twenty reaches, with an
exercise and without; fitted on the development cases of IR-Plag."""
_TELLING, _LONG, _LENGTH = 1.5, 60, 80
_SHORT, _ENOUGH = 15, 30
"""How much evidence a pair needs: parts that tell, or tokens."""
_FLOOR = 0.1
"""What is left without evidence, so that pairs can still be put in order."""
_UNFAMILIAR, _UNFAMILIAR_ALONE = (100, 200), (40, 80)
"""Unfamiliar stretches at which runs begin to prove a copy, and at which they do."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program as it is compared.

    Attributes:
        prepared: its tokens, for runs.
        bag: what it says, counted.
        telling: what independent programs would hardly both say.
        length: tokens that count.
    """

    prepared: Prepared
    bag: Bag
    telling: Hashes
    length: int

    @classmethod
    def of(cls, tokens: CodeTokens, text: str) -> Program:
        """Read the tokens of a text."""
        heard = said(tokens, text)
        found = telling(tokens, text, familiar())
        return cls(Prepared.of(tokens), Bag.of(heard), found, len(heard))


@dataclass(frozen=True, slots=True)
class Exercise:
    """How rare each part is among programs that were written without each other.

    Attributes:
        parts: sorted hashes, shape (n,).
        counts: in how many of those programs each stands, shape (n,).
        programs: how many there are; 0 where none is known, and all parts weigh the same.
    """

    parts: Hashes
    counts: NDArray[np.int64]
    programs: int

    @classmethod
    def of(cls, pairs: Sequence[tuple[Program, Program]]) -> Exercise:
        """Learn from the pairs that are least alike what an exercise asks for."""
        if len(pairs) < FEWEST:
            return cls(np.empty(0, np.uint64), np.empty(0, np.int64), 0)
        alone = cls(np.empty(0, np.uint64), np.empty(0, np.int64), 0)
        order = np.argsort([_alike(a, b, alone)[0] for a, b in pairs], kind="stable")
        kept = order[: max(4, int(len(pairs) * _LEAST_LIKE))]
        times = Counter(id(one) for pair in pairs for one in pair)
        # Of each pair the program that stands in fewer: the other is what all are compared with.
        bags = [min(reversed(pairs[at]), key=lambda one: times[id(one)]).bag for at in kept]
        parts, counts = np.unique(np.concatenate([bag.parts for bag in bags]), return_counts=True)
        return cls(parts, counts, len(bags))

    def weights(self, parts: Hashes) -> NDArray[np.float64]:
        """Return how much each part weighs, shape (n,): the more, the fewer programs have it."""
        if not self.programs:
            return np.ones(len(parts))
        at = np.minimum(np.searchsorted(self.parts, parts), len(self.parts) - 1)
        counts = np.where(self.parts[at] == parts, self.counts[at], 0)
        weights: NDArray[np.float64] = np.log((self.programs + 1) / (counts + 0.5))
        return weights


def score(a: Program, b: Program, exercise: Exercise) -> float:
    """Return how sure it is that one program comes from the other, 0 to 1.

    At 0.5 and above the two are more alike than programs written for the same exercise are.
    """
    dice, inside = _alike(a, b, exercise)
    alike, evidence = min(1.0, (dice + inside) / 2), _evidence(a, b)
    if exercise.programs:
        return float(max((alike * evidence) ** _SHARPNESS, _copied(a, b, _UNFAMILIAR)))
    return float(max(alike**_SHARPNESS_ALONE * evidence, _copied(a, b, _UNFAMILIAR_ALONE)))


def shown(a: Program, b: Program) -> list[Stretch]:
    """Return the runs of tokens that two programs share, apart, in order."""
    runs = shared_runs(a.prepared, b.prepared, shortest=_SHORTEST, least=0)
    found = [
        Stretch(
            run.a_start, run.a_start + run.length, run.b_start, run.b_start + run.length, run.length
        )
        for run in runs
    ]
    return tiles(found, shortest=_SHORTEST)


def _alike(a: Program, b: Program, exercise: Exercise) -> tuple[float, float]:
    """Return the weight of what both say, over that of both and over that of the lesser one."""
    weights = exercise.weights(a.bag.parts)
    mine, counts = common(a.bag, b.bag)
    both = float(counts @ weights[mine])
    one = float(a.bag.counts @ weights)
    other = float(b.bag.counts @ exercise.weights(b.bag.parts))
    if min(one, other) <= 0:
        return 0.0, 0.0
    return 2 * both / (one + other), both / min(one, other)


def _evidence(a: Program, b: Program) -> float:
    """Return how much two programs have to be alike in, 0 to 1."""
    told = np.intersect1d(a.telling, b.telling, assume_unique=True)
    length = min(a.length, b.length)
    enough = min(1.0, max(0.0, (length - _SHORT) / _ENOUGH))
    found = enough * (1 - exp(-len(told) / _TELLING - max(0, length - _LONG) / _LENGTH))
    return _FLOOR + (1 - _FLOOR) * found


def _copied(a: Program, b: Program, bounds: tuple[int, int]) -> float:
    """Return the share of the shorter program in long runs that unrelated code does not have."""
    runs = shared_runs(a.prepared, b.prepared)
    unfamiliar = sum(run.unfamiliar for run in runs)
    few, many = bounds
    sure = min(1.0, max(0.0, (unfamiliar - few) / (many - few)))
    covered = tiles(
        (
            Stretch(r.a_start, r.a_start + r.length, r.b_start, r.b_start + r.length, r.length)
            for r in runs
        ),
        shortest=_SHORTEST,
    )
    shorter = min(len(a.prepared.tokens), len(b.prepared.tokens))
    return sure * min(1.0, sum(one.same for one in covered) / shorter) if shorter else 0.0
