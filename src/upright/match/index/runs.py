"""Exact runs: tokens in a row that stand in a work in the same order.

Every run of `SHORTEST` tokens holds a seed, so all of them are found by looking at the tokens
around each seed, and nothing is found that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upright.match.index.seeds import Seeds
from upright.match.index.segment import Segment
from upright.match.index.tokens import GRAMS, Offsets, Values

_AT_ONCE = 1 << 14


@dataclass(frozen=True, slots=True)
class Pieces:
    """Runs of one and the same length, one for each place in the text and in a work.

    Attributes:
        at: the first token of each in the text, shape (n,).
        positions: its first token in the segment, shape (n,).
        documents: the work, shape (n,).
    """

    at: Offsets
    positions: Offsets
    documents: Offsets

    def __len__(self) -> int:
        return len(self.at)


def pieces_of(segment: Segment, forms: Values, seeds: Seeds, run: int) -> Pieces:
    """Return every run of `run` tokens that a text and the works of a segment share.

    Args:
        segment: where the seeds stand.
        forms: the text's tokens in normal form.
        seeds: of the text in that segment.
        run: at least `SHORTEST` of its kind.
    """
    rows: list[Offsets] = []
    for start in range(0, len(seeds), _AT_ONCE):
        part = seeds.of(np.arange(start, min(start + _AT_ONCE, len(seeds))))
        rows.append(_around(segment, forms, part, run))
    found = np.unique(np.concatenate(rows), axis=0) if rows else np.empty((0, 2), np.int64)
    return Pieces(found[:, 0], found[:, 1], segment.numbers_at(found[:, 1]))


def _around(segment: Segment, forms: Values, seeds: Seeds, run: int) -> Offsets:
    """Return the places in text and segment of the runs that hold one of the seeds."""
    steps = np.arange(GRAMS[segment.kind] - run, run)
    at = seeds.at[:, None] + steps
    positions = seeds.positions[:, None] + steps
    first = segment.bounds[seeds.documents][:, None]
    last = segment.bounds[seeds.documents + 1][:, None]
    inside = (at >= 0) & (at < len(forms)) & (positions >= first) & (positions < last)
    same = inside & (
        segment.forms_at(np.where(inside, positions, 0)) == forms[np.where(inside, at, 0)]
    )
    sums = np.concatenate([np.zeros((len(seeds), 1), np.int64), np.cumsum(same, axis=1)], axis=1)
    row, shift = np.nonzero(sums[:, run:] - sums[:, :-run] == run)
    return np.stack([at[row, shift], positions[row, shift]], axis=1)
