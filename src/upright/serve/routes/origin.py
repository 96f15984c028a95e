"""Addresses for whoever asks where a text came from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from upright.answer import UseStoppedError
from upright.answer.journal import Journal
from upright.certify import Certifier
from upright.generate import ReadingEngine
from upright.generate.marking import keys_of
from upright.serve.attended import Attended, Wire
from upright.serve.body import read_model
from upright.serve.describe import body_of
from upright.serve.errors import Problem, refused
from upright.serve.logs import log
from upright.serve.wire import VerifyRequest
from upright.terms import ConfigError
from upright.verify import UnknownGroupError, Verification, Verifier

if TYPE_CHECKING:
    from fastapi import FastAPI

    from upright.answer import Answerer
    from upright.serve.state import GatewayState

# A text that a model reads costs about as much as one that it writes.
LONGEST_READ = 20_000
_BYTES = 1_000_000
# Whoever has no key may not keep the model from those who have one.
LONGEST_PUBLIC = 4_000
_PUBLIC_BYTES = 40_000
_PUBLIC_AT_ONCE = 1


def add(app: FastAPI, state: GatewayState) -> None:
    """Add the addresses to the application."""

    @app.post("/v1/verify", tags=["origin"], **body_of(VerifyRequest))
    async def verify(request: Request) -> Response:
        """Say what is known of where a text came from."""
        authorization = request.headers.get("authorization")
        if authorization is None:
            body = await _read_public(state, request)
            caller = use_case = await state.anybody(body.use_case)
        else:
            key = await state.key(authorization)
            caller, use_case = key.id, key.use_case
            body = await read_model(request, VerifyRequest, limit=_BYTES)
        limits = state.uses.answerer(use_case).policy.limits
        most = limits.max_concurrent if authorization else _PUBLIC_AT_ONCE

        async def work(wire: Wire) -> None:
            async with (
                state.gate.enter(caller, most=most),
                state.uses.lease(use_case) as answerer,
            ):
                found = await verification(
                    answerer,
                    body.text,
                    prompt=body.prompt or "",
                    writer=body.writer,
                    kind=body.kind,
                )
            told: dict[str, Any] = {"id": body.id} if body.id else {}
            # Whoever sees p-values can change a text word by word until the mark is gone.
            shown = found.coarse() if authorization is None else found.to_json()
            shape = {"object": "upright.verification", **told, **shown}
            await wire.whole(bytes(JSONResponse(shape).body))

        return _attended(state, work)


def _attended(state: GatewayState, work: Callable[[Wire], Awaitable[None]]) -> Attended:
    """Return the response that lets a model go once nobody waits for what it reads."""

    def gone() -> None:
        state.metrics.cancelled.labels("verify").inc()
        log("client_gone", route="verify")

    def failed(problem: Problem) -> None:
        state.metrics.refused.labels(problem.code).inc()

    return Attended(work, gone=gone, failed=failed)


async def _read_public(state: GatewayState, request: Request) -> VerifyRequest:
    """Read what somebody without a key asks: little, since reading a text is dear."""
    if not state.is_public:
        await state.key(None)
    body = await read_model(request, VerifyRequest, limit=_PUBLIC_BYTES)
    if len(body.text) > LONGEST_PUBLIC or body.prompt:
        raise refused(
            413,
            "text_too_long",
            f"without a key a text may have {LONGEST_PUBLIC} characters, and no prompt",
            param="text",
        )
    return body


async def verification(
    answerer: Answerer,
    text: str,
    *,
    prompt: str = "",
    writer: str | None = None,
    kind: str | None = None,
) -> Verification:
    """Look for the evidence a use can have left in a text, and record that somebody asked.

    Raises:
        ApiError: 413 for a text that is too long to be read, 400 for one that is none, and for a
            writer or a kind of text that was not measured.
        UseStoppedError: if the use is stopped.
    """
    if len(text) > LONGEST_READ or len(prompt) > LONGEST_READ:
        raise refused(
            413,
            "text_too_long",
            f"text and prompt may have {LONGEST_READ} characters",
            param="text",
        )
    engine, policy = answerer.engine, answerer.policy
    keys = await asyncio.to_thread(keys_of, policy, answerer.ledger.home)
    verifier = Verifier(
        policy,
        # What another engine writes carries no mark, so there is none to look for.
        engine=engine if isinstance(engine, ReadingEngine) else None,
        keys=keys,
        certifier=Certifier.open(answerer.ledger),
        sampling=answerer.sampling({}),
    )
    try:
        found = await verifier.verify(text, prompt=prompt, writer=writer, kind=kind)
    except UnknownGroupError as error:
        told = f"{error.problem}; {error.mend}"
        raise refused(400, f"unknown_{error.group}", told, param=error.group) from None
    except ConfigError as error:
        raise refused(400, "not_a_text", error.problem, param="text") from None
    journal = Journal(answerer.writer, policy.use_case.name, "")
    body = {"endpoint": "verify", "texts": 1, "verdict": found.verdict}
    use = await journal.write("verdict", body)
    if use.stopped:
        raise UseStoppedError(policy.use_case.name, use.reason)
    return found
