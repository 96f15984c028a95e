"""What the ledger is told of one request: digests, counts and names, never text."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from upright.answer.request import TextVerdict
from upright.ledger import Event
from upright.terms import Action, canonical_json

if TYPE_CHECKING:
    from upright.ledger import Entry, LedgerWriter, NewCertificate, UseState

_DOMAIN = b"upright answer 1\x00"


def salted_digest(salt: bytes, value: Any) -> str:  # noqa: ANN401 (any JSON value)
    """Return the digest of a JSON value that nobody without the salt can guess their way to."""
    return "sha256:" + hashlib.sha256(_DOMAIN + salt + canonical_json(value)).hexdigest()


def strictest(verdicts: Iterable[TextVerdict]) -> Action:
    """Return the strictest action over verdicts; `allow` over none."""
    actions = (judged.verdict.action for judged in verdicts)
    return max(actions, key=lambda action: action.strictness, default=Action.ALLOW)


def summary(verdicts: Sequence[TextVerdict]) -> dict[str, Any]:
    """Return action, findings by rule and action, and the errors of some verdicts."""
    counts = Counter(
        (outcome.finding.rule, outcome.action.value)
        for judged in verdicts
        for outcome in judged.verdict.outcomes
    )
    rules: dict[str, dict[str, int]] = {}
    for (rule, action), count in sorted(counts.items()):
        rules.setdefault(rule, {})[action] = count
    errors = {
        (error.rule, error.kind): error.to_json()
        for judged in verdicts
        for error in judged.verdict.errors
    }
    return {
        "action": strictest(verdicts).value,
        "rules": rules,
        "errors": [errors[name] for name in sorted(errors)],
    }


class Journal:
    """Writes one request's events.

    Args:
        writer: commits them.
        use_case: the use.
        request: the request's id.
    """

    def __init__(self, writer: LedgerWriter, use_case: str, request: str) -> None:
        self._writer = writer
        self._use_case = use_case
        self._request = request

    def submit(
        self, kind: str, body: Mapping[str, Any], certificates: Sequence[NewCertificate] = ()
    ) -> Future[tuple[Entry, UseState]]:
        """Hand an event to the writer; its future is done when the event is committed.

        Args:
            kind: of event.
            body: what it says.
            certificates: recorded with it, or not at all.
        """
        event = Event(kind, self._use_case, body, self._request)
        return self._writer.submit(event, certificates)

    async def write(
        self, kind: str, body: Mapping[str, Any], certificates: Sequence[NewCertificate] = ()
    ) -> UseState:
        """Commit an event and return the state of the use at that very moment; see `submit`."""
        _, state = await asyncio.wrap_future(self.submit(kind, body, certificates))
        return state

    def note_errors(self, verdicts: Sequence[TextVerdict]) -> None:
        """Hand in an `error` event for each stage at which a detector gave no answer."""
        for stage in sorted({judged.stage for judged in verdicts if judged.verdict.errors}):
            told = summary([judged for judged in verdicts if judged.stage is stage])
            self.submit("error", {"stage": stage.value, "errors": told["errors"]})
