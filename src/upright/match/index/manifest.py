"""The manifest: which segments an index has, which of their works are gone, and what they weigh.

It is written whole beside the old one and put in its place in one step, so that a reader, and
whoever comes after a crash, sees the old state or the new one. Its own checksum stands in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from upright.match.index.errors import DamagedIndexError, WorksError
from upright.match.index.segment import ARRAYS, Segment
from upright.match.index.tokens import FORMS, GRAMS, WINDOWS
from upright.match.index.works import Kind
from upright.terms import digest

FORMAT = 1
MANIFEST = "manifest.json"
SEGMENTS = "segments"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment.

    Attributes:
        name: of its folder.
        kind: of its works.
        tokens: how many.
        documents: how many works, those taken out included.
        removed: numbers of those taken out, rising.
        files: bytes and SHA-256 of each file.
    """

    name: str
    kind: Kind
    tokens: int
    documents: int
    removed: tuple[int, ...]
    files: Mapping[str, tuple[int, str]]

    @property
    def sizes(self) -> dict[str, int]:
        """The bytes of each file."""
        return {file: size for file, (size, _) in self.files.items()}

    def without(self, numbers: frozenset[int]) -> Entry:
        """Return the entry with more of its works taken out."""
        return replace(self, removed=tuple(sorted({*self.removed, *numbers})))


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of an index.

    Attributes:
        segments: in the order in which they were written.
        following: number of the next segment.
    """

    segments: tuple[Entry, ...] = ()
    following: int = 1

    @property
    def digest(self) -> str:
        """`sha256:…` of what the index finds: equal digests, equal findings."""
        shape = _shape(self)
        del shape["following"]
        return digest(shape)


def read_manifest(folder: Path) -> Manifest:
    """Read the state of an index.

    Raises:
        WorksError: where there is no index, or one of another format.
        DamagedIndexError: if the file is not what was written.
    """
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise WorksError(
            f"{folder}: no index there ({error.strerror})",
            mend="upright match index add --index DIR makes one",
        ) from None
    try:
        shape = json.loads(raw)
        checksum = shape.pop("checksum")
        same = checksum == digest(shape)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise DamagedIndexError(f"{path}: not a manifest") from None
    if not same:
        raise DamagedIndexError(f"{path}: its checksum does not fit")
    _check_format(path, shape)
    entries = tuple(_entry(item) for item in shape["segments"])
    return Manifest(entries, shape["following"])


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a state in the place of the one before, in one step that survives a crash."""
    shape = _shape(manifest)
    raw = json.dumps({**shape, "checksum": digest(shape)}, separators=(",", ":")).encode()
    fresh = folder / f"{MANIFEST}.new"
    with fresh.open("wb") as file:
        file.write(raw)
        sync(file.fileno())
    fresh.replace(folder / MANIFEST)
    sync_folder(folder)


def write_segment(folder: Path, segment: Segment) -> Entry:
    """Write the files of a segment and return what the manifest says of it."""
    target = folder / SEGMENTS / segment.name
    target.mkdir(parents=True)
    files: dict[str, tuple[int, str]] = {}
    for name in ARRAYS:
        with (target / name).open("wb") as file:
            raw = segment.arrays[name].tobytes()
            file.write(raw)
            sync(file.fileno())
        files[name] = (len(raw), hashlib.sha256(raw).hexdigest())
    sync_folder(target)
    sync_folder(target.parent)
    removed = tuple(sorted(segment.removed))
    return Entry(segment.name, segment.kind, len(segment), segment.documents, removed, files)


def check_files(folder: Path, entry: Entry) -> None:
    """Compare the files of a segment with their checksums.

    Raises:
        DamagedIndexError: naming the file that is not the one that was written.
        FileNotFoundError: if one is not there.
    """
    for name, (_, expected) in entry.files.items():
        path = folder / SEGMENTS / entry.name / name
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise DamagedIndexError(f"{path}: its checksum does not fit")


def sync(file: int) -> None:
    """Have a file's bytes on the disk before anything else is done."""
    os.fsync(file)


def sync_folder(folder: Path) -> None:
    """Have a folder's names on the disk before anything else is done."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def _shape(manifest: Manifest) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "normal_forms": dict(FORMS),
        "grams": dict(GRAMS),
        "windows": dict(WINDOWS),
        "following": manifest.following,
        "segments": [
            {
                "name": entry.name,
                "kind": entry.kind,
                "tokens": entry.tokens,
                "documents": entry.documents,
                "removed": list(entry.removed),
                "files": {name: list(facts) for name, facts in entry.files.items()},
            }
            for entry in manifest.segments
        ],
    }


def _entry(item: dict[str, Any]) -> Entry:
    files = {name: (int(size), str(sha)) for name, (size, sha) in item["files"].items()}
    removed = tuple(item["removed"])
    return Entry(item["name"], item["kind"], item["tokens"], item["documents"], removed, files)


def _check_format(path: Path, shape: dict[str, Any]) -> None:
    names = ("format", "normal_forms", "grams", "windows")
    ours = {name: value for name, value in _shape(Manifest()).items() if name in names}
    for name, value in ours.items():
        if shape.get(name) != value:
            raise WorksError(
                f"{path}: {name} is {shape.get(name)!r}, and this release reads {value!r}",
                mend="build the index anew from the works",
            )
