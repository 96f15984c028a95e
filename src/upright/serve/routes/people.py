"""Addresses through which a reader of answers reaches a person."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from upright.ledger import Entry, NotFoundError
from upright.serve.body import read_model
from upright.serve.describe import body_of
from upright.serve.errors import refused
from upright.serve.wire import AppealRequest

if TYPE_CHECKING:
    from fastapi import FastAPI

    from upright.ledger import Ledger, ReviewItem
    from upright.serve.state import GatewayState

_APPEAL_BYTES = 100_000
_WITHHELD = frozenset({"block", "review", "replace", "redact", "pseudonymise"})


def add(app: FastAPI, state: GatewayState) -> None:
    """Add the addresses to the application."""

    @app.get("/v1/reviews/{item}", tags=["people"])
    async def review(request: Request, item: str) -> Response:
        """Tell how an item of the review queue stands; give its text once it is released."""
        key = await state.key(request.headers.get("authorization"))
        try:
            found = await asyncio.to_thread(state.ledger.reviews.get, item)
        except NotFoundError:
            raise _unknown() from None
        if found.use_case != key.use_case:
            raise _unknown()
        return JSONResponse(_shown(found))

    @app.post("/v1/appeals", tags=["people"], status_code=201, **body_of(AppealRequest))
    async def appeals(request: Request) -> Response:
        """Ask a person to look again at an answer that was withheld or altered."""
        key = await state.key(request.headers.get("authorization"))
        body = await read_model(request, AppealRequest, limit=_APPEAL_BYTES)
        found = await asyncio.to_thread(appeal, state.ledger, key.use_case, body)
        return JSONResponse(_shown(found), 201)


def appeal(ledger: Ledger, use_case: str, asked: AppealRequest) -> ReviewItem:
    """Open an appeal, or return the one that is open already.

    Raises:
        ApiError: 404 for an answer this use did not give, 409 for one that was not touched.
    """
    entries = ledger.entries(request=asked.id, use_case=use_case, limit=100)
    if not entries:
        raise refused(404, "answer_not_found", "this use gave no answer of that id", param="id")
    if not _touched(entries):
        raise refused(409, "nothing_withheld", "nothing was withheld or altered in that answer")
    for waiting in ledger.reviews.list("open", limit=1000):
        if waiting.request == asked.id and waiting.kind == "appeal":
            return waiting
    item = ledger.reviews.open(
        use_case, asked.id, kind="appeal", text=asked.text, findings=[], reason=asked.reason
    )
    return ledger.reviews.get(item)


def _touched(entries: list[Entry]) -> bool:
    told = [entry.body.get(part) for entry in entries for part in ("prompt", "output")]
    return any(isinstance(part, dict) and part.get("action") in _WITHHELD for part in told)


def _shown(item: ReviewItem) -> dict[str, Any]:
    released = item.state == "decided" and item.decision == "release"
    return {
        "id": item.id,
        "object": "upright.review",
        "kind": item.kind,
        "answer": item.request,
        "state": item.state,
        "decision": item.decision or None,
        "reason": item.decision_reason or None,
        "text": item.text if released else None,
    }


def _unknown() -> Exception:
    return refused(404, "review_not_found", "this use has no review of that id")
