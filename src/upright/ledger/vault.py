"""Texts that must be erasable, beside a chain that must not be."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from upright.keys import load_vault_key, open_sealed, seal
from upright.ledger.chain import append
from upright.ledger.database import Database, now
from upright.ledger.errors import NotFoundError
from upright.ledger.lookups import forget_within
from upright.ledger.record import Event
from upright.ledger.tables import vault
from upright.terms import canonical_json

CERTIFICATE = "certificate"
"""Kind of the records that certificates lie in; their look-ups go with them."""

_DOMAIN = "upright.vault.v1"
_INSERT = insert(vault)


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record on its way into the vault.

    Attributes:
        kind: what it is.
        data: what is sealed.
        use_case: see Event.
        request: see Event.
    """

    kind: str
    data: bytes
    use_case: str
    request: str = ""


class Vault:
    """Encrypted records, each under a key of its own.

    Erasing deletes the record and its key and leaves the event `vault.erased`; the chain,
    which never held the text, stays whole.

    Args:
        database: where the records are.
        key_file: the key that wraps the records' keys; made with the first record.
    """

    def __init__(self, database: Database, key_file: Path) -> None:
        self._database = database
        self._key_file = key_file

    def put(self, kind: str, data: bytes, *, use_case: str, request: str = "") -> str:
        """Seal a record and return its id.

        Raises:
            KeyFileError: if the vault's key file cannot be used.
        """
        with self._database.writing() as connection:
            return self.put_within(connection, [NewRecord(kind, data, use_case, request)])[0]

    def put_within(self, connection: Connection, batch: Sequence[NewRecord]) -> list[str]:
        """Seal records as part of a transaction and return their ids.

        Raises:
            KeyFileError: if the vault's key file cannot be used.
        """
        key, time = load_vault_key(self._key_file), now()
        rows = [_row(new, key, time) for new in batch]
        if rows:
            connection.execute(_INSERT, rows)
        return [row["id"] for row in rows]

    def get(self, record: str) -> bytes | None:
        """Return a record's data; None if it was erased or never was.

        Raises:
            KeyFileError: if it was changed, or the vault's key is another one.
        """
        with self._database.reading() as connection:
            row = connection.execute(select(vault).where(vault.c.id == record)).first()
        if row is None:
            return None
        bound_to = _bound_to(row.id, row.kind, row.use_case)
        key = load_vault_key(self._key_file)
        return open_sealed(key, row.wrapped_key, row.sealed, bound_to=bound_to)

    def erase(self, record: str) -> None:
        """Erase one record.

        Raises:
            NotFoundError: if it was erased before, or never was.
        """
        if not self._erase(vault.c.id == record):
            raise NotFoundError(
                f"the vault has no record {record!r}", mend="it may be erased already"
            )

    def erase_request(self, request: str) -> int:
        """Erase all records of a request and return how many there were."""
        if not request:
            return 0  # Records without a request do not belong together.
        return self._erase(vault.c.request == request)

    def _erase(self, chosen: ColumnElement[bool]) -> int:
        with self._database.writing() as connection:
            rows = connection.execute(
                select(vault.c.id, vault.c.kind, vault.c.use_case, vault.c.request).where(chosen)
            ).all()
            forget_within(connection, [row.id for row in rows if row.kind == CERTIFICATE])
            connection.execute(delete(vault).where(chosen))
            append(connection, [_erased(*row) for row in rows])
        if rows:
            self._database.forget_deleted("vault, certificates, sketches")
        return len(rows)


def _row(new: NewRecord, key: bytes, time: str) -> dict[str, Any]:
    record = secrets.token_hex(16)
    bound_to = _bound_to(record, new.kind, new.use_case)
    wrapped, sealed = seal(key, new.data, bound_to=bound_to)
    row = {"id": record, "kind": new.kind, "use_case": new.use_case, "request": new.request}
    return {**row, "time": time, "wrapped_key": wrapped, "sealed": sealed}


def _erased(record: str, kind: str, use_case: str, request: str) -> Event:
    return Event("vault.erased", use_case, {"record": record, "kind": kind}, request)


def _bound_to(*what: str) -> bytes:
    parts: Iterable[str] = (_DOMAIN, *what)
    return canonical_json(list(parts))
