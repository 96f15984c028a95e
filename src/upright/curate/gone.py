"""The records that somebody had taken out: where they are, and that no work folder keeps a text."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from upright.curate.corpus import Corpus, Part
from upright.curate.curation import Curation
from upright.curate.guarding import EFFECTS, REJECTS, read_effects
from upright.curate.intake import received_file
from upright.curate.lines import name_of, parse, written
from upright.curate.measuring import name_hash, owner_of, read_drops
from upright.curate.removal import Removed
from upright.curate.shards import Shard, without_mark

Places = dict[int, dict[int, int]]
"""By the number of a part, and in it by the place of a record, for which name it goes."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The records of a corpus that were taken out.

    Attributes:
        corpus: all records that guard and filters let through.
        removed: what was taken out.
        field: names the owner of a record.
        records: of those that guard and filters let through, 64 bits of the name.
        others: those that guard or filters changed or left out; of the changed ones some are
            among `records` too.
    """

    corpus: Corpus
    removed: Removed
    field: str
    records: Mapping[int, int]
    others: Places

    @classmethod
    def of(cls, corpus: Corpus, removed: Removed, field: str) -> Gone:
        """Look for what was taken out."""
        if not removed:
            return cls(corpus, removed, field, {}, {})
        records: dict[int, int] = {}
        for column, names in ((corpus.names, removed.records), (corpus.owners, removed.owners)):
            found = np.flatnonzero(np.isin(column, np.array(sorted(names), np.uint64)))
            records |= {int(record): int(column[record]) for record in found}
        others = {
            number: dict(_touched(part, removed, field)) for number, part in enumerate(corpus.parts)
        }
        return cls(corpus, removed, field, records, {n: them for n, them in others.items() if them})

    def passed(self) -> dict[int, dict[str, Any]]:
        """Return what the ledger says of those that guard and filters let through."""
        return {record: self._entry(bits) for record, bits in self.records.items()}

    def added_to(
        self, decisions: dict[int, dict[str, dict[str, Any]]]
    ) -> dict[int, dict[str, dict[str, Any]]]:
        """Return decisions with those of the records that guard or filters left out.

        Nothing is told of what was found in them, and none of them waits for a person.
        """
        for number, found in self.others.items():
            for place, bits in found.items():
                decisions.setdefault(number, {})[str(place)] = self._entry(bits)
        return decisions

    def counts(self) -> dict[int, int]:
        """Return how many records go for each name."""
        return dict(Counter(bits for found in self._places().values() for bits in found.values()))

    def wipe(self, curation: Curation) -> None:
        """Take their texts out of the work folder.

        What the guard made of them, and what came on standard input, is blanked in its place.
        Files that were made of packed ones go: the next run makes them again.
        """
        received = received_file(curation)
        for number, found in self._places().items():
            part = self.corpus.parts[number]
            _wipe_effects(part.guarded / EFFECTS, found)
            if part.shard.origins:
                shutil.rmtree(Path(part.shard.path).parent, ignore_errors=True)
            elif Path(part.shard.path) == received:
                _wipe_lines(received, part.shard, self.removed, self.field)

    def _entry(self, bits: int) -> dict[str, Any]:
        return {"step": "removal", "rule": self.removed.rule(bits), "action": "drop"}

    def _places(self) -> Places:
        """Return all of them by part and place."""
        places: Places = {number: dict(found) for number, found in self.others.items()}
        for number, records in self.corpus.by_part(self.records).items():
            for record in records:
                place = int(self.corpus.places[record])
                places.setdefault(number, {})[place] = self.records[record]
        return places


def _touched(part: Part, removed: Removed, field: str) -> Iterator[tuple[int, int]]:
    """Yield place and name of the removed records that guard or filters changed or left out."""
    touched = sorted({*read_effects(part.guarded), *read_drops(part.measured)})
    if not touched:
        return
    # Places count records; only the lines that are asked for are read as JSON again.
    rejects = map(json.loads, (part.guarded / REJECTS).read_bytes().splitlines())
    bad = {reject["line"] for reject in rejects}
    shard = part.shard
    lines = [
        (number, line)
        for number, line in enumerate(_lines(shard), shard.line)
        if line.strip() and number not in bad
    ]
    for place in touched:
        number, line = lines[place]
        fields = json.loads(line)
        if bits := _named(fields, name_of(fields, shard.name, number), removed, field):
            yield place, bits


def _lines(shard: Shard) -> list[bytes]:
    first, *rest = shard.read().split(b"\n")
    return [first if shard.start else without_mark(first), *rest]


def _named(fields: Mapping[str, Any], name: str, removed: Removed, field: str) -> int:
    """Return for which name a record goes, or 0: its owner's before its own."""
    owner = owner_of(fields, field)
    if owner and (bits := name_hash(owner)) in removed.owners:
        return bits
    return bits if (bits := name_hash(name)) in removed.records else 0


def _wipe_effects(file: Path, places: Mapping[int, int]) -> None:
    """Leave out how the guard changed some records; that it did stays, since results name it."""
    effects = [json.loads(line) for line in file.read_bytes().splitlines()]
    if not any("text" in effect and effect["at"] in places for effect in effects):
        return
    for effect in effects:
        if effect["at"] in places:
            effect.pop("text", None)
    _replace(file, b"".join(written(effect) + b"\n" for effect in effects))


def _wipe_lines(file: Path, shard: Shard, removed: Removed, field: str) -> None:
    """Make white space of some records, so that all others stay where they are."""
    whole = bytearray(file.read_bytes())
    for line in parse(shard, shard.read())[0]:
        if _named(line.fields, line.id, removed, field):
            start, end = shard.start + line.start, shard.start + line.end
            whole[start:end] = b" " * (end - start)
    _replace(file, bytes(whole))


def _replace(file: Path, raw: bytes) -> None:
    draft = file.with_suffix(".new")
    draft.write_bytes(raw)
    draft.replace(file)
