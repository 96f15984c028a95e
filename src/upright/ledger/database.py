"""The database behind a ledger: SQLite or PostgreSQL, one writer of the chain at a time."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.exc import DBAPIError as DatabaseError

from upright.ledger import sqlite
from upright.ledger.errors import LedgerError, NotFoundError
from upright.terms import ConfigError, MissingExtraError

# Any constant does, as long as every upright uses the same one: "upright" in ASCII.
_APPEND_LOCK = 0x75707269676874


class Database:
    """Transactions on the ledger's tables.

    Args:
        url: `sqlite:///<file>[?synchronous=normal]` or `postgresql://…`.
        create: make a missing SQLite file.

    Raises:
        ConfigError: for another kind of URL.
        NotFoundError: for a missing SQLite file that is not to be made.
        MissingExtraError: for PostgreSQL without the extra `postgres`.
    """

    def __init__(self, url: str | URL, *, create: bool = True) -> None:
        self._url = _parse(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._url, synchronous = sqlite.split_synchronous(self._url)
            path = Path(str(self._url.database))
            if not create and not path.exists():
                raise no_ledger(self.name)
            sqlite.make_private_file(path)
        elif importlib.util.find_spec("psycopg") is None:
            raise MissingExtraError("a PostgreSQL ledger", "postgres", missing="psycopg")
        # Parameters may hold what must not reach a log; errors never show them.
        self.engine: Engine = create_engine(
            self._url, hide_parameters=True, pool_pre_ping=not self.is_sqlite
        )
        self._writer = self.engine.execution_options(**{sqlite.WRITES: True})
        if self.is_sqlite:
            sqlite.prepare(self.engine, synchronous)

    @property
    def name(self) -> str:
        """The URL without its password, for messages."""
        return self._url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that changes nothing.

        Raises:
            LedgerError: if the database cannot be reached or read.
        """
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that alone may append; it commits at the end of the block.

        SQLite takes its write lock at once (`BEGIN IMMEDIATE`), PostgreSQL an advisory lock
        that ends with the transaction. Whoever is inside sees everything committed before.

        Raises:
            LedgerError: if the database cannot be reached or written; nothing is changed then.
        """
        with self._translated(), self._writer.begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_APPEND_LOCK})")
            yield connection

    def forget_deleted(self, table: str) -> None:
        """Clear what deleted rows leave behind in the database's files, as far as it can.

        SQLite has overwritten the pages; the log, which still holds older ones, is emptied
        unless a reader needs it. PostgreSQL frees the rows' space for reuse; its own log and
        its backups keep older pages for as long as it is told to.
        """
        with self._translated():
            if self.is_sqlite:
                sqlite.empty_log(self.engine)
                return
            automatic = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            with automatic.connect() as connection:
                connection.exec_driver_sql(f"VACUUM {table}")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise self._in_words(str(error.orig)) from None
        except SQLAlchemyError as error:
            raise self._in_words(str(error)) from None

    def _in_words(self, raw: str) -> LedgerError:
        # Later lines of a driver's message can quote values.
        problem = raw.strip().partition("\n")[0]
        lowered = problem.lower()
        if "full" in lowered or "no space" in lowered or "disk i/o" in lowered:
            mend = (
                "free some space; nothing was recorded, and recording goes on when there is space"
            )
        elif "locked" in lowered:
            mend = "another process holds the ledger; end it, or try again"
        elif "connect" in lowered:
            mend = "start the database, or correct UPRIGHT_DATABASE_URL"
        else:
            mend = "see the message; `upright ledger verify` checks the chain"
        return LedgerError(f"{self.name}: {problem}", mend=mend)


def no_ledger(name: str) -> NotFoundError:
    """Return the error for a place where a ledger should be and none is."""
    return NotFoundError(
        f"{name}: there is no ledger here",
        mend="set UPRIGHT_HOME or UPRIGHT_DATABASE_URL; `upright serve` makes a new one",
    )


def now() -> str:
    """Return this moment, RFC 3339 in UTC with microseconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _parse(raw: str | URL) -> URL:
    try:
        url = make_url(raw)
    except ArgumentError:
        # The text may hold a password, so it is not repeated.
        raise ConfigError(
            "the ledger's database URL cannot be read",
            mend="UPRIGHT_DATABASE_URL=postgresql://user@host/database, or sqlite:///file",
        ) from None
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    stored = url.database and url.database != ":memory:"
    if url.drivername not in {"sqlite", "postgresql+psycopg"} or not stored:
        raise ConfigError(
            f"{url.render_as_string(hide_password=True)}: no database for a ledger",
            mend="use postgresql://user@host/database, or sqlite:///file",
        )
    return url
