"""Signed statements of how long the chain was and how it ended, kept in two places.

A chain of digests can be computed anew by whoever can write the database, and a cut tail
leaves no gap. A checkpoint is signed with a key that is not in the database and is also kept
in a file beside it, so both are found.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, insert, select

from upright.keys import Signature, SigningKeys, TrustedKeys
from upright.ledger import chain
from upright.ledger.database import now
from upright.ledger.errors import LedgerError
from upright.ledger.tables import checkpoints, events
from upright.terms import canonical_json

_DOMAIN = b"upright.ledger.checkpoint.v1\0"
# Longer than any checkpoint's line, so that the last whole line is in the tail.
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head, signed.

    Attributes:
        count: entries in the chain.
        head: digest of the last one.
        time: RFC 3339 UTC.
        key: id of the signing key.
        signature: Ed25519, base64.
    """

    count: int
    head: str
    time: str
    key: str
    signature: str

    @classmethod
    def from_line(cls, line: bytes) -> Checkpoint | None:
        """Read a line of the checkpoint file; None for one that is no checkpoint."""
        try:
            fields = json.loads(line)
            checkpoint = cls(**fields)
        except (ValueError, TypeError, RecursionError):
            return None
        texts = (checkpoint.head, checkpoint.time, checkpoint.key, checkpoint.signature)
        whole = type(checkpoint.count) is int and all(isinstance(text, str) for text in texts)
        return checkpoint if whole else None

    def to_json(self) -> dict[str, Any]:
        """Return the public shape, one line of the checkpoint file."""
        return asdict(self)

    def is_signed_by(self, trusted: TrustedKeys) -> bool:
        """Say whether a trusted key made the signature."""
        try:
            value = base64.b64decode(self.signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        return trusted.verify(
            Signature(self.key, value), _message(self.count, self.head, self.time)
        )


def _message(count: int, head: str, time: str) -> bytes:
    return _DOMAIN + canonical_json({"count": count, "head": head, "time": time})


class CheckpointFile:
    """The checkpoints that this home has signed, one JSON line each, oldest first.

    Args:
        path: made with the first checkpoint, mode 0600.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> Iterator[bytes]:
        """Yield the whole lines. A torn last line was never acknowledged and is left out."""
        for line in self._read(-1).splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield line

    def last(self) -> Checkpoint | None:
        """Return the newest checkpoint, if there is one and it can be read."""
        whole = self._read(_TAIL_BYTES).rpartition(b"\n")[0]
        return Checkpoint.from_line(whole.rpartition(b"\n")[2])

    def append(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint behind the others; on the disk when this returns.

        Raises:
            LedgerError: if it cannot be written.
        """
        line = canonical_json(checkpoint.to_json()) + b"\n"
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                _drop_torn_line(file)
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise self._unusable(error) from None

    def _read(self, tail: int) -> bytes:
        """Return the last `tail` bytes, all for -1, none if there is no file."""
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(0 if tail < 0 else max(0, size - tail))
                return file.read()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._unusable(error) from None

    def _unusable(self, error: OSError) -> LedgerError:
        return LedgerError(
            f"{self.path}: cannot be used: {error.strerror}",
            mend="check its owner and the space on its disk; the events themselves are recorded",
        )


def _drop_torn_line(file: BinaryIO) -> None:
    """Cut what a crash in the middle of a write left, and stand at the end."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _TAIL_BYTES)
    file.seek(start)
    tail = file.read()
    if tail and not tail.endswith(b"\n"):
        file.truncate(start + tail.rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)


def make_checkpoint(connection: Connection, keys: SigningKeys, file: CheckpointFile) -> Checkpoint:
    """Sign the head of the chain and keep it in the file and, with the commit, in the table.

    A chain that has not grown since the last checkpoint keeps that one.

    Args:
        connection: from `Database.writing`.
        keys: of this home.
        file: of this home. It is written first: whatever the table has, the file has.

    Raises:
        LedgerError: for an empty chain, or a file that cannot be written.
    """
    count, head = chain.head(connection)
    if count == 0:
        raise LedgerError(
            "an empty ledger has nothing to sign", mend="checkpoint it after its first event"
        )
    trusted = keys.trusted()
    _restore_last(connection, trusted, file)
    for row in connection.execute(select(checkpoints).where(checkpoints.c.count == count)):
        if row.key in trusted.own and row.head == head:
            return Checkpoint(**row._mapping)  # noqa: SLF001 (SQLAlchemy's public accessor)
    checkpoint = _sign(count, head, keys)
    file.append(checkpoint)
    connection.execute(insert(checkpoints), [checkpoint.to_json()])
    return checkpoint


def _sign(count: int, head: str, keys: SigningKeys) -> Checkpoint:
    time = now()
    signature = keys.sign(_message(count, head, time))
    encoded = base64.b64encode(signature.value).decode()
    return Checkpoint(count, head, time, signature.key, encoded)


def _restore_last(connection: Connection, trusted: TrustedKeys, file: CheckpointFile) -> None:
    """Bring into the table the file's last checkpoint, if a crash came between the two."""
    last = file.last()
    if last is None or not last.is_signed_by(trusted):
        return
    same = (checkpoints.c.count == last.count) & (checkpoints.c.key == last.key)
    known = connection.execute(select(checkpoints.c.count).where(same)).first()
    digest = select(events.c.digest).where(events.c.sequence == last.count)
    if known is None and connection.execute(digest).scalar() == last.head:
        connection.execute(insert(checkpoints), [last.to_json()])
