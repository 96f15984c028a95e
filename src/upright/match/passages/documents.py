"""A corpus's documents, and the table in which a shard keeps all but their words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STRINGS = ("owner", "licence", "file")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a corpus.

    Attributes:
        id: its name in the corpus.
        text: the text.
        owner: whose it is, or "".
        licence: under which it is used, or "".
        file: where its line stands, or "".
        offset: first byte of that line, in the file as it is unpacked.
        length: bytes of that line.
    """

    id: str
    text: str
    owner: str = ""
    licence: str = ""
    file: str = ""
    offset: int = 0
    length: int = 0


def text_digest(text: str) -> int:
    """Return 64 bits of a text's SHA-256."""
    raw = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(raw).digest()[:8], "little")


@dataclass(frozen=True, slots=True)
class Row:
    """What a shard knows of a document besides its words.

    Attributes:
        id: its name.
        owner: whose it is, or "".
        licence: its licence, or "".
        file: where its text stands.
        offset: first byte of its line.
        length: bytes of its line.
        digest: of its text.
    """

    id: str
    owner: str
    licence: str
    file: str
    offset: int
    length: int
    digest: int


def row_of(document: Document) -> Row:
    """Return the row of a document."""
    return Row(
        document.id,
        document.owner,
        document.licence,
        document.file,
        document.offset,
        document.length,
        text_digest(document.text),
    )


def pack(rows: Sequence[Row]) -> dict[str, NDArray[Any]]:
    """Return rows as arrays; repeated strings once."""
    names = [row.id.encode("utf-8", "surrogatepass") for row in rows]
    arrays: dict[str, NDArray[Any]] = {
        "id": np.frombuffer(b"".join(names), np.uint8),
        "id_end": np.cumsum([len(name) for name in names], dtype=np.uint32),
        "offset": np.array([row.offset for row in rows], np.uint64),
        "length": np.array([row.length for row in rows], np.uint32),
        "digest": np.array([row.digest for row in rows], np.uint64),
    }
    for field in _STRINGS:
        number: dict[str, int] = {}
        column = [number.setdefault(getattr(row, field), len(number)) for row in rows]
        arrays[field] = np.array(column, np.min_scalar_type(max(1, len(number))))
        arrays[f"{field}_names"] = np.frombuffer(json.dumps(list(number)).encode(), np.uint8)
    return arrays


class Table:
    """Reads the rows of a shard.

    Args:
        arrays: as `pack` made them.
    """

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self._strings: dict[str, list[str]] = {
            field: json.loads(arrays[f"{field}_names"].tobytes()) for field in _STRINGS
        }

    def __len__(self) -> int:
        return len(self._arrays["id_end"])

    def __getitem__(self, number: int) -> Row:
        owner, licence, file = (
            self._strings[field][int(self._arrays[field][number])] for field in _STRINGS
        )
        offset, length, digest = (
            int(self._arrays[name][number]) for name in ("offset", "length", "digest")
        )
        return Row(self.id(number), owner, licence, file, offset, length, digest)

    def id(self, number: int) -> str:
        """Return a document's name."""
        ends = self._arrays["id_end"]
        start = int(ends[number - 1]) if number else 0
        return (
            self._arrays["id"][start : int(ends[number])].tobytes().decode("utf-8", "surrogatepass")
        )

    def ids(self) -> list[str]:
        """Return all names."""
        raw = self._arrays["id"].tobytes()
        ends = self._arrays["id_end"].tolist()
        starts = [0, *ends][: len(ends)]
        return [
            raw[start:end].decode("utf-8", "surrogatepass")
            for start, end in zip(starts, ends, strict=True)
        ]

    def owned_by(self, wanted: Callable[[str], bool]) -> list[int]:
        """Return the numbers of the documents whose owner is wanted."""
        chosen = [number for number, name in enumerate(self._strings["owner"]) if wanted(name)]
        return [int(at) for at in np.flatnonzero(np.isin(self._arrays["owner"], chosen))]
