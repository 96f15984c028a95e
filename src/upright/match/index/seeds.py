"""Where the grams of a text stand in a segment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upright.match.index.segment import Segment
from upright.match.index.tokens import GRAMS, Offsets, Values


@dataclass(frozen=True, slots=True)
class Seeds:
    """Grams that stand both in a text and in a segment, in the order of the text.

    Attributes:
        at: the first token of each in the text, shape (n,).
        positions: its first token in the segment, shape (n,).
        documents: the work that it stands in there, shape (n,).
    """

    at: Offsets
    positions: Offsets
    documents: Offsets

    def __len__(self) -> int:
        return len(self.at)

    def of(self, chosen: Offsets) -> Seeds:
        """Return some of them."""
        return Seeds(self.at[chosen], self.positions[chosen], self.documents[chosen])


def seeds_in(segment: Segment, forms: Values, grams: Values) -> Seeds:
    """Return where the grams of a text stand in the works of a segment that are not taken out.

    Args:
        segment: of the text's kind.
        forms: the text's tokens in normal form, shape (n,).
        grams: the numbers of its grams, shape (n - k + 1,).
    """
    known = segment.arrays["grams"]
    if not len(known) or not len(grams):
        return _NONE
    first = np.searchsorted(known, grams)
    places = np.flatnonzero(known[np.minimum(first, len(known) - 1)] == grams)
    if not len(places):
        return _NONE
    first = first[places]
    counts = np.searchsorted(known, grams[places], side="right") - first
    ends = np.cumsum(counts)
    at = np.repeat(places, counts)
    rows = np.arange(ends[-1]) + np.repeat(first - ends + counts, counts)
    positions = segment.arrays["positions"][rows].astype(np.int64)
    # A gram's number is short: the tokens themselves decide.
    within = np.arange(GRAMS[segment.kind])
    there = segment.forms_at(positions[:, None] + within)
    same = (there == forms[at[:, None] + within]).all(axis=1)
    documents = segment.numbers_at(positions)
    chosen = np.flatnonzero(same & ~segment.gone[documents])
    return Seeds(at[chosen], positions[chosen], documents[chosen])


_EMPTY = np.empty(0, np.int64)
_NONE = Seeds(_EMPTY, _EMPTY, _EMPTY)
