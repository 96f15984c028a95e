"""Changing an index: works are added and taken out without building it anew.

What is added becomes a segment of its own; what is taken out is named in the manifest and found no
more from then on. Segments of one size are merged once there are `FAN` of them, as far as that
costs no more than the work that is added is worth; `compact` merges the rest. All that a call
of `commit` changes is there after it or, where it was cut short, not at all.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from upright.match.index.build import Draft
from upright.match.index.errors import WorksError
from upright.match.index.manifest import (
    MANIFEST,
    SEGMENTS,
    Entry,
    Manifest,
    read_manifest,
    write_manifest,
    write_segment,
)
from upright.match.index.merge import merged
from upright.match.index.segment import Segment, open_segment
from upright.match.index.works import KINDS, WISHES, Document, Kind, Work
from upright.terms import ConfigError

SPILL = 1 << 21
"""Tokens that are held in memory before they are written."""
FAN = 4
"""Segments of one size that are merged into one."""
_FREE = 1 << 19
_SHARE = 16
"""A merge may move this many times the tokens that were added, and `_FREE` in any case."""
_HOLLOW = 0.25
"""From this share of works taken out on, a segment is written anew without them."""
_LOCK = "lock"


class IndexWriter:
    """The one writer of an index; a context manager that commits at its end.

    Args:
        folder: of the index; made if it is not there.

    Raises:
        WorksError: if another process is writing, or the folder holds something else.
        DamagedIndexError: if its manifest is not what was written.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._lock = _locked(self._folder)
        try:
            self._manifest = _begun(self._folder)
            self._segments = {entry.name: self._open(entry) for entry in self._manifest.segments}
            self._forget_orphans()
        except BaseException:
            os.close(self._lock)
            raise
        self._drafts: dict[Kind, Draft] = {}
        self._removed: dict[str, set[int]] = defaultdict(set)
        self._drafted: dict[str, tuple[Kind, int]] = {}
        self._dropped: dict[Kind, set[int]] = defaultdict(set)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            self.close()

    @property
    def held(self) -> int:
        """Tokens of works that wait for `commit`."""
        return sum(draft.tokens for draft in self._drafts.values())

    def add(self, work: Work) -> Document:
        """Take in a work; one that has its id is taken out.

        Raises:
            ConfigError: for a work without an id, of an unknown kind or without a word, or for code
                in a language that is unknown or cannot be guessed. The index is as before.
        """
        _check(work)
        draft = self._drafts.get(work.kind) or Draft(work.kind)
        document = draft.add(work)
        self._drafts[work.kind] = draft
        if not document.tokens:
            self._dropped[work.kind].add(len(draft.documents) - 1)
            raise ConfigError(
                f"{work.id}: no {_NAMED[work.kind]} in it",
                mend="leave the work away, or mend its text",
            )
        self.remove(work.id)
        self._drafted[work.id] = (work.kind, len(draft.documents) - 1)
        return document

    def remove(self, name: str) -> bool:
        """Take out a work by its id; says whether there was one."""
        found = False
        if name in self._drafted:
            kind, number = self._drafted.pop(name)
            self._dropped[kind].add(number)
            found = True
        for segment in self._segments.values():
            number_there = segment.find(name)
            if number_there is not None and number_there not in self._removed[segment.name]:
                self._removed[segment.name].add(number_there)
                found = True
        return found

    def remove_owner(self, owner: str) -> list[str]:
        """Take out all works of an owner; returns their ids."""
        names = [
            document.id
            for segment in self._segments.values()
            for number, document in segment.listed()
            if document.owner == owner and number not in self._removed[segment.name]
        ]
        names += [
            draft.documents[number].id
            for kind, draft in self._drafts.items()
            for number in range(len(draft.documents))
            if draft.documents[number].owner == owner and number not in self._dropped[kind]
        ]
        return [name for name in dict.fromkeys(names) if self.remove(name)]

    def commit(self) -> None:
        """Make what was added and taken out the state of the index."""
        added = self.held
        if not added and not self._drafts and not any(self._removed.values()):
            return
        entries = [
            entry.without(frozenset(self._removed[entry.name])) for entry in self._manifest.segments
        ]
        entries += [self._write(draft) for draft in self._drafts.values()]
        self._drafts, self._drafted = {}, {}
        self._removed.clear()
        self._dropped.clear()
        self._store(entries)
        self._tidy(max(_FREE, _SHARE * added))

    def compact(self) -> None:
        """Merge all segments of a kind into one; what was taken out is no longer on the disk."""
        self.commit()
        for kind in KINDS:
            group = [entry for entry in self._manifest.segments if entry.kind == kind]
            if len(group) > 1 or any(entry.removed for entry in group):
                self._merge(group)

    def close(self) -> None:
        """Let others write. What was not committed is forgotten."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _open(self, entry: Entry) -> Segment:
        folder = self._folder / SEGMENTS / entry.name
        return open_segment(folder, entry.name, entry.kind, entry.sizes, frozenset(entry.removed))

    def _write(self, draft: Draft) -> Entry:
        dropped = frozenset(self._dropped[draft.kind])
        return write_segment(self._folder, draft.segment(self._next_name(), dropped))

    def _next_name(self) -> str:
        number = self._manifest.following
        self._manifest = replace(self._manifest, following=number + 1)
        return f"{number:08}"

    def _store(self, entries: Iterable[Entry]) -> None:
        alive = tuple(entry for entry in entries if len(entry.removed) < entry.documents)
        self._manifest = Manifest(alive, self._manifest.following)
        write_manifest(self._folder, self._manifest)
        self._segments = {entry.name: self._open(entry) for entry in alive}
        self._forget_orphans()

    def _tidy(self, budget: int) -> None:
        """Merge what costs no more than the budget of tokens, smallest first."""
        while group := self._mergeable():
            budget -= sum(entry.tokens for entry in group)
            if budget < 0:
                return
            self._merge(group)

    def _mergeable(self) -> list[Entry]:
        tiers: dict[tuple[Kind, int], list[Entry]] = defaultdict(list)
        for entry in self._manifest.segments:
            if entry.removed and len(entry.removed) >= _HOLLOW * entry.documents:
                return [entry]
            tiers[entry.kind, _tier(entry.tokens)].append(entry)
        full = [group[:FAN] for group in tiers.values() if len(group) >= FAN]
        return min(full, key=lambda group: sum(entry.tokens for entry in group), default=[])

    def _merge(self, group: list[Entry]) -> None:
        gone = {entry.name for entry in group}
        name = self._next_name()
        fresh = merged(self._folder, name, [self._segments[entry.name] for entry in group])
        rest = [entry for entry in self._manifest.segments if entry.name not in gone]
        self._store([*rest, fresh] if fresh.documents else rest)

    def _forget_orphans(self) -> None:
        """Delete folders that no manifest names: left by a crash, or merged."""
        known = {entry.name for entry in self._manifest.segments}
        for folder in (self._folder / SEGMENTS).glob("*"):
            if folder.name not in known:
                shutil.rmtree(folder)


def _tier(tokens: int) -> int:
    return max(tokens, 1).bit_length() // (FAN.bit_length() - 1)


_NAMED: dict[Kind, str] = {"text": "word", "code": "code"}


def _check(work: Work) -> None:
    if not work.id:
        raise ConfigError("a work without an id", mend="give each work an id of its own")
    for name, value, known in (("kind", work.kind, KINDS), ("action", work.action, WISHES)):
        if value not in known:
            raise ConfigError(
                f"{work.id}: {value!r} is no {name} of a work", mend=f"one of: {', '.join(known)}"
            )


def _locked(folder: Path) -> int:
    """Return a file that is locked until it is closed, however this process ends.

    Raises:
        WorksError: if another process has it, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise WorksError(
            f"{folder}: {error.strerror}", mend="name a folder that you may write to"
        ) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise WorksError(
            f"{folder}: another process is changing this index", mend="wait until it has ended"
        ) from None
    return file


def _begun(folder: Path) -> Manifest:
    """Return the state of an index, an empty one where there is none yet."""
    if (folder / MANIFEST).exists():
        return read_manifest(folder)
    others = {path.name for path in folder.iterdir()} - {_LOCK, SEGMENTS, f"{MANIFEST}.new"}
    if others:
        raise WorksError(
            f"{folder} holds other files, such as {min(others)}", mend="name a folder of its own"
        )
    (folder / SEGMENTS).mkdir(exist_ok=True)
    return Manifest()
