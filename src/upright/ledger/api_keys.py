"""API keys: who may call, for which use case; only hashes are kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from upright.keys import (
    KeyFileError,
    MintedKey,
    api_key_digest,
    api_key_id,
    mint_api_key,
    read_private,
    write_private,
)
from upright.ledger.chain import append
from upright.ledger.database import Database, now
from upright.ledger.errors import NotFoundError
from upright.ledger.record import Event
from upright.ledger.tables import api_keys

_LOCAL_NAME = "local"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is stored: without its secret.

    Attributes:
        id: the start of the secret, for people.
        name: what its owner calls it.
        use_case: the one use case it opens.
        created: RFC 3339 UTC.
        revoked: RFC 3339 UTC, or "" while it is good.
    """

    id: str
    name: str
    use_case: str
    created: str
    revoked: str


class ApiKeyStore:
    """The keys of a ledger's database.

    Args:
        database: where they are kept.
        home: folder of `local.key`.
    """

    def __init__(self, database: Database, home: Path) -> None:
        self._database = database
        self._local_path = home / "local.key"

    def create(self, name: str, use_case: str) -> tuple[ApiKey, str]:
        """Make a key.

        Returns:
            Its record, and the secret, which nobody can show again.
        """
        minted = mint_api_key()
        with self._database.writing() as connection:
            return _store(connection, minted, name, use_case), minted.secret

    def find(self, secret: str) -> ApiKey | None:
        """Return the key of a secret; None if it is unknown or revoked."""
        key_id = api_key_id(secret)
        if key_id is None:
            return None
        with self._database.reading() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.id == key_id)).first()
        return _record(row) if row is not None and _opens(row, secret) else None

    def list(self) -> list[ApiKey]:
        """Return all keys, oldest first, revoked ones too."""
        statement = select(api_keys).order_by(api_keys.c.created, api_keys.c.id)
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(statement)]

    def revoke(self, key_id: str) -> ApiKey:
        """Make a key useless from now on; once more does nothing.

        Raises:
            NotFoundError: for an unknown id.
        """
        moment = now()
        with self._database.writing() as connection:
            row = _row(connection, key_id)
            if row is None:
                raise NotFoundError(f"no key is called {key_id!r}", mend="upright keys list")
            if not row.revoked:
                chosen = update(api_keys).where(api_keys.c.id == key_id)
                connection.execute(chosen.values(revoked=moment))
                append(connection, [Event("key.revoked", row.use_case, {"key": key_id})])
            return _record(row, revoked=moment)

    def ensure_local(self, use_case: str) -> tuple[Path, str]:
        """Return the key file for local use and its secret, made at the first call.

        The local key opens the use case that was started last. Any number of processes may
        call this at once.

        Raises:
            KeyFileError: if the file is open to others or holds no key.
        """
        # The file is written inside the transaction, so that the writers' lock covers it. If
        # the process ends in between, the next call stores the key that the file holds.
        with self._database.writing() as connection:
            secret = self._local_secret(connection)
            key_id = secret[: len(mint_api_key().id)]
            row = _row(connection, key_id)
            if row is None:
                _store(connection, _minted(secret), _LOCAL_NAME, use_case)
            elif row.use_case != use_case:
                chosen = update(api_keys).where(api_keys.c.id == key_id)
                connection.execute(chosen.values(use_case=use_case))
                body = {"key": key_id, "name": _LOCAL_NAME, "moved_from": row.use_case}
                append(connection, [Event("key.created", use_case, body)])
            return self._local_path, secret

    def _local_secret(self, connection: Connection) -> str:
        """Return the file's secret; write a new one if there is no file, or it was revoked."""
        if self._local_path.exists():
            secret = read_private(self._local_path).decode("utf-8", "replace").strip()
            key_id = api_key_id(secret)
            if key_id is None:
                raise KeyFileError(
                    f"{self._local_path}: does not hold an API key",
                    mend="delete the file; the next start writes a new one",
                )
            row = _row(connection, key_id)
            if row is None or not row.revoked:
                return secret
        minted = mint_api_key()
        write_private(self._local_path, minted.secret.encode() + b"\n", replace=True)
        return minted.secret


def _store(connection: Connection, minted: MintedKey, name: str, use_case: str) -> ApiKey:
    key = ApiKey(minted.id, name, use_case, created=now(), revoked="")
    event = Event("key.created", use_case, {"key": minted.id, "name": name})
    columns = {"id": key.id, "name": name, "use_case": use_case, "digest": minted.digest}
    connection.execute(insert(api_keys), [{**columns, "created": key.created, "revoked": ""}])
    append(connection, [event])
    return key


def _minted(secret: str) -> MintedKey:
    return MintedKey(api_key_id(secret) or "", secret, api_key_digest(secret))


def _row(connection: Connection, key_id: str) -> Row[Any] | None:
    return connection.execute(select(api_keys).where(api_keys.c.id == key_id)).first()


def _opens(row: Row[Any], secret: str) -> bool:
    same = secrets.compare_digest(row.digest, api_key_digest(secret))
    return same and not row.revoked


def _record(row: Row[Any], *, revoked: str = "") -> ApiKey:
    return ApiKey(row.id, row.name, row.use_case, row.created, row.revoked or revoked)
