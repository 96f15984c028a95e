"""One shard's file: named arrays behind each other, mapped into memory and never changed."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.match.passages.errors import DamagedPassagesError

Arrays = Mapping[str, NDArray[Any]]

_ALIGN = 8


@dataclass(frozen=True, slots=True)
class ShardFile:
    """What the manifest says of one shard.

    Attributes:
        file: its name in the index's folder; begins with its digest, so it never changes.
        bytes: its size.
        sha256: of the whole file, in hex.
        documents: how many it holds.
        words: how many words they have.
        text_bytes: bytes of their texts, UTF-8.
        sections: name → (dtype, offset in bytes, number of items).
    """

    file: str
    bytes: int
    sha256: str
    documents: int
    words: int
    text_bytes: int
    sections: Mapping[str, tuple[str, int, int]]


def write(
    folder: Path, arrays: Arrays, *, documents: int, words: int, text_bytes: int
) -> ShardFile:
    """Write a shard and flush it to the disk; return what the manifest says of it."""
    draft = folder / f"draft-{os.getpid()}.part"
    sections: dict[str, tuple[str, int, int]] = {}
    hashing = hashlib.sha256()
    at = 0
    with draft.open("wb") as file:
        for name, array in arrays.items():
            little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            sections[name] = (little.dtype.str, at, len(little))
            raw = little.tobytes()
            raw += bytes(-len(raw) % _ALIGN)
            hashing.update(raw)
            file.write(raw)
            at += len(raw)
        file.flush()
        os.fsync(file.fileno())
    name = f"{hashing.hexdigest()[:16]}.shard"
    draft.replace(folder / name)
    return ShardFile(name, at, hashing.hexdigest(), documents, words, text_bytes, sections)


def read(folder: Path, shard: ShardFile, *, check: bool = True) -> dict[str, NDArray[Any]]:
    """Map a shard's arrays, after its size and checksum were compared.

    Args:
        folder: the index's.
        shard: what the manifest says of it.
        check: False compares the size alone, for a look at a part of the file.

    Raises:
        DamagedPassagesError: naming the file, if it is missing or not as it was written.
    """
    path = folder / shard.file
    try:
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise DamagedPassagesError(f"{path}: {error}") from None
    same = not check or hashlib.sha256(mapped).hexdigest() == shard.sha256
    if len(mapped) != shard.bytes or not same:
        raise DamagedPassagesError(f"{path}: damaged: it is not as it was written")
    return {
        name: np.frombuffer(mapped, dtype, count, offset) if count else np.empty(0, dtype)
        for name, (dtype, offset, count) in shard.sections.items()
    }
