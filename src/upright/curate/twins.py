"""Which records are left out since another one says the same, and which one that is.

Records are taken in the order of the inputs. One is left out when enough of those kept before it
are like it, so each that goes has a kept twin whose likeness was computed and is recorded.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.curate.corpus import Corpus, Places
from upright.match import minhash
from upright.match.words import Hashes
from upright.policy import CurateSection

_NEIGHBOURS = 4
_MOST_NEIGHBOURS = 64
_REMEMBERED = 8192
_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Twin:
    """Why a record goes.

    Attributes:
        kept: the record that stays.
        likeness: share of 5-word runs they have in common; 1 for equal texts.
        exact: the texts are equal.
    """

    kept: int
    likeness: float
    exact: bool


def find_twins(corpus: Corpus, alive: NDArray[np.bool_], section: CurateSection) -> dict[int, Twin]:
    """Return the records to leave out, each with its kept twin."""
    equal = _equal(corpus, alive, section.copies)
    if not section.near_duplicates:
        return {record: Twin(kept, 1.0, exact=True) for record, kept in equal.items()}
    rest = alive.copy()
    rest[list(equal)] = False
    near = _Near(corpus, np.flatnonzero(rest), section).twins()
    twins = {record: Twin(kept, likeness, exact=False) for record, (kept, likeness) in near.items()}
    for record, kept in equal.items():
        twins[record] = twins.get(kept, Twin(kept, 1.0, exact=True))
    return twins


def _equal(corpus: Corpus, alive: NDArray[np.bool_], copies: int) -> dict[int, int]:
    """Return the records whose text stands `copies` times before, with the first of them."""
    records = np.flatnonzero(alive)
    exact = corpus.exact[records]
    order = np.lexsort((records, exact[:, 1], exact[:, 0]))
    records, exact = records[order], exact[order]
    begins = np.ones(len(records), np.bool_)
    begins[1:] = (exact[1:] != exact[:-1]).any(axis=1)
    firsts = np.flatnonzero(begins)
    group = np.cumsum(begins) - 1
    ranks = np.arange(len(records)) - firsts[group] if len(records) else records
    over = np.flatnonzero(ranks >= copies)
    return dict(zip(records[over].tolist(), records[firsts[group[over]]].tolist(), strict=True))


class _Near:
    """Near duplicates among some records.

    Args:
        corpus: of all.
        records: to look at, in order.
        section: `[curate]`.
    """

    def __init__(self, corpus: Corpus, records: Places, section: CurateSection) -> None:
        self._corpus = corpus
        self._records = records
        self._least = section.likeness
        self._copies = section.copies
        self._bands = corpus.bands()
        self._compared: set[tuple[int, int]] = set()
        self._like: dict[int, list[tuple[int, float]]] = {}
        self._sets: OrderedDict[int, Hashes] = OrderedDict()

    def twins(self) -> dict[int, tuple[int, float]]:
        """Return the records to leave out with their kept twin and its likeness.

        In a crowded band each record is compared with its neighbours and the first one. What is
        kept then is compared with more, until no two kept records that share a band are left
        uncompared (or 64 neighbours on both sides were).
        """
        neighbours = _NEIGHBOURS
        out: dict[int, tuple[int, float]] = {}
        while True:
            kept = np.ones(len(self._records), np.bool_)
            kept[np.searchsorted(self._records, sorted(out))] = False
            pairs, crowd = self._candidates(kept, neighbours)
            if self._compare(pairs):
                out = self._choose()
            elif crowd <= neighbours or neighbours >= _MOST_NEIGHBOURS:
                return out
            else:
                neighbours *= 2

    def _candidates(
        self, kept: NDArray[np.bool_], neighbours: int
    ) -> tuple[list[tuple[int, int]], int]:
        """Return pairs that share a band and were not compared, and the size of the largest."""
        which = self._records[kept]
        found, crowd = minhash.candidates((band[which] for band in self._bands), neighbours)
        records = which.tolist()
        pairs = {(records[one], records[two]) for one, two in found}
        return sorted(pairs - self._compared), crowd

    def _compare(self, pairs: list[tuple[int, int]]) -> bool:
        """Compute the likeness of pairs; say whether there were any."""
        for begin in range(0, len(pairs), _REMEMBERED // 4):
            chunk = pairs[begin : begin + _REMEMBERED // 4]
            self._load({record for pair in chunk for record in pair})
            for one, two in chunk:
                likeness = minhash.likeness(self._sets[one], self._sets[two])
                if likeness >= self._least:
                    self._like.setdefault(two, []).append((one, likeness))
        self._compared.update(pairs)
        return bool(pairs)

    def _load(self, records: set[int]) -> None:
        """Have the runs of these records at hand, and of not many more."""
        for record in records & self._sets.keys():
            self._sets.move_to_end(record)
        missing: list[tuple[int, str]] = []
        for record, told in self._corpus.read(records - self._sets.keys()):
            missing.append((record, told.text))
            if len(missing) == _AT_ONCE:
                self._learn(missing)
                missing = []
        self._learn(missing)
        while len(self._sets) > max(_REMEMBERED, len(records)):
            self._sets.popitem(last=False)

    def _learn(self, texts: list[tuple[int, str]]) -> None:
        found = minhash.run_sets([text for _, text in texts])
        self._sets.update(zip((record for record, _ in texts), found, strict=True))

    def _choose(self) -> dict[int, tuple[int, float]]:
        """Return which records go, taken in order, by all that is known so far."""
        out: dict[int, tuple[int, float]] = {}
        for record in sorted(self._like):
            kept = [(one, share) for one, share in self._like[record] if one not in out]
            if len(kept) >= self._copies:
                out[record] = max(kept, key=lambda item: (item[1], -item[0]))
        return out
