"""Near duplicates among many texts: signatures, bands that put likely twins together, and proof.

Likeness is Jaccard's: the share of runs of five words that two texts have in common. A signature
holds the smallest hash of each of 120 parts of the hash space (one-permutation MinHash: Li, Owen
and Zhang, 2012), empty parts filled from others (optimal densification: Shrivastava, 2017). Texts
that agree in all six numbers of one of 20 bands are candidates; at likeness 0.8 that is missed
for 1 pair in 400. A candidate counts only once its likeness is computed on the words themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from upright.match import words as normal
from upright.match.words import Hashes

RUN = 5
"""Words in a run."""
BANDS = 20
ROWS = 6
VERSION = 1
"""Changes with anything that changes a signature or a likeness."""

_PARTS = BANDS * ROWS
_EMPTY = np.uint32(0xFFFFFFFF)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_PROBES = 64

Bounds = NDArray[np.int64]


def runs(hashes: Hashes, bounds: Bounds) -> tuple[Hashes, Bounds]:
    """Return the hashes of all runs of words of many texts, and where each text's begin.

    A text of fewer words than a run is one run of all its words; one without words has none.

    Args:
        hashes: of the words, one text behind the other, as `words.batch` gives them.
        bounds: where each text's words begin, shape (texts + 1,).
    """
    lengths = np.diff(bounds)
    found = normal.grams(hashes, RUN)
    counts = np.maximum(lengths - RUN + 1, 0)
    keep = np.zeros(len(found) + 1, np.int64)
    ends = bounds[:-1] + counts
    whole = counts > 0
    np.add.at(keep, bounds[:-1][whole], 1)
    np.add.at(keep, ends[whole], -1)
    inside = np.cumsum(keep[:-1]) > 0
    short = np.flatnonzero((lengths > 0) & ~whole)
    if not len(short):
        return found[inside], np.concatenate(([0], np.cumsum(counts)))
    counts[short] = 1
    starts = np.concatenate(([0], np.cumsum(counts)))
    merged = np.empty(starts[-1], np.uint64)
    is_short = np.zeros(starts[-1], np.bool_)
    is_short[starts[short]] = True
    merged[~is_short] = found[inside]
    for text in short:
        own = hashes[bounds[text] : bounds[text + 1]]
        merged[starts[text]] = normal.grams(own, len(own))[0]
    return merged, starts


def signatures(found: Hashes, starts: Bounds) -> NDArray[np.uint32]:
    """Return the signature of each text, shape (texts, 120); of one without runs all ones.

    Args:
        found: the runs of all texts.
        starts: where each text's runs begin.
    """
    count = len(starts) - 1
    flat = np.full(count * _PARTS, _EMPTY, np.uint32)
    rows = np.repeat(np.arange(count, dtype=np.uint64) * np.uint64(_PARTS), np.diff(starts))
    parts = ((found >> _HALF) * np.uint64(_PARTS)) >> _HALF
    np.minimum.at(flat, (rows + parts).astype(np.int64), (found & _LOW).astype(np.uint32))
    made = flat.reshape(count, _PARTS)
    return _filled(made)


def _filled(made: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Fill each empty part from a full one that its own fixed sequence of draws meets first."""
    empty = (made == _EMPTY) & (made != _EMPTY).any(axis=1, keepdims=True)
    if not empty.any():
        return made
    filled = made.copy()
    rows, parts = np.nonzero(empty)
    for probe in range(_PROBES):
        donors = made[rows, _draws()[probe, parts]]
        good = donors != _EMPTY
        filled[rows[good], parts[good]] = donors[good]
        rows, parts = rows[~good], parts[~good]
        if not len(rows):
            return filled
    # So few runs that no draw met one: the smallest stands in, the same for the same runs.
    filled[rows, parts] = made[rows].min(axis=1)
    return filled


@cache
def _draws() -> NDArray[np.int64]:
    """Return for each probe and part the part it looks at; fixed, the same everywhere."""
    numbers = normal.grams(np.arange(1, _PROBES * _PARTS + 1, dtype=np.uint64), 1)
    return (numbers % np.uint64(_PARTS)).astype(np.int64).reshape(_PROBES, _PARTS)


def bands(made: NDArray[np.uint32]) -> Hashes:
    """Return the hash of each band of each signature, shape (20, texts)."""
    folded = np.zeros((len(made), BANDS), np.uint64)
    blocks = made.reshape(len(made), BANDS, ROWS).astype(np.uint64)
    for row in range(ROWS):
        folded = (folded ^ blocks[:, :, row]) * np.uint64(0x9E3779B97F4A7C15)
        folded ^= folded >> np.uint64(29)
    return np.ascontiguousarray(folded.T)


def candidates(banded: Iterable[Hashes], neighbours: int) -> tuple[set[tuple[int, int]], int]:
    """Return pairs of texts that agree in a band, and in how many texts one value stands at most.

    In a crowded band each text is paired with its neighbours and with the first one only.

    Args:
        banded: for each of the 20 bands, those of the texts, shape (texts,).
        neighbours: how many of those that follow it a text is paired with in each band.
    """
    found: set[tuple[int, int]] = set()
    crowd = 0
    for band in banded:
        order = np.argsort(band, kind="stable")
        values = band[order]
        begins = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
        sizes = np.diff(np.append(begins, len(values)))
        crowd = max(crowd, int(sizes.max(initial=0)))
        for step in range(1, min(neighbours, crowd - 1) + 1):
            at = np.flatnonzero(values[step:] == values[:-step])
            found.update(zip(order[at].tolist(), order[at + step].tolist(), strict=True))
        large = np.flatnonzero(sizes > neighbours + 1)
        for begin, size in zip(begins[large].tolist(), sizes[large].tolist(), strict=True):
            others = order[begin + neighbours + 1 : begin + size].tolist()
            found.update((int(order[begin]), other) for other in others)
    return found, crowd


def likeness(one: Hashes, two: Hashes) -> float:
    """Return Jaccard's likeness of two sets of runs, given as sorted arrays without repeats."""
    if not len(one) or not len(two):
        return 0.0
    both = np.concatenate((one, two))
    both.sort()
    shared = int(np.count_nonzero(both[1:] == both[:-1]))
    return shared / (len(both) - shared)


def run_sets(texts: Sequence[str]) -> Iterator[Hashes]:
    """Yield the set of runs of each text, as a sorted array without repeats."""
    found, starts = runs(*normal.batch(texts))
    for at in range(len(texts)):
        yield np.unique(found[starts[at] : starts[at + 1]])
