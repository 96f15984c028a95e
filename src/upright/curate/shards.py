"""A shard: some lines of one file, named by their content."""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from upright.curate.errors import ChangedError
from upright.terms import digest

SIZE = 4_000_000
"""Bytes of a shard, more or less: it ends with a line."""
LONGEST = 64_000_000
"""Bytes of a line; a longer one is left out and reported."""


@dataclass(frozen=True, slots=True)
class Reject:
    """What could not be read.

    Attributes:
        file: as the user names it.
        line: its number, from 1; 0 where the file has no lines.
        start: its first byte in the (decompressed) file.
        end: one past its last byte; `start` where that is not known.
        reason: in words.
    """

    file: str
    line: int
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Shard:
    """Some lines of JSON.

    Attributes:
        path: of the file that holds them: the user's own, or what was made of it.
        name: the user's file, as results name it.
        start: first byte.
        end: one past the last byte.
        line: number of the first line, from 1.
        content: SHA-256 of the bytes.
        origins: file with one line of lineage for each line; "" where the lines are the user's.
    """

    path: str
    name: str
    start: int
    end: int
    line: int
    content: str
    origins: str = ""

    @property
    def key(self) -> str:
        """Digest of all that a result can depend on."""
        origins = Path(self.origins).parent.name
        return digest([self.content, self.name, self.line, self.start, origins])

    def payload(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Shard:
        """Return what `payload` gave."""
        return cls(**payload)

    def read(self) -> bytes:
        """Return the bytes.

        Raises:
            ChangedError: if they are others than when the shard was made.
        """
        try:
            with Path(self.path).open("rb") as file:
                file.seek(self.start)
                raw = file.read(self.end - self.start)
        except FileNotFoundError:
            raise ChangedError(self.name) from None
        if hashlib.sha256(raw).hexdigest() != self.content:
            raise ChangedError(self.name)
        return raw

    def lineage(self) -> Iterator[dict[str, Any]] | None:
        """Yield where each line comes from, or return None where the lines are the user's."""
        if not self.origins:
            return None
        return map(json.loads, Path(self.origins).read_bytes().splitlines())


def cut(file: BinaryIO, path: str, name: str, rejects: list[Reject]) -> Iterator[Shard]:
    """Yield the shards of a file of lines; lines that are too long become rejects.

    Args:
        file: at its beginning.
        path: of the file.
        name: as results name it.
        rejects: takes what is left out.
    """
    start, line, rest = 0, 1, b""
    while chunk := file.read(SIZE):
        whole = rest + chunk
        end = whole.rfind(b"\n") + 1
        if end:
            yield _shard(whole[:end], path, name, start, line)
            line += whole.count(b"\n", 0, end)
            start, rest = start + end, whole[end:]
        elif len(whole) > LONGEST:
            skipped = _skip_line(file, whole)
            reason = f"a line of {skipped:,} bytes; the longest that is read has {LONGEST:,}"
            rejects.append(Reject(name, line, start, start + skipped, reason))
            start, line, rest = start + skipped, line + 1, b""
        else:
            rest = whole
    if rest:
        yield _shard(rest, path, name, start, line)


def without_mark(first: bytes) -> bytes:
    """Return the first line of a file without the mark that editors on Windows begin it with."""
    return first.removeprefix(codecs.BOM_UTF8)


def _skip_line(file: BinaryIO, begun: bytes) -> int:
    """Pass over the rest of a line; leave the file behind its end, and return its bytes."""
    length = len(begun)
    while chunk := file.read(SIZE):
        found = chunk.find(b"\n")
        if found >= 0:
            file.seek(found + 1 - len(chunk), 1)
            return length + found + 1
        length += len(chunk)
    return length


def _shard(raw: bytes, path: str, name: str, start: int, line: int) -> Shard:
    return Shard(path, name, start, start + len(raw), line, hashlib.sha256(raw).hexdigest())
