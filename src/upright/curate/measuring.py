"""The second step: filters, and the numbers of each record by which records are compared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from upright.curate import passages
from upright.curate.filters import Filters
from upright.curate.guarding import read_effects
from upright.curate.heldout import HeldOut
from upright.curate.lines import Line, parse, written
from upright.curate.shards import Shard
from upright.jobs import Work
from upright.jobs.task import Function
from upright.match import minhash
from upright.match import words as normal
from upright.policy import CurateSection
from upright.terms import digest

VERSION = f"1.{minhash.VERSION}.{normal.NORMAL_FORM}"
ARRAYS, BANDS, MARKS, DROPS = "arrays.npz", "bands.npy", "marks.npz", "drops.jsonl"
COLUMNS = 6
"""Of a record's row: place, first and last byte in the shard, line, bits of id and of owner."""
_BATCH = 64


def measure_work(section: CurateSection, held_out: Mapping[str, str]) -> Work:
    """Return the step.

    Args:
        section: `[curate]`.
        held_out: rule of each list of runs that no record may share, and the list's file.
    """
    # What only says which records are chosen later does not make other numbers.
    chosen_later = {"likeness", "near_duplicates", "copies", "evaluation", "balance_gender"}
    spec = {
        "section": section.model_dump_json(exclude=chosen_later | {"exposure"}),
        "passage": section.exposure.words if section.exposure else 0,
        "held_out": dict(held_out),
    }
    return Work("measure", f"{__name__}:measuring", spec, VERSION)


def measure_content(shard: Shard, guarded: Mapping[str, Any]) -> str:
    """Return what names a shard as it leaves the guard."""
    return digest([shard.key, guarded["effects"]])


def measuring(spec: Mapping[str, Any]) -> Function:
    """Build the step's function in a worker."""
    section = CurateSection.model_validate_json(spec["section"])
    filters = Filters(section)
    held_out = [HeldOut.load(rule, Path(file)) for rule, file in spec["held_out"].items()]

    def perform(payload: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        shard = Shard.of(payload["shard"])
        lines, _ = parse(shard, shard.read())
        draft = _Draft(filters, held_out, section.owner, spec["passage"])
        for batch in _batches(leaving(lines, Path(payload["effects"]))):
            draft.add(batch)
        return draft.write(folder)

    return perform


def leaving(lines: Sequence[Line], effects: Path) -> Iterator[tuple[int, Line, str]]:
    """Yield place, line and text of the records that the guard lets through.

    Args:
        lines: of a shard.
        effects: folder of what the guard made of it.
    """
    found = read_effects(effects)
    for at, line in enumerate(lines):
        effect = found.get(at)
        if effect is None:
            yield at, line, line.text
        elif "fate" not in effect:
            yield at, line, effect.get("text", line.text)


def name_hash(name: str) -> int:
    """Return 64 bits of a name."""
    raw = name.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(raw, digest_size=8).digest(), "little")


def text_hash(text: str) -> bytes:
    """Return 128 bits of a text: equal texts only have the same."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def owner_of(fields: Mapping[str, Any], key: str) -> str:
    """Return whom a record belongs to, or ""."""
    found = fields.get(key)
    return str(found) if isinstance(found, str | int) else ""


class _Draft:
    """The numbers of a shard's records, while they are made."""

    def __init__(
        self, filters: Filters, held_out: Sequence[HeldOut], owner: str, passage: int
    ) -> None:
        self._filters = filters
        self._held_out = held_out
        self._owner = owner
        self._passage = passage
        self._drops: list[dict[str, Any]] = []
        self._rows: list[tuple[int, int, int, int, int, int]] = []
        self._exact: list[bytes] = []
        self._bands: list[normal.Hashes] = []
        self._marks: list[tuple[normal.Hashes, passages.Places]] = []

    def add(self, batch: Sequence[tuple[int, Line, str]]) -> None:
        """Measure some records."""
        hashes, bounds = normal.batch([text for _, _, text in batch])
        counts = np.diff(bounds)
        alive = []
        for at, (place, line, text) in enumerate(batch):
            why = self._filters(line.fields, text, int(counts[at]))
            why = why or self._shared(hashes[bounds[at] : bounds[at + 1]])
            if why:
                self._drops.append({"at": place, "rule": why[0], "why": why[1]})
            else:
                alive.append(at)
        if len(alive) < len(batch):
            keep = np.zeros(len(batch), np.bool_)
            keep[alive] = True
            hashes = hashes[np.repeat(keep, counts)]
            counts = counts[keep]
            bounds = np.concatenate(([0], np.cumsum(counts)))
        if alive:
            self._measure([batch[at] for at in alive], hashes, bounds)

    def _shared(self, hashes: normal.Hashes) -> tuple[str, str] | None:
        for held_out in self._held_out:
            if (source := held_out.shared(hashes)) is not None:
                return held_out.rule, source
        return None

    def _measure(
        self, batch: Sequence[tuple[int, Line, str]], hashes: normal.Hashes, bounds: passages.Places
    ) -> None:
        first = len(self._rows)
        for place, line, text in batch:
            owner = owner_of(line.fields, self._owner)
            names = (name_hash(line.id), name_hash(owner) if owner else 0)
            self._rows.append((place, line.start, line.end, line.number, *names))
            self._exact.append(text_hash(text))
        self._bands.append(minhash.bands(minhash.signatures(*minhash.runs(hashes, bounds))))
        if self._passage:
            found, places = passages.marks(hashes, bounds, self._passage)
            self._marks.append((found, passages.owners(bounds, places) + first))

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the numbers; return how many records there are, and a digest of it all."""
        rows = np.array(self._rows, np.uint64).reshape(-1, COLUMNS)
        exact = np.frombuffer(b"".join(self._exact), np.uint64).reshape(-1, 2)
        np.savez(folder / ARRAYS, rows=rows, exact=exact)
        bands = np.concatenate([np.empty((minhash.BANDS, 0), np.uint64), *self._bands], axis=1)
        np.save(folder / BANDS, bands)
        if self._passage:
            self._write_marks(folder)
        drops = b"".join(written(drop) + b"\n" for drop in self._drops)
        (folder / DROPS).write_bytes(drops)
        state = hashlib.sha256(drops)
        state.update(rows.tobytes())
        state.update(exact.tobytes())
        return {"records": len(rows), "drops": len(self._drops), "digest": state.hexdigest()}

    def _write_marks(self, folder: Path) -> None:
        """Write the marks in order, as an external sort wants its runs."""
        found = np.concatenate([np.empty(0, np.uint64), *(part for part, _ in self._marks)])
        texts = np.concatenate([np.empty(0, np.int64), *(part for _, part in self._marks)])
        order = np.argsort(found, kind="stable")
        np.savez(folder / MARKS, found=found[order], texts=texts[order].astype(np.int32))


def read_drops(folder: Path) -> dict[int, dict[str, Any]]:
    """Return which records a filter left out, by their place in the shard."""
    lines = (folder / DROPS).read_bytes().splitlines()
    return {drop["at"]: drop for drop in map(json.loads, lines)}


def _batches(
    items: Iterator[tuple[int, Line, str]],
) -> Iterator[list[tuple[int, Line, str]]]:
    batch: list[tuple[int, Line, str]] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
