"""Runs of code that two texts share under one-to-one renaming.

In its normal form much unrelated code is alike. What tells a renamed copy is that names return at
the same distances: where one text says a name again, so does the other (Baker's parameterised
matches, 1993). A token whose name does not is an exception and costs; a stretch that is familiar
from unrelated code counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.match.align import equal_runs
from upright.match.code.familiar import GRAM, Familiar, distances, familiar, gram_hashes
from upright.match.code.tokens import CodeTokens

SHORTEST = 25
"""Tokens of the shortest run that counts."""
LEAST_UNFAMILIAR = 10
"""Different stretches of a run that unrelated code must not have."""
WHOLE = 0.9
"""A run over this share of the first text is a copy of it, however familiar its parts."""
_SEED = 12
_FAR = 64
"""Names that return later than this many tokens are taken for new ones: another function's."""
_EXCEPTION = 6.0
"""Tokens that must agree for each one whose name does not."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of tokens that two texts share.

    Attributes:
        a_start: index of its first token in the first text.
        b_start: the same in the second.
        length: tokens.
        unfamiliar: different k-grams of it that unrelated code does not have.
        exceptions: tokens in it whose names do not agree.
        renamed: whether names in it are spelt differently.
    """

    a_start: int
    b_start: int
    length: int
    unfamiliar: int
    exceptions: int
    renamed: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """Code with what its verification needs, made once for many comparisons.

    Attributes:
        tokens: the code.
        back: how many tokens ago each name stood last.
        grams: the hashes of its k-grams.
        unfamiliar: which of them unrelated code does not have.
        called: which tokens are names that much code calls.
    """

    tokens: CodeTokens
    back: NDArray[np.int64]
    grams: NDArray[np.uint64]
    unfamiliar: NDArray[np.bool_]
    called: NDArray[np.bool_]

    @classmethod
    def of(cls, tokens: CodeTokens, known: Familiar | None = None) -> Prepared:
        """Prepare code; `known` stands for the packaged set of familiar stretches."""
        known = known or familiar()
        hashes = gram_hashes(tokens)
        return cls(
            tokens, distances(tokens), hashes, ~known.known(hashes), known.called(tokens.names)
        )


def shared_runs(
    a: Prepared, b: Prepared, *, shortest: int = SHORTEST, least: int = LEAST_UNFAMILIAR
) -> list[Run]:
    """Return the runs that two texts share, longest first.

    Args:
        a: the first text: the protected one, where one of them is.
        b: the second.
        shortest: tokens of the shortest run.
        least: unfamiliar stretches of it, where it is not the whole of the first text.
    """
    found = [
        run
        for one in equal_runs(a.tokens.hashes, b.tokens.hashes, seed=_SEED, shortest=shortest)
        for run in verified(
            a, b, one.a_start, one.b_start, one.same, shortest=shortest, least=least
        )
    ]
    return sorted(found, key=lambda run: (-run.length, run.a_start, run.b_start))


def verified(
    a: Prepared,
    b: Prepared,
    a_start: int,
    b_start: int,
    length: int,
    *,
    shortest: int = SHORTEST,
    least: int = LEAST_UNFAMILIAR,
) -> list[Run]:
    """Return the parts of a run of equal hashes whose names agree one to one, in order.

    Args:
        a: the first text: the protected one, where one of them is.
        b: the second.
        a_start: index of the run's first token in the first text.
        b_start: the same in the second.
        length: tokens with equal hashes from there on.
        shortest: tokens of the shortest part.
        least: unfamiliar stretches of it, where it is not the whole of the first text.
    """
    agrees = _agreement(a, b, a_start, b_start, length)
    runs = []
    for start, end in _best_stretches(agrees, shortest):
        mine, other = a_start + start, b_start + start
        unfamiliar = _unfamiliar(a, b, mine, other, end - start)
        if unfamiliar < least and end - start < WHOLE * len(a.tokens):
            continue
        spelt = a.tokens.names[mine : a_start + end], b.tokens.names[other : b_start + end]
        exceptions = end - start - int(agrees[start:end].sum())
        renamed = bool(np.any(spelt[0] != spelt[1]))
        runs.append(Run(mine, other, end - start, unfamiliar, exceptions, renamed))
    return runs


def _unfamiliar(a: Prepared, b: Prepared, a_start: int, b_start: int, length: int) -> int:
    """Count the different k-grams of a run that say something.

    One in which both texts call different things that much code calls says nothing: `append` is
    not renamed to `join`.
    """
    count = length - GRAM + 1
    if count <= 0:
        return 0
    mine, other = slice(a_start, a_start + length), slice(b_start, b_start + length)
    odd = (a.tokens.names[mine] != b.tokens.names[other]) & a.called[mine] & b.called[other]
    sums = np.concatenate(([0], np.cumsum(odd)))
    speaks = (sums[GRAM:] == sums[:-GRAM]) & a.unfamiliar[a_start : a_start + count]
    return len(np.unique(a.grams[a_start : a_start + count][speaks]))


def _agreement(
    a: Prepared, b: Prepared, a_start: int, b_start: int, length: int
) -> NDArray[np.bool_]:
    """Return for each token of a run whether its name returns at the same distance."""
    near = np.minimum(np.arange(length), _FAR)
    mine, other = a.back[a_start : a_start + length], b.back[b_start : b_start + length]
    agrees: NDArray[np.bool_] = np.where(mine <= near, mine, 0) == np.where(other <= near, other, 0)
    return agrees


def _best_stretches(agrees: NDArray[np.bool_], shortest: int) -> list[tuple[int, int]]:
    """Return the stretches, apart and in order, where agreement most outweighs exceptions."""
    if agrees.all():
        return [(0, len(agrees))] if len(agrees) >= shortest else []
    stretches: list[tuple[int, int]] = []
    todo = [(0, len(agrees))]
    while todo:
        start, end = todo.pop()
        if end - start < shortest:
            continue
        sums = np.zeros(end - start + 1)
        np.cumsum(np.where(agrees[start:end], 1.0, -_EXCEPTION), out=sums[1:])
        gains = sums - np.minimum.accumulate(sums)
        last = int(gains.argmax())
        first = int(sums[: last + 1].argmin())
        if last - first >= shortest:
            stretches.append((start + first, start + last))
            todo += [(start, start + first), (start + last, end)]
    return sorted(stretches)
