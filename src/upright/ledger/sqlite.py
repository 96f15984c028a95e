"""How the ledger uses SQLite: durable, private, one writer, and honest about broken rows."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event

from upright.ledger.errors import LedgerError
from upright.terms import ConfigError

WRITES = "upright_writes"
"""Execution option of a connection whose transactions append."""

_log = logging.getLogger(__name__)
_BUSY_TIMEOUT_MS = 30_000
_PAUSE = 0.01  # seconds between two tries
_PATIENCE_MS = 500
# FULL syncs the log at every commit: what was acknowledged survives a killed process and a
# power cut. NORMAL survives the killed process only. Group commit shares the cost.
_SYNCHRONOUS = ("full", "normal")


def split_synchronous(url: URL) -> tuple[URL, str]:
    """Take `?synchronous=…` out of a URL.

    Returns:
        The URL without it, and its value, `full` if it is not given.

    Raises:
        ConfigError: for a value that loses acknowledged records when a process is killed.
    """
    value = url.query.get("synchronous", _SYNCHRONOUS[0])
    if value not in _SYNCHRONOUS:
        raise ConfigError(
            f"synchronous={value}: a ledger cannot be kept so",
            mend=f"one of: {', '.join(_SYNCHRONOUS)}",
        )
    return url.difference_update_query(["synchronous"]), str(value)


def make_private_file(path: Path) -> None:
    """Make the database file first, since SQLite would let everybody read it.

    Raises:
        LedgerError: if it cannot be made.
    """
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise LedgerError(
            f"{path}: cannot be written: {error.strerror}", mend="check UPRIGHT_HOME"
        ) from None


def prepare(engine: Engine, synchronous: str) -> None:
    """Set up every connection of an engine."""

    def configure(raw: Any, _record: object) -> None:  # noqa: ANN401 (a driver's connection)
        # SQLAlchemy begins transactions through `_begin`, never the driver on its own.
        raw.isolation_level = None
        # A row with broken bytes must reach `verify`, which names it, instead of failing here.
        raw.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        _log_ahead(cursor)
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        # Overwrite what is deleted, so that erased vault records leave no trace in free pages.
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", _begin)


def _log_ahead(cursor: sqlite3.Cursor) -> None:
    """Have a write-ahead log, waiting for others who turn it on in the same new database.

    SQLite waits for locks, but not for this one: both would wait for each other.
    """
    until = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            return


def empty_log(engine: Engine) -> None:
    """Bring the write-ahead log into the database and cut it to nothing.

    A long reader keeps the log alive. Writers are not made to wait for it: the log is then left
    to the next call, or to the last connection that closes, and a warning says so.
    """
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    finally:
        raw.close()
    if busy:
        _log.warning("a reader keeps erased records in the database's log until it ends")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
