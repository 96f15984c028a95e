"""Stretches of code that stand in much unrelated code, and so prove no copy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from upright.match.code.tokens import NAME, CodeTokens, sign_hash

_T = TypeVar("_T", np.uint32, np.int32)
GRAM = 10
"""Tokens of a stretch that is looked up."""
_TABLE, _CALLS = "familiar.bin", "familiar_calls.bin"
_SHIFT = np.uint64(32)
_MULTIPLIER, _STEP, _MIX = (
    np.uint64(number) for number in (0xD6E8FEB86659FD93, 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)
)


@dataclass(frozen=True, slots=True)
class Familiar:
    """What much code has.

    Attributes:
        hashes: the upper halves of the hashes of stretches, sorted, shape (n,). A stretch that is
            not among them is taken for one once in 2^32 / n times.
        calls: the numbers of names that much code calls, such as `append`, sorted.
    """

    hashes: NDArray[np.uint32]
    calls: NDArray[np.int32]

    def known(self, grams: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Return for each gram whether it is familiar, shape (n,)."""
        if not len(self.hashes):
            return np.zeros(len(grams), np.bool_)
        wanted = (grams >> _SHIFT).astype(np.uint32)
        at = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        found: NDArray[np.bool_] = self.hashes[at] == wanted
        return found

    def called(self, names: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Return for each name whether much code calls something of that name, shape (n,)."""
        if not len(self.calls):
            return np.zeros(len(names), np.bool_)
        at = np.minimum(np.searchsorted(self.calls, names), len(self.calls) - 1)
        found: NDArray[np.bool_] = self.calls[at] == names
        return found

    @classmethod
    def of(
        cls, projects: Iterable[Iterable[CodeTokens]], *, least: int, least_calls: int
    ) -> Familiar:
        """Return what stands in at least so many projects, however often in each."""
        stretches, calls = [], []
        for each in projects:
            files_ = list(each)
            grams = np.concatenate([gram_hashes(one) for one in files_])
            stretches.append(np.unique((grams >> _SHIFT).astype(np.uint32)))
            calls.append(np.unique(np.concatenate([_calls(one) for one in files_])))
        return cls(_often(stretches, least), _often(calls, least_calls))


def _often(parts: list[NDArray[_T]], least: int) -> NDArray[_T]:
    found, counts = np.unique(np.concatenate(parts), return_counts=True)
    return found[counts >= least]


def _calls(tokens: CodeTokens) -> NDArray[np.int32]:
    """Return the names that a bracket follows."""
    opens = tokens.hashes[1:] == np.uint64(sign_hash("("))
    called: NDArray[np.int32] = tokens.names[:-1][opens & (tokens.hashes[:-1] == np.uint64(NAME))]
    return called


@cache
def familiar() -> Familiar:
    """Return the packaged set, made by `scripts/familiar_code.py`."""
    folder = files("upright.match.code")
    return Familiar(
        np.frombuffer(folder.joinpath(_TABLE).read_bytes(), "<u4"),
        np.frombuffer(folder.joinpath(_CALLS).read_bytes(), "<i4"),
    )


def distances(tokens: CodeTokens) -> NDArray[np.int64]:
    """Return how many tokens ago each name stood last, shape (n,); 0 for new names and others."""
    back = np.zeros(len(tokens), np.int64)
    places = np.flatnonzero(tokens.hashes == np.uint64(NAME))
    order = places[np.argsort(tokens.names[places], kind="stable")]
    same = tokens.names[order[1:]] == tokens.names[order[:-1]]
    back[order[1:][same]] = (order[1:] - order[:-1])[same]
    return back


def gram_hashes(tokens: CodeTokens, k: int = GRAM) -> NDArray[np.uint64]:
    """Return the hash of every k neighbours and of where names return among them.

    Returns:
        Shape (max(0, n - k + 1),).
    """
    count = len(tokens) - k + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    back = distances(tokens).astype(np.uint64)
    total = np.zeros(count, np.uint64)
    for at in range(k):
        part = back[at : at + count]
        inside = np.where(part <= np.uint64(at), part, np.uint64(0))
        token = (tokens.hashes[at : at + count] ^ (inside * _STEP)) * _MIX
        total = total * _MULTIPLIER + (token ^ (token >> _SHIFT))
    total = (total ^ (total >> np.uint64(30))) * _MIX
    return total ^ (total >> np.uint64(27))
