"""The numbers of all records together, and a way back to their texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.curate.errors import ChangedError
from upright.curate.guarding import read_effects
from upright.curate.lines import name_of
from upright.curate.measuring import ARRAYS, BANDS, COLUMNS, MARKS
from upright.curate.shards import Shard
from upright.match import minhash
from upright.match.words import Hashes

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """A shard with what the first two steps made of it.

    Attributes:
        shard: its lines.
        guarded: folder of the first step's result.
        measured: folder of the second's.
        content: digest of both results.
    """

    shard: Shard
    guarded: Path
    measured: Path
    content: str


@dataclass(frozen=True, slots=True)
class Told:
    """One record, read again.

    Attributes:
        id: its own, or `file:line`.
        text: as it leaves the guard.
    """

    id: str
    text: str


class Corpus:
    """All records that passed guard and filters, numbered in the order of the inputs.

    Attributes:
        parts: the shards, in order.
        bounds: number of each part's first record, shape (parts + 1,).
        places: of each record in its shard, shape (n,).
        names: 64 bits of each id, shape (n,).
        owners: 64 bits of each owner, 0 for none, shape (n,).
        exact: 128 bits of each text, shape (n, 2).
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        rows, exact = [], []
        for part in parts:
            with np.load(part.measured / ARRAYS) as arrays:
                rows.append(arrays["rows"])
                exact.append(arrays["exact"])
        self.bounds: Places = np.concatenate(([0], np.cumsum([len(part) for part in rows])))
        table = np.concatenate([np.empty((0, COLUMNS), np.uint64), *rows])
        self.places = table[:, 0].astype(np.int64)
        self.exact = np.concatenate([np.empty((0, 2), np.uint64), *exact])
        self.names, self.owners = table[:, 4].copy(), table[:, 5].copy()
        self._spans = table[:, 1:3].astype(np.int64)
        self._lines = table[:, 3].astype(np.int64)
        self._effects: tuple[int, dict[int, dict[str, Any]]] = (-1, {})

    def __len__(self) -> int:
        return len(self.places)

    def bands(self) -> Hashes:
        """Return the bands of all records, shape (20, n)."""
        bands = np.empty((minhash.BANDS, len(self)), np.uint64)
        # Filled part by part: to join them all at the end would hold everything twice.
        for number, part in enumerate(self.parts):
            bands[:, self.bounds[number] : self.bounds[number + 1]] = np.load(part.measured / BANDS)
        return bands

    def marks(self, number: int) -> tuple[Hashes, Places]:
        """Return the marks of one part's records, in order, with the record of each."""
        with np.load(self.parts[number].measured / MARKS) as arrays:
            return arrays["found"], arrays["texts"].astype(np.int64) + self.bounds[number]

    def part_of(self, record: int) -> int:
        """Return in which part a record is."""
        return int(np.searchsorted(self.bounds, record, side="right")) - 1

    def by_part(self, records: Iterable[int]) -> dict[int, list[int]]:
        """Return records by their part, each list in order."""
        grouped: dict[int, list[int]] = {}
        for record in sorted(records):
            grouped.setdefault(self.part_of(record), []).append(record)
        return grouped

    def ids(self, records: Iterable[int]) -> dict[int, str]:
        """Return the ids of records."""
        return {record: told.id for record, told in self.read(records)}

    def read(self, records: Iterable[int]) -> Iterator[tuple[int, Told]]:
        """Yield records with id and text, in order.

        Raises:
            ChangedError: if a file is no longer what it was.
        """
        for number, group in self.by_part(records).items():
            yield from self._read(number, group)

    def _read(self, number: int, group: Sequence[int]) -> Iterator[tuple[int, Told]]:
        part = self.parts[number]
        effects = self._effects_of(number)
        with Path(part.shard.path).open("rb") as file:
            for record in group:
                start, end = self._spans[record].tolist()
                file.seek(part.shard.start + start)
                fields = _fields(file.read(end - start), part.shard.name)
                changed = effects.get(int(self.places[record]), {}).get("text")
                text = fields["text"] if changed is None else changed
                name = name_of(fields, part.shard.name, int(self._lines[record]))
                yield record, Told(name, text)

    def _effects_of(self, number: int) -> dict[int, dict[str, Any]]:
        if self._effects[0] != number:
            self._effects = (number, read_effects(self.parts[number].guarded))
        return self._effects[1]


def _fields(raw: bytes, name: str) -> Mapping[str, Any]:
    """Return a line that was a record before.

    Raises:
        ChangedError: if it is none any more.
    """
    try:
        fields: Mapping[str, Any] = json.loads(raw)
        if isinstance(fields["text"], str):
            return fields
    except (KeyError, TypeError, ValueError):
        pass
    raise ChangedError(name)
