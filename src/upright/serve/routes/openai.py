"""Addresses for programs: OpenAI's wire format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from upright.answer.journal import Journal, summary
from upright.answer.request import TextVerdict, UseStoppedError
from upright.serve.answering import Exchange
from upright.serve.body import read_model
from upright.serve.describe import body_of
from upright.serve.errors import refused
from upright.serve.moderation import moderated
from upright.serve.shapes import ChatShape, CompletionShape
from upright.serve.wire import ChatRequest, CompletionRequest, ModerationRequest
from upright.terms import Record, Stage

if TYPE_CHECKING:
    from fastapi import FastAPI

    from upright.answer import Answerer
    from upright.serve.state import GatewayState


def add(app: FastAPI, state: GatewayState) -> None:
    """Add the addresses to the application."""
    _add_answers(app, state)
    _add_models(app, state)
    _add_moderations(app, state)


def _add_answers(app: FastAPI, state: GatewayState) -> None:
    @app.post("/v1/chat/completions", tags=["answers"], **body_of(ChatRequest))
    async def chat_completions(request: Request) -> Response:
        """Answer a conversation."""
        key = await state.key(request.headers.get("authorization"))
        exchange = Exchange(state, "chat.completions", "chat", _chat)
        body = await read_model(request, ChatRequest, limit=_limit(state, key.use_case))
        return exchange.respond(body.asked(key.id), key.use_case, usage=body.wants_usage)

    @app.post("/v1/completions", tags=["answers"], **body_of(CompletionRequest))
    async def completions(request: Request) -> Response:
        """Continue a text."""
        key = await state.key(request.headers.get("authorization"))
        exchange = Exchange(state, "completions", "text_completion", _completion)
        body = await read_model(request, CompletionRequest, limit=_limit(state, key.use_case))
        return exchange.respond(body.asked(key.id), key.use_case, usage=body.wants_usage)


def _add_models(app: FastAPI, state: GatewayState) -> None:
    @app.get("/v1/models", tags=["models"])
    async def models(request: Request) -> Response:
        """List what the key opens: its use, and the model that writes behind it."""
        key = await state.key(request.headers.get("authorization"))
        return JSONResponse({"object": "list", "data": _models(state, key.use_case)})

    @app.get("/v1/models/{name:path}", tags=["models"])
    async def model(request: Request, name: str) -> Response:
        """Describe one of them."""
        key = await state.key(request.headers.get("authorization"))
        for known in _models(state, key.use_case):
            if name == known["id"]:
                return JSONResponse(known)
        raise refused(404, "model_not_found", "this key opens another model; see /v1/models")


def _add_moderations(app: FastAPI, state: GatewayState) -> None:
    @app.post("/v1/moderations", tags=["moderation"], **body_of(ModerationRequest))
    async def moderations(request: Request) -> Response:
        """Judge texts as answers of this use, without changing them."""
        key = await state.key(request.headers.get("authorization"))
        body = await read_model(request, ModerationRequest, limit=_limit(state, key.use_case))
        texts = body.texts()
        most = state.uses.answerer(key.use_case).policy.limits.max_concurrent
        async with (
            state.gate.enter(key.id, most=most),
            state.uses.lease(key.use_case) as answerer,
        ):
            judged = await _judged(answerer, texts)
            return JSONResponse(moderated(judged, "upright", answerer.judge.digest))


async def _judged(answerer: Answerer, texts: list[str]) -> list[TextVerdict]:
    verdicts = await answerer.judge.texts([Record(text) for text in texts])
    judged = [
        TextVerdict(Stage.OUTPUT, index, "content", verdict)
        for index, verdict in enumerate(verdicts)
    ]
    journal = Journal(answerer.writer, answerer.policy.use_case.name, "")
    journal.note_errors(judged)
    use = await journal.write(
        "verdict", {"endpoint": "moderations", "texts": len(texts), "output": summary(judged)}
    )
    if use.stopped:
        raise UseStoppedError(answerer.policy.use_case.name, use.reason)
    return judged


def _limit(state: GatewayState, use: str) -> int:
    return state.uses.answerer(use).policy.limits.max_request_bytes


def _models(state: GatewayState, use: str) -> list[dict[str, Any]]:
    answerer = state.uses.answerer(use)
    evidence = {"use_case": use, "policy_digest": answerer.policy.digest}
    return [
        {"id": name, "object": "model", "created": 0, "owned_by": owner, "x_upright": evidence}
        for name, owner in ((use, "upright"), (answerer.engine.name, answerer.policy.engine.kind))
    ]


def _chat(answer: str, model: str, usage: bool) -> ChatShape:  # noqa: FBT001 (Exchange's one call)
    return ChatShape(answer, model, usage=usage)


def _completion(answer: str, model: str, usage: bool) -> CompletionShape:  # noqa: FBT001 (see above)
    return CompletionShape(answer, model, usage=usage)
