"""The *Ledger* pages: records, filters, and the check of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from upright.console.errors import PageError
from upright.console.frame import go
from upright.console.visit import Page, Visit
from upright.console.words import KINDS

if TYPE_CHECKING:
    from starlette.responses import Response

    from upright.ledger import Verification

_HERE: Final = "ledger"
_PER_PAGE: Final = 50
_PROOF: Final = "proof"
# Past it no database counts.
_LARGEST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Proof:
    """The newest check of the chain by this process.

    Attributes:
        at: when, RFC 3339 UTC.
        ok: whether the chain is whole.
        checked: how many records were computed again.
        first_bad: the first record that does not fit, where there is one.
        problem: what is wrong.
        interrupted: ids of requests that were opened and never closed.
        checkpointed: the last record that a signature covers.
    """

    at: str
    ok: bool
    checked: int
    first_bad: int | None
    problem: str
    interrupted: tuple[str, ...]
    checkpointed: int

    @classmethod
    def of(cls, found: Verification) -> Proof:
        """Return a check's result with its time."""
        return cls(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            ok=found.ok,
            checked=found.checked,
            first_bad=found.first_bad,
            problem=found.problem,
            interrupted=found.interrupted,
            checkpointed=found.checkpointed,
        )


def index(visit: Visit) -> Page:
    """The newest records of the visitor's use, filtered."""
    kind, request = visit.query.get("kind", ""), visit.query.get("request", "").strip()
    entries = visit.state.ledger.entries(
        before=_before(visit.query.get("before", "")),
        limit=_PER_PAGE + 1,
        kind=kind or None,
        use_case=visit.use_case,
        request=request or None,
        newest_first=True,
    )
    shown = entries[:_PER_PAGE]
    values = {
        "entries": shown,
        "older": shown[-1].sequence if len(entries) > _PER_PAGE else None,
        "filters": {"kind": kind, "request": request},
        "kinds": KINDS,
        "proof": visit.desk.memory.get(_PROOF),
        "checkpoint": visit.state.ledger.last_checkpoint(),
    }
    return Page("ledger.html", values, here=_HERE)


def show(visit: Visit) -> Page:
    """One record in full, of the visitor's use only."""
    sequence = int(visit.path["sequence"])
    newest = visit.state.ledger.head()
    entry = visit.state.ledger.entry(min(sequence, _LARGEST))
    if entry.use_case != visit.use_case:
        raise PageError(
            f"Record {sequence} belongs to another use.",
            mend="Sign in with a key of that use.",
            status=403,
        )
    has_next = newest is not None and newest.sequence > sequence
    return Page("ledger_entry.html", {"entry": entry, "has_next": has_next}, here=_HERE)


def verify(visit: Visit) -> Response:
    """Compute the whole chain again and remember the result."""
    visit.desk.memory[_PROOF] = Proof.of(visit.state.ledger.verify())
    return go("/ledger")


def _before(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise PageError(f"{text[:40]!r} is no record's number.")
    return min(int(text[:20]), _LARGEST)
