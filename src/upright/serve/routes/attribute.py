"""The address for whoever asks which training documents a text rests on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from upright.answer import UseStoppedError
from upright.answer.journal import Journal
from upright.attribute import Attribution, Attributor
from upright.match.passages import PassageIndexError
from upright.serve.body import read_model
from upright.serve.describe import body_of
from upright.serve.errors import refused
from upright.serve.logs import log_failure
from upright.serve.wire import AttributeRequest

if TYPE_CHECKING:
    from fastapi import FastAPI

    from upright.answer import Answerer
    from upright.policy import Policy
    from upright.serve.state import GatewayState

LONGEST = 200_000
"""Characters of a text that is held against the training data."""
_BYTES = 1_000_000
_OPEN = 16

Answered = TypeVar("Answered")


def add(app: FastAPI, state: GatewayState) -> None:
    """Add the address to the application."""

    @app.post("/v1/attribute", tags=["origin"], **body_of(AttributeRequest))
    async def attribute(request: Request) -> Response:
        """Say which passages of a text stand in the training data, and where."""
        key = await state.key(request.headers.get("authorization"))
        body = await read_model(request, AttributeRequest, limit=_BYTES)
        most = state.uses.answerer(key.use_case).policy.limits.max_concurrent
        async with (
            state.gate.enter(key.id, most=most),
            state.uses.lease(key.use_case) as answerer,
        ):
            found = await attribution(answerer, body.text, most=body.most)
        told: dict[str, Any] = {"id": body.id} if body.id else {}
        return JSONResponse({"object": "upright.attribution", **told, **found.to_json()})


async def attribution(answerer: Answerer, text: str, *, most: int) -> Attribution:
    """Hold a text against the training data of a use, and record that somebody asked.

    Raises:
        ApiError: 413 for too long a text, 404 where the use names no index, 503 for a damaged one.
        UseStoppedError: if the use is stopped.
    """
    if len(text) > LONGEST:
        told = f"a text may have {LONGEST} characters"
        raise refused(413, "text_too_long", told, param="text")
    policy = answerer.policy

    def ask(one: Attributor) -> Attribution:
        return one.attribute(text, most=most)

    found = await asyncio.to_thread(asked, policy, ask)
    journal = Journal(answerer.writer, policy.use_case.name, "")
    body = {"endpoint": "attribute", "texts": 1, "spans": len(found.spans), "index": found.index}
    use = await journal.write("verdict", body)
    if use.stopped:
        raise UseStoppedError(policy.use_case.name, use.reason)
    return found


def asked(policy: Policy, ask: Callable[[Attributor], Answered]) -> Answered:
    """Ask what answers for the training data of a use; an index is opened once.

    Raises:
        ApiError: 404 where the use names no index, 503 for one that is missing or damaged.
    """
    folder = policy.training_folder
    if folder is None:
        raise refused(404, "no_training_index", "this use names no index of its training data")
    try:
        return ask(_opened(folder))
    except PassageIndexError as error:
        # What is wrong names folders of this machine: it belongs in the log.
        log_failure("attribute_index", error)
        told = "the index of training data cannot be read; the service's log says why"
        raise refused(503, "training_index_unavailable", told) from None


@lru_cache(maxsize=_OPEN)
def _opened(folder: Path) -> Attributor:
    return Attributor(folder)
