"""The one file that says which shards an index is made of; replaced whole, never changed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from upright.match.passages.errors import DamagedPassagesError, PassageIndexError
from upright.match.passages.layout import ShardFile
from upright.match.words import NORMAL_FORM
from upright.terms import digest

Stamp = tuple[int, int, int]

FORMAT = 1
NAME = "passages.json"
_LOCK = "passages.lock"
_DRAFT = "passages.json.part"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index is made of.

    Attributes:
        least: shortest passage that is found, in words.
        shards: its files.
        gone: by file, the numbers of the documents in it that were removed.
    """

    least: int
    shards: tuple[ShardFile, ...] = ()
    gone: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """`sha256:…` of all that the index holds."""
        return digest(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as JSON."""
        return {
            "format": FORMAT,
            "normal_form": NORMAL_FORM,
            "least": self.least,
            "shards": [asdict(shard) for shard in self.shards],
            "gone": {file: list(numbers) for file, numbers in sorted(self.gone.items())},
        }


def load(folder: Path) -> Manifest:
    """Read a folder's manifest.

    Raises:
        PassageIndexError: if there is none, if it was altered, or another version wrote it.
    """
    path = folder / NAME
    try:
        shape = json.loads(path.read_bytes())
        stated = shape.pop("digest")
    except FileNotFoundError:
        raise PassageIndexError(
            f"{folder}: no index of passages is here",
            mend="upright attribute index CORPUS --index DIR makes one",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, error) from None
    if (shape.get("format"), shape.get("normal_form")) != (FORMAT, NORMAL_FORM):
        raise PassageIndexError(
            f"{path}: written by another version of upright",
            mend="index the corpus again into an empty folder",
        )
    if stated != digest(shape):
        raise _damaged(path, "it was altered")
    shards = tuple(
        ShardFile(**{**shard, "sections": {k: tuple(v) for k, v in shard["sections"].items()}})
        for shard in shape["shards"]
    )
    gone = {file: tuple(numbers) for file, numbers in shape["gone"].items()}
    return Manifest(shape["least"], shards, gone)


def stamp(folder: Path) -> Stamp | None:
    """Return what tells one manifest of a folder from the next; None where there is none."""
    try:
        state = (folder / NAME).stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size


def save(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the one before, at once or not at all."""
    shape = manifest.to_json()
    draft = folder / _DRAFT
    with draft.open("wb") as file:
        file.write(json.dumps({**shape, "digest": digest(shape)}).encode())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / NAME)
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the one writer of an index; a process that dies lets go.

    Raises:
        PassageIndexError: if another process is writing, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / _LOCK).open("wb")
    except OSError as error:
        raise PassageIndexError(
            f"{folder}: {error.strerror}", mend="name a folder that can be written"
        ) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PassageIndexError(
                f"{folder}: another process is changing this index", mend="wait until it is done"
            ) from None
        yield


def _damaged(path: Path, why: object) -> DamagedPassagesError:
    return DamagedPassagesError(f"{path}: damaged: {why}")
