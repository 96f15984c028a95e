"""Appending to the chain, and reading it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypedDict, Unpack

from sqlalchemy import Connection, Row, Select, func, insert, select

from upright.ledger.database import now
from upright.ledger.record import GENESIS, Entry, Event, entry_digest
from upright.ledger.tables import events

# Built once: putting a statement together costs more than running it.
_NEWEST = select(events.c.sequence, events.c.digest).order_by(events.c.sequence.desc()).limit(1)
_INSERT = insert(events)


def append(connection: Connection, batch: Sequence[Event]) -> list[Entry]:
    """Append events, in their order, to the end of the chain.

    Args:
        connection: from `Database.writing`, so that nobody else appends meanwhile.
        batch: one transaction's events.

    Returns:
        Their entries, which count once the transaction is committed.
    """
    if not batch:
        return []
    last, previous = head(connection)
    rows: list[dict[str, Any]] = []
    for sequence, event in enumerate(batch, last + 1):
        row = _row(sequence, event, previous)
        previous = row["digest"]
        rows.append(row)
    connection.execute(_INSERT, rows)
    return [Entry(**{**row, "body": json.loads(row["body"])}) for row in rows]


def _row(sequence: int, event: Event, previous: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sequence": sequence,
        "time": now(),
        "kind": event.kind,
        "use_case": event.use_case,
        "request": event.request,
        "body": event.body_text(),
        "previous": previous,
    }
    return {**row, "digest": entry_digest(**row)}


def head(connection: Connection) -> tuple[int, str]:
    """Return sequence and digest of the last entry; (0, GENESIS) for an empty chain."""
    row = connection.execute(_NEWEST).first()
    return (row.sequence, row.digest) if row else (0, GENESIS)


def count(connection: Connection) -> int:
    """Return how many entries there are."""
    return connection.execute(select(func.count()).select_from(events)).scalar_one()


class Selection(TypedDict, total=False):
    """Which entries to read.

    Attributes:
        after: only those behind this sequence.
        before: only those in front of it.
        limit: at most so many; 100 if not given, None for all.
        kind: only of this kind.
        use_case: only of this use case.
        request: only of this request.
        newest_first: from the end of the chain.
    """

    after: int
    before: int | None
    limit: int | None
    kind: str | None
    use_case: str | None
    request: str | None
    newest_first: bool


def query(**which: Unpack[Selection]) -> Select[Any]:
    """Return the statement for the entries that fit, in order."""
    sequence = events.c.sequence
    order = sequence.desc() if which.get("newest_first") else sequence
    statement = select(events).order_by(order).limit(which.get("limit", 100))
    statement = statement.where(sequence > which.get("after", 0))
    if (before := which.get("before")) is not None:
        statement = statement.where(sequence < before)
    wanted = {name: which.get(name) for name in ("kind", "use_case", "request")}
    for name, value in wanted.items():
        if value is not None:
            statement = statement.where(events.c[name] == value)
    return statement


def read(connection: Connection, statement: Select[Any]) -> Iterator[Entry]:
    """Yield the entries of a `query`, a thousand rows in memory at a time."""
    for row in connection.execution_options(yield_per=1000).execute(statement):
        yield _entry(row)


def _entry(row: Row[Any]) -> Entry:
    fields = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public accessor)
    try:
        body = json.loads(fields["body"])
    except ValueError:
        # A tampered row must be shown, not hidden behind an error; `verify` names it.
        body = {"unreadable": fields["body"]}
    return Entry(**{**fields, "body": body})
