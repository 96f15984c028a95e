"""The writing side of an index of passages: documents come, change and go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from upright.match.passages import build, layout, manifest
from upright.match.passages.documents import Document, Table, row_of
from upright.match.passages.errors import PassageIndexError
from upright.match.passages.layout import ShardFile
from upright.match.passages.manifest import Manifest

LEAST = 8
"""Words of the shortest passage, where nothing else is said."""
SHORTEST = 4
SHARD_BYTES = 32_000_000
_SMALL = 8
"""So many small shards become one."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of documents that were given to an index.

    Attributes:
        added: new ones.
        changed: ones of which something else was known.
        unchanged: ones that were there with the same text, owner, licence and place.
        too_long: names of those that no shard can hold.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    too_long: tuple[str, ...] = ()


class Store:
    """Writes an index; use it with `with`. One at a time, in all processes.

    Whoever reads the index meanwhile sees it as it was before or as it is after, never between.

    Args:
        folder: the index's; made if it is not there.
        least: shortest passage that will be found, in words; an index that is there keeps its own.
        shard_bytes: texts of so many bytes make one shard.

    Raises:
        PassageIndexError: if another process is writing, or what is there is damaged.
    """

    def __init__(
        self, folder: Path, *, least: int | None = None, shard_bytes: int = SHARD_BYTES
    ) -> None:
        self._folder = folder
        self._least = least
        self._shard_bytes = shard_bytes
        self._stack = ExitStack()
        self._manifest = Manifest(least or LEAST)

    def __enter__(self) -> Self:
        self._stack.enter_context(manifest.writing(self._folder))
        try:
            if (self._folder / manifest.NAME).exists():
                self._manifest = manifest.load(self._folder)
                self._check_least()
            self._sweep()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _check_least(self) -> None:
        least = self._manifest.least
        if self._least not in {None, least}:
            raise PassageIndexError(
                f"{self._folder}: this index finds passages of {least} words, not {self._least}",
                mend=f"leave the option away, say {least}, or name an empty folder",
            )

    def add(self, documents: Iterable[Document]) -> Added:
        """Add documents, each shard of them at once; a name that is there gets its new text.

        Args:
            documents: the documents; of one name the last one counts.
        """
        known = self._known()
        counts = {"added": 0, "changed": 0, "unchanged": 0}
        too_long: list[str] = []
        for batch in self._batches(documents, known, counts, too_long):
            self._append(batch)
        self._tidy()
        if not (self._folder / manifest.NAME).exists():
            self._save(self._manifest)
        return Added(**counts, too_long=tuple(too_long))

    def _batches(
        self,
        documents: Iterable[Document],
        known: dict[str, int],
        counts: dict[str, int],
        too_long: list[str],
    ) -> Iterator[list[build.Read]]:
        """Yield the documents that are to be written, as many at a time as a shard holds."""
        batch: dict[str, build.Read] = {}
        size = words = 0
        for document in documents:
            before = known.get(document.id)
            row = row_of(document)
            if before == hash(row):
                counts["unchanged"] += 1
                continue
            reading = build.read(document)
            more = len(reading.hashes)
            if more > build.MOST_WORDS:
                too_long.append(document.id)
                continue
            if size + reading.text_bytes > self._shard_bytes or words + more > build.MOST_WORDS:
                yield list(batch.values())
                batch, size, words = {}, 0, 0
            counts["added" if before is None else "changed"] += 1
            known[document.id] = hash(row)
            batch[document.id] = reading
            size, words = size + reading.text_bytes, words + more
        if batch:
            yield list(batch.values())

    def _append(self, batch: list[build.Read]) -> None:
        """Write one shard, and take out what stood under the same names before."""
        if not batch:
            return
        names = {reading.row.id for reading in batch}
        gone = {file: dead for file, dead, _ in self._marked(lambda table: _named(table, names))}
        shard = self._write(batch)
        self._save(replace(self._manifest, shards=(*self._manifest.shards, shard), gone=gone))

    def forget(self, ids: Collection[str] = (), *, owner: str | None = None) -> list[str]:
        """Remove documents by name or by owner; return the names of those that were there.

        Nobody who asks from now on is shown one of them. `purge` takes their words off the disk.
        """
        names = set(ids)

        def wanted(table: Table) -> set[int]:
            found = _named(table, names)
            if owner is not None:
                found |= set(table.owned_by(lambda one: one == owner))
            return found

        marked = list(self._marked(wanted))
        found = [name for _, _, fresh in marked for name in fresh]
        if found:
            self._save(replace(self._manifest, gone={file: gone for file, gone, _ in marked}))
        return found

    def purge(self) -> int:
        """Write the shards that hold removed documents again without them; return how many."""
        dead = [shard for shard in self._manifest.shards if self._manifest.gone.get(shard.file)]
        for shard in dead:
            self._replace([shard])
        return len(dead)

    def _tidy(self) -> None:
        """Take out what was replaced, and make one shard of many small ones."""
        self.purge()
        small = [
            shard
            for shard in self._manifest.shards
            if shard.text_bytes * _SMALL < self._shard_bytes
        ]
        if len(small) >= _SMALL:
            self._replace(small)

    def _replace(self, shards: list[ShardFile]) -> None:
        """Write some shards again as one, without what was removed."""
        readings = [
            reading
            for shard in shards
            for reading in build.disassemble(
                layout.read(self._folder, shard), set(self._manifest.gone.get(shard.file, ()))
            )
        ]
        files = {shard.file for shard in shards}
        kept = [shard for shard in self._manifest.shards if shard.file not in files]
        if readings:
            kept.append(self._write(readings))
        gone = {file: dead for file, dead in self._manifest.gone.items() if file not in files}
        self._save(replace(self._manifest, shards=tuple(kept), gone=gone))

    def _write(self, readings: list[build.Read]) -> ShardFile:
        return layout.write(
            self._folder,
            build.assemble(readings, self._manifest.least),
            documents=len(readings),
            words=sum(len(reading.hashes) for reading in readings),
            text_bytes=sum(reading.text_bytes for reading in readings),
        )

    def _save(self, changed: Manifest) -> None:
        manifest.save(self._folder, changed)
        self._manifest = changed
        self._sweep()

    def _sweep(self) -> None:
        """Delete files that the manifest does not name: of a writer that died, or replaced ones."""
        named = {shard.file for shard in self._manifest.shards}
        for pattern in ("*.shard", "*.part"):
            for path in self._folder.glob(pattern):
                if path.name not in named:
                    path.unlink(missing_ok=True)

    def _tables(self) -> Iterator[tuple[str, Table]]:
        for shard in self._manifest.shards:
            yield shard.file, Table(layout.read(self._folder, shard, check=False))

    def _known(self) -> dict[str, int]:
        """Return of every document that is there a hash of all that is known of it, by name."""
        known: dict[str, int] = {}
        for file, table in self._tables():
            gone = set(self._manifest.gone.get(file, ()))
            rows = (table[number] for number in range(len(table)) if number not in gone)
            known |= {row.id: hash(row) for row in rows}
        return known

    def _marked(
        self, wanted: Callable[[Table], set[int]]
    ) -> Iterator[tuple[str, tuple[int, ...], list[str]]]:
        """Yield of each shard its file, all its removed documents, and the newly removed names."""
        for file, table in self._tables():
            before = set(self._manifest.gone.get(file, ()))
            fresh = sorted(wanted(table) - before)
            if before or fresh:
                yield file, tuple(sorted(before | set(fresh))), [table.id(n) for n in fresh]


def _named(table: Table, names: Collection[str]) -> set[int]:
    """Return the numbers of the documents that have one of some names."""
    if not names:
        return set()
    return {number for number, name in enumerate(table.ids()) if name in names}
