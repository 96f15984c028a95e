"""Cut what stands too often: no passage of n words in more than N places.

Marks (see `passages`) are sorted outside memory, shard by shard, to find those that stand too
often; only records with such a mark are read again, and of them all passages around it are
counted. The first N places of a passage stay, the later ones are cut out of their records. What
is then joined may be a passage of its own, so records that were cut are counted again, until
nothing is left to cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.curate.corpus import Corpus, Places
from upright.curate.curation import Curation
from upright.curate.errors import ChangedError
from upright.curate.recounting import RESULT, content_of, recount_work
from upright.jobs import Task
from upright.match.words import Hashes
from upright.terms import digest

_ROWS = 6_000_000
"""Hashes that are sorted in memory at once."""

Cuts = dict[int, list[tuple[int, int]]]
"""By record: first word and one past the last of each cut, in the words of the whole text."""


def find_excess(curation: Curation, corpus: Corpus, alive: NDArray[np.bool_]) -> Cuts:
    """Return what to cut, by record.

    Raises:
        ChangedError: if a shard cannot be read any more.
    """
    return _Search(curation, corpus, alive).run()


@dataclass(slots=True)
class _Search:
    """The search for passages that stand too often."""

    curation: Curation
    corpus: Corpus
    alive: NDArray[np.bool_]
    cuts: Cuts = field(default_factory=dict)

    def run(self) -> Cuts:
        fresh: set[int] = set()
        joined: list[tuple[Hashes, Places, NDArray[np.bool_]]] = []
        while True:
            often = self._often(joined, only_joined=bool(fresh))
            if not len(often):
                return self.cuts
            excess = self._excess(often)
            if not excess:
                return self.cuts
            for record, spans in excess.items():
                self.cuts[record] = merged(self.cuts.get(record, []), spans)
            fresh = set(self.cuts)
            joined = list(self._recount(sorted(fresh), None))

    @property
    def _words(self) -> int:
        section = self.curation.policy.curate.exposure
        return section.words if section else 0

    @property
    def _times(self) -> int:
        section = self.curation.policy.curate.exposure
        return section.times if section else 0

    def _often(
        self, joined: Sequence[tuple[Hashes, Places, NDArray[np.bool_]]], *, only_joined: bool
    ) -> Hashes:
        """Return the marks that stand too often; after a cut only those around what it joined."""
        found = [np.empty(0, np.uint64)]
        for low, high in self._ranges():
            marks = np.concatenate(
                [np.empty(0, np.uint64), *self._marks(low, high)]
                + [_between(part, low, high) for part, _, _ in joined]
            )
            marks.sort()
            # What stands more than N times is equal to what stands N places on.
            later = marks[self._times :]
            found.append(np.unique(later[later == marks[: len(later)]]))
        often = np.concatenate(found)
        if not only_joined:
            return often
        near = [part[around] for part, _, around in joined]
        return np.intersect1d(often, np.concatenate([np.empty(0, np.uint64), *near]))

    def _ranges(self) -> Iterator[tuple[int, int]]:
        """Yield ranges of hashes of which each fits into memory."""
        rows = sum(len(self.corpus.marks(number)[0]) for number in range(len(self.corpus.parts)))
        yield from ranges(rows)

    def _marks(self, low: int, high: int) -> Iterator[Hashes]:
        """Yield the marks of the records that live and are not cut."""
        counted = self.alive.copy()
        counted[list(self.cuts)] = False
        for number in range(len(self.corpus.parts)):
            marks, records = self.corpus.marks(number)
            first, last = _slice(marks, low, high)
            yield marks[first:last][counted[records[first:last]]]

    def _holders(self, often: Hashes) -> set[int]:
        """Return the living records that have one of these marks, and all that were cut."""
        found = set(self.cuts)
        for number in range(len(self.corpus.parts)):
            marks, records = self.corpus.marks(number)
            held = records[_among(marks, often)]
            found.update(np.unique(held[self.alive[held]]).tolist())
        return found

    def _excess(self, often: Hashes) -> dict[int, list[tuple[int, int]]]:
        """Return what to cut of passages that stand in enough places before, by record.

        Words are counted as if what was cut before had never been there. Those that a place
        shares with the last one that stays, in the same record, stay with it.
        """
        parts = list(self._recount(sorted(self._holders(often)), often))
        excess: dict[int, list[tuple[int, int]]] = {}
        for low, high in ranges(sum(len(found) for found, _, _ in parts)):
            parted = [_rows(part, low, high) for part in parts]
            found = np.concatenate([np.empty(0, np.uint64), *(row[0] for row in parted)])
            records = np.concatenate([np.empty(0, np.int64), *(row[1] for row in parted)])
            begins = np.concatenate([np.empty(0, np.int64), *(row[2] for row in parted)])
            order = np.lexsort((begins, records, found))
            found, records, begins = found[order], records[order], begins[order]
            ranks = _ranks(found)
            over = np.flatnonzero(ranks >= self._times)
            stays = over - ranks[over] + self._times - 1
            ends = begins + self._words
            firsts = np.maximum(
                begins[over], np.where(records[stays] == records[over], ends[stays], 0)
            )
            rows = zip(records[over].tolist(), firsts.tolist(), ends[over].tolist(), strict=True)
            for record, first, end in rows:
                excess.setdefault(record, []).append((first, end))
        return excess

    def _recount(
        self, records: Iterable[int], often: Hashes | None
    ) -> Iterator[tuple[Hashes, Places, Any]]:
        """Yield hashes, records and places (or which are around a cut), a shard at a time."""
        work = recount_work(self._words)
        numbers, tasks = [], []
        named = self._save(often)
        for number, group in self.corpus.by_part(records).items():
            numbers.append(number)
            payload = self._payload(number, group, named)
            tasks.append(Task(work.key(content_of(payload, self.corpus.parts[number])), payload))
        for number, outcome in zip(numbers, self.curation.do(work, tasks), strict=True):
            if outcome.error:
                raise ChangedError(self.corpus.parts[number].shard.name)
            folder = self.curation.store.place(work.name, outcome.task.key)
            with np.load(folder / RESULT) as arrays:
                yield arrays["found"], arrays["texts"] + self.corpus.bounds[number], arrays["at"]

    def _payload(self, number: int, group: Sequence[int], named: str) -> dict[str, Any]:
        part = self.corpus.parts[number]
        first = int(self.corpus.bounds[number])
        return {
            "shard": part.shard.payload(),
            "effects": str(part.guarded),
            "places": {str(int(self.corpus.places[record])): record - first for record in group},
            "cuts": {
                str(record - first): self.cuts[record] for record in group if record in self.cuts
            },
            "often": named,
        }

    def _save(self, often: Hashes | None) -> str:
        """Write marks where workers find them; return the file, "" for none."""
        if often is None:
            return ""
        folder = self.curation.store.folder / "often"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{digest(often.tobytes()).removeprefix('sha256:')[:32]}.npy"
        np.save(file, often)
        return str(file)


def merged(
    older: Sequence[tuple[int, int]], newer: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return cuts in the words of the whole text.

    Args:
        older: what was cut before, in order and apart.
        newer: further cuts, counted without what was cut before.
    """
    if not newer:
        return list(older)
    starts, ends = np.array(newer, np.int64).T
    count = int(ends.max())
    size = count + sum(last - first for first, last in older)
    gone = np.zeros(max(size, older[-1][1] if older else 0), np.bool_)
    for first, last in older:
        gone[first:last] = True
    opened, closed = np.bincount(starts, minlength=count), np.bincount(ends)
    wanted = np.cumsum(opened - closed[:count]) > 0
    gone[np.flatnonzero(~gone)[:count][wanted]] = True
    edges = np.flatnonzero(np.diff(gone, prepend=False, append=False)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def ranges(rows: int, most: int = _ROWS) -> Iterator[tuple[int, int]]:
    """Yield ranges of 64-bit numbers that hold about `most` of `rows` evenly spread ones."""
    count = rows // most + 1
    edges = [(number << 64) // count for number in range(count)]
    yield from zip(edges, [*edges[1:], 1 << 64], strict=True)


def _slice(values: Hashes, low: int, high: int) -> tuple[int, int]:
    """Return which of sorted numbers lie in a range."""
    first = int(np.searchsorted(values, np.uint64(low)))
    last = len(values) if high >> 64 else int(np.searchsorted(values, np.uint64(high)))
    return first, last


def _between(values: Hashes, low: int, high: int) -> Hashes:
    first, last = _slice(values, low, high)
    return values[first:last]


def _rows(
    part: tuple[Hashes, Places, Places], low: int, high: int
) -> tuple[Hashes, Places, Places]:
    first, last = _slice(part[0], low, high)
    return part[0][first:last], part[1][first:last], part[2][first:last]


def _among(values: Hashes, wanted: Hashes) -> NDArray[np.bool_]:
    places = np.minimum(np.searchsorted(wanted, values), len(wanted) - 1)
    among: NDArray[np.bool_] = wanted[places] == values
    return among


def _ranks(values: Hashes) -> Places:
    """Return for each of sorted numbers how many equal ones stand before it."""
    if not len(values):
        return np.empty(0, np.int64)
    begins = np.concatenate(([True], values[1:] != values[:-1]))
    firsts = np.flatnonzero(begins)
    ranks: Places = np.arange(len(values)) - firsts[np.cumsum(begins) - 1]
    return ranks
