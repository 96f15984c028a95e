"""Checking the whole chain: every edit, removal, reorder and cut before the last checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from upright.keys import SigningKeys
from upright.ledger import chain
from upright.ledger.anchors import weigh, weigh_copies
from upright.ledger.checkpoint import Checkpoint, CheckpointFile
from upright.ledger.database import Database
from upright.ledger.record import GENESIS, entry_digest
from upright.ledger.replay import PolicyReplay, PolicyTables
from upright.ledger.tables import checkpoints, events

Progress = Callable[[int, int], None]
_PROGRESS_EVERY = 5000


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking the chain found.

    Attributes:
        ok: nothing was tampered with, as far as checkpoints and the chain can tell.
        checked: entries read and found sound.
        first_bad: sequence of the first bad or missing entry; None if no entry is bad.
        problem: what is wrong, in words; "" if nothing is.
        interrupted: ids of requests that were opened and not closed: still running, or cut off.
        checkpointed: the last entry that a sound checkpoint covers; whoever can write the
            database may have replaced what follows it.
    """

    ok: bool
    checked: int
    first_bad: int | None
    problem: str
    interrupted: tuple[str, ...]
    checkpointed: int

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        shape = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**shape, "interrupted": list(self.interrupted)}


def verify(
    database: Database,
    keys: SigningKeys,
    file: CheckpointFile,
    *,
    progress: Progress | None = None,
    copies: CheckpointFile | None = None,
) -> Verification:
    """Recompute the chain and compare it with every checkpoint.

    Writers go on meanwhile: what they append after the start is left for the next time.

    Args:
        database: where the events are.
        keys: only the public ones are used.
        file: the checkpoints outside the database.
        progress: called now and then with (entries read, entries in all).
        copies: checkpoints that were kept elsewhere, to be held against the chain as well.

    Raises:
        LedgerError: if the database cannot be read.
        KeyFileError: if a public key file is damaged.
    """
    # Under the writers' lock, so that chain, tables, file and keys are of one moment.
    with database.writing() as connection:
        total, _ = chain.head(connection)
        stored = [Checkpoint(**row._mapping) for row in connection.execute(select(checkpoints))]  # noqa: SLF001 (SQLAlchemy's public accessor)
        lines = list(file.lines())
        tables = PolicyTables.read(connection)
        trusted = keys.trusted()
    anchors = weigh(stored, lines, trusted, file)
    if copies is not None:
        anchors = anchors.joined(weigh_copies(copies, trusted))
    walk = _Walk(anchors.heads)
    with database.reading() as connection:
        for row in _rows(connection, total):
            if not walk.step(row):
                break
            if progress is not None and walk.checked % _PROGRESS_EVERY == 0:
                progress(walk.checked, total)
    walk.end()
    if progress is not None:
        progress(walk.checked, total)
    problem = walk.problem or anchors.problem or walk.policies.problem(tables)
    return Verification(
        ok=not problem,
        checked=walk.checked,
        first_bad=walk.first_bad,
        problem=problem,
        interrupted=tuple(walk.open),
        checkpointed=walk.anchored,
    )


def _rows(connection: Connection, total: int) -> Iterator[Sequence[Any]]:
    """Yield (sequence, time, kind, use_case, request, body, previous, digest) in order."""
    statement = select(events).where(events.c.sequence <= total).order_by(events.c.sequence)
    yield from connection.execution_options(yield_per=1000).execute(statement)


class _Walk:
    """Goes along the chain until the first entry that does not fit."""

    def __init__(self, heads: dict[int, str]) -> None:
        self._heads = heads
        self._previous = GENESIS
        self.checked = 0
        self.anchored = 0
        self.first_bad: int | None = None
        self.problem = ""
        self.open: dict[str, None] = {}
        self.policies = PolicyReplay()

    def step(self, row: Sequence[Any]) -> bool:
        """Take the next row; False if it does not fit."""
        expected = self.checked + 1
        sequence, _, _, _, _, _, previous, digest = row
        if sequence != expected:
            missing = f"{expected}" if sequence == expected + 1 else f"{expected} to {sequence - 1}"
            return self._fail(expected, f"record {missing} is missing")
        if previous != self._previous:
            return self._fail(expected, f"record {expected} does not follow the record before it")
        if digest != _recompute(row):
            return self._fail(expected, f"record {expected} was changed after it was written")
        if self._heads.get(expected, digest) != digest:
            return self._fail(
                self.anchored + 1,
                f"the records {self.anchored + 1} to {expected} are not those that the "
                f"checkpoint at {expected} was signed for: the chain was computed anew",
            )
        self._accept(row)
        return True

    def end(self) -> None:
        """Look for records that checkpoints know and the chain no longer has."""
        last = max(self._heads, default=0)
        if not self.problem and last > self.checked:
            self._fail(
                self.checked + 1,
                f"the end was cut off: a checkpoint was signed for {last} records, "
                f"and {self.checked} are left",
            )

    def _accept(self, row: Sequence[Any]) -> None:
        sequence, _, kind, use_case, request, body, _, digest = row
        self.checked = sequence
        self._previous = digest
        if sequence in self._heads:
            self.anchored = sequence
        if kind == "opened":
            self.open[request] = None
        elif kind == "closed":
            self.open.pop(request, None)
        self.policies.take(kind, use_case, body)

    def _fail(self, sequence: int, problem: str) -> bool:
        self.first_bad = sequence
        self.problem = problem
        return False


def _recompute(row: Sequence[Any]) -> str | None:
    try:
        return entry_digest(*row[:7])
    except TypeError:
        return None  # A column was given another type, which SQLite allows.
