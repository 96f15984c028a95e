"""What waits for a person's decision: answers held back, and appeals against a block."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, insert, select, update

from upright.ledger.chain import append
from upright.ledger.database import Database, now
from upright.ledger.errors import ConflictError, LedgerError, NotFoundError
from upright.ledger.record import Event
from upright.ledger.tables import reviews
from upright.ledger.vault import NewRecord, Vault
from upright.terms import canonical_json

Kind = Literal["review", "appeal"]
State = Literal["open", "decided"]
Decision = Literal["release", "withhold"]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One item of the queue.

    Attributes:
        id: its name.
        time: when it was opened, RFC 3339 UTC.
        use_case: of the request.
        request: id of the request it is about.
        kind: `review` (an answer was held) or `appeal` (a user asks for a second look).
        state: `open` or `decided`.
        findings: what detectors found, as `Finding.to_json` gives it.
        text: what it is about; None once it is erased, and in lists.
        reason: what the user wrote, for an appeal; erased with the text.
        decision: `release`, `withhold`, or "" while open.
        decision_reason: why.
        decided_by: who.
        decided_time: when.
    """

    id: str
    time: str
    use_case: str
    request: str
    kind: Kind
    state: State
    findings: tuple[Mapping[str, Any], ...]
    text: str | None = None
    reason: str = ""
    decision: str = ""
    decision_reason: str = ""
    decided_by: str = ""
    decided_time: str = ""


class ReviewQueue:
    """Items and decisions; texts are in the vault, and every step is an event."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def open(
        self,
        use_case: str,
        request: str,
        *,
        kind: Kind,
        text: str,
        findings: Sequence[Mapping[str, Any]],
        reason: str = "",
    ) -> str:
        """Put an item into the queue and return its id.

        Args:
            use_case: of the request.
            request: id of the request.
            kind: `review` or `appeal`.
            text: what a person must see to decide; it goes into the vault.
            findings: in JSON; explanations never repeat the text.
            reason: what the appealing user wrote; it goes into the vault too.
        """
        item = secrets.token_hex(8)
        secret = canonical_json({"text": text, "reason": reason})
        with self._database.writing() as connection:
            new = NewRecord(kind, secret, use_case, request)
            (record,) = self._vault.put_within(connection, [new])
            row = {
                "id": item,
                "time": now(),
                "use_case": use_case,
                "request": request,
                "kind": kind,
                "findings": json.dumps([dict(finding) for finding in findings]),
                "record": record,
                "state": "open",
            }
            blank = ("decision", "decision_reason", "decided_by", "decided_time")
            connection.execute(insert(reviews), [{**row, **dict.fromkeys(blank, "")}])
            body = {"item": item, "findings": len(findings)}
            append(connection, [Event(f"{kind}.opened", use_case, body, request)])
        return item

    def list(self, state: State | None = None, limit: int = 100) -> list[ReviewItem]:
        """Return items without their texts, newest first.

        Args:
            state: `open` or `decided`; None for both.
            limit: at most so many.
        """
        statement = select(reviews).order_by(reviews.c.time.desc(), reviews.c.id).limit(limit)
        if state is not None:
            statement = statement.where(reviews.c.state == state)
        with self._database.reading() as connection:
            return [_item(row) for row in connection.execute(statement)]

    def get(self, item: str) -> ReviewItem:
        """Return an item with its text.

        Raises:
            NotFoundError: for an unknown id.
        """
        with self._database.reading() as connection:
            row = _row(connection, item)
        secret = self._vault.get(row.record)
        return _item(row, json.loads(secret.decode("utf-8", "surrogatepass")) if secret else {})

    def decide(self, item: str, decision: Decision, reason: str, by: str) -> ReviewItem:
        """Record a person's decision and return the item, with the text if it is still there.

        Args:
            item: its id.
            decision: `release` gives the text to the user, `withhold` does not.
            reason: why; recorded in the chain, so it must not repeat the text.
            by: who decides.

        Raises:
            NotFoundError: for an unknown id.
            ConflictError: if it was decided before.
            LedgerError: for another decision, or no reason.
        """
        if decision not in {"release", "withhold"} or not reason.strip():
            raise LedgerError(
                f"{decision!r} with the reason {reason!r} is no decision",
                mend="release or withhold, and say why",
            )
        with self._database.writing() as connection:
            row = _row(connection, item)
            if row.state != "open":
                raise ConflictError(
                    f"{item}: {row.decided_by} decided it at {row.decided_time}: {row.decision}",
                    mend="a decision stands; open an appeal for a second one",
                )
            values = {"decision": decision, "decision_reason": reason, "decided_by": by}
            chosen = update(reviews).where(reviews.c.id == item)
            connection.execute(chosen.values(state="decided", decided_time=now(), **values))
            body = {"item": item, "decision": decision, "reason": reason, "by": by}
            append(connection, [Event("review.decided", row.use_case, body, row.request)])
        return self.get(item)


def _row(connection: Connection, item: str) -> Row[Any]:
    row = connection.execute(select(reviews).where(reviews.c.id == item)).first()
    if row is None:
        raise NotFoundError(
            f"the review queue has no item {item!r}", mend="the console's Review page lists them"
        )
    return row


def _item(row: Row[Any], secret: Mapping[str, str] | None = None) -> ReviewItem:
    fields = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's public accessor)
    del fields["record"]
    fields["findings"] = tuple(json.loads(row.findings))
    return ReviewItem(**{**fields, **(secret or {})})
