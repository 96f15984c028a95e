"""Where two sequences of hashes say the same, word for word and around small edits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from upright.match.words import grams

_SEED = 4
_GAP = 8
"""Words that may differ between two runs of one stretch."""
_LEAST = 8
"""Words that a stretch must have in common."""
_MOST_PLACES = 64
"""A seed that stands at more places is passed over; others lead to the same run."""

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A part of two sequences that is the same but for small edits.

    Attributes:
        a_start: index of its first element in the first sequence.
        a_end: behind its last.
        b_start: the same in the second.
        b_end: behind its last.
        same: elements that are equal.
    """

    a_start: int
    a_end: int
    b_start: int
    b_end: int
    same: int


def equal_runs(a: Hashes, b: Hashes, *, seed: int, shortest: int) -> list[Stretch]:
    """Return the longest runs of equal elements of at least `shortest`, which may overlap.

    Args:
        a: shape (n,).
        b: shape (m,).
        seed: neighbours that are looked up together.
        shortest: elements.
    """
    runs: list[Stretch] = []
    reached: dict[int, int] = {}
    for start, other in _seeds(a, b, min(seed, shortest)):
        diagonal = other - start
        if reached.get(diagonal, -1) >= start:
            continue
        length = _equal_length(a[start:], b[other:])
        reached[diagonal] = start + length
        if length >= shortest:
            runs.append(Stretch(start, start + length, other, other + length, length))
    return runs


def tiles(runs: Iterable[Stretch], *, shortest: int) -> list[Stretch]:
    """Return runs of which no element is in two, longest first taken (Wise, 1993), in order.

    A run is cut to what longer ones leave of it.
    """
    taken_a, taken_b = _Taken(), _Taken()
    kept = []
    for run in sorted(runs, key=lambda run: (-run.same, run.a_start, run.b_start)):
        start, end = taken_a.free(run.a_start, run.a_end)
        shift = run.b_start - run.a_start
        start, end = (at - shift for at in taken_b.free(start + shift, end + shift))
        if end - start >= shortest:
            kept.append(Stretch(start, end, start + shift, end + shift, end - start))
            taken_a.take(start, end)
            taken_b.take(start + shift, end + shift)
    return sorted(kept)


def stretches(a: Hashes, b: Hashes) -> list[Stretch]:
    """Return what two texts have in common, in the order of the first.

    Args:
        a: words of one text, shape (n,).
        b: words of the other, shape (m,).
    """
    shorter = min(len(a), len(b))
    if not shorter:
        return []
    seed = min(_SEED, shorter)
    runs = tiles(equal_runs(a, b, seed=seed, shortest=seed), shortest=seed)
    joined: list[Stretch] = []
    for run in runs:
        if joined and (both := _joined(a, b, joined[-1], run)) is not None:
            joined[-1] = both
        else:
            joined.append(run)
    least = min(_LEAST, max(seed, -(-shorter * 3 // 5)))
    return [one for one in joined if one.same >= least]


def share(found: Iterable[Stretch], a_length: int, b_length: int) -> float:
    """Return which share of the shorter sequence stands in the other, 0 to 1."""
    shorter = min(a_length, b_length)
    return min(1.0, sum(one.same for one in found) / shorter) if shorter else 0.0


def _joined(a: Hashes, b: Hashes, one: Stretch, next_: Stretch) -> Stretch | None:
    """Return both as one stretch, if only a few elements between them differ."""
    a_gap, b_gap = next_.a_start - one.a_end, next_.b_start - one.b_end
    if not (0 <= a_gap <= _GAP and 0 <= b_gap <= _GAP):
        return None
    between = SequenceMatcher(
        None,
        a[one.a_end : next_.a_start].tolist(),
        b[one.b_end : next_.b_start].tolist(),
        autojunk=False,
    )
    same = sum(block.size for block in between.get_matching_blocks())
    return Stretch(one.a_start, next_.a_end, one.b_start, next_.b_end, one.same + same + next_.same)


class _Taken:
    """Which elements of a sequence are in a tile."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, int]] = []

    def take(self, start: int, end: int) -> None:
        self._parts.append((start, end))

    def free(self, start: int, end: int) -> tuple[int, int]:
        """Return the longest part of a run that is in no tile."""
        inside = sorted(
            (max(start, low), min(end, high))
            for low, high in self._parts
            if low < end and start < high
        )
        best = (start, start)
        at = start
        for low, high in [*inside, (end, end)]:
            if low - at > best[1] - best[0]:
                best = (at, low)
            at = max(at, high)
        return best


def _seeds(a: Hashes, b: Hashes, k: int) -> list[tuple[int, int]]:
    """Return where k neighbours are the same in both, in the order of the first."""
    mine, theirs = grams(a, k), grams(b, k)
    order = np.argsort(theirs, kind="stable")
    ranked = theirs[order]
    low, high = (np.searchsorted(ranked, mine, side=side) for side in ("left", "right"))
    counts = np.where(high - low <= _MOST_PLACES, high - low, 0)
    starts = np.repeat(np.arange(len(mine)), counts)
    first = np.repeat(low - (np.cumsum(counts) - counts), counts)
    others = order[first + np.arange(len(starts))]
    return list(zip(starts.tolist(), others.tolist(), strict=True))


def _equal_length(a: Hashes, b: Hashes) -> int:
    size = min(len(a), len(b))
    different = np.flatnonzero(a[:size] != b[:size])
    return int(different[0]) if len(different) else size
