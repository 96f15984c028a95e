"""The way of one request through the gateway, the same for each endpoint that answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Protocol
from urllib.parse import quote

from opentelemetry.trace import Span

from upright.answer import Answerer, Answering, AnswerRequest, PolicyChangedError
from upright.answer.request import Usage, XUpright
from upright.serve import telemetry
from upright.serve.attended import Attended, Wire, event
from upright.serve.errors import Problem
from upright.serve.logs import log
from upright.serve.shapes import Shape, encoded
from upright.serve.state import GatewayState

_HEADER_SAFE = " !\"#$%&'()*+,/:;<=>?@[]^`{|}~"
_RELOADS = 3


class Asked(Protocol):
    """A validated body of an endpoint that answers."""

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the usage."""
        ...

    def asked(self, key_id: str) -> AnswerRequest:
        """Return what is asked of the pipeline."""
        ...


def answer_headers(answering: Answering) -> dict[str, str]:
    """Return the headers that tell who answers; what a header cannot hold is percent-encoded."""
    headers = {"x-upright-id": answering.id}
    if answering.disclosure:
        headers["x-upright-disclosure"] = quote(answering.disclosure, safe=_HEADER_SAFE)
    return headers


class Exchange:
    """One request and its response.

    Args:
        state: the gateway's.
        route: the endpoint, for metrics and logs.
        operation: OpenTelemetry's name for what it does.
        shape: makes the wire format from (answer id, model, usage wanted).
    """

    def __init__(
        self,
        state: GatewayState,
        route: str,
        operation: str,
        shape: Callable[[str, str, bool], Shape],
    ) -> None:
        self._state = state
        self._route = route
        self._operation = operation
        self._shape = shape
        self._started = time.monotonic()
        self._id = ""

    def respond(self, request: AnswerRequest, use: str, *, usage: bool) -> Attended:
        """Return the response that does the work when it is sent."""

        async def work(wire: Wire) -> None:
            limits = self._state.uses.answerer(use).policy.limits
            async with self._state.gate.enter(request.api_key_id, most=limits.max_concurrent):
                await self._serve(wire, request, use, usage=usage)

        return Attended(work, gone=self._gone, failed=self._failed)

    async def _serve(self, wire: Wire, request: AnswerRequest, use: str, *, usage: bool) -> None:
        for attempt in range(_RELOADS):
            try:
                async with self._state.uses.lease(use) as answerer:
                    await self._answer(wire, answerer, request, usage=usage)
            except PolicyChangedError:
                # Raised before anything was generated or sent: the request starts again under
                # the version that is active now.
                if attempt == _RELOADS - 1:
                    raise
                await self._state.uses.load(use)
            else:
                return

    async def _answer(
        self, wire: Wire, answerer: Answerer, request: AnswerRequest, *, usage: bool
    ) -> None:
        answering = answerer.begin(request)
        self._id = answering.id
        wire.headers = answer_headers(answering)
        shape = self._shape(answering.id, answerer.engine.name, usage)
        with self._span(answerer, request) as span:
            span.set_attribute(telemetry.RESPONSE_ID, answering.id)
            if request.stream:
                await self._stream(wire, answering, shape, span)
            else:
                await self._whole(wire, answering, shape, span)

    def _span(self, answerer: Answerer, request: AnswerRequest) -> telemetry.Opened:
        return telemetry.answering(
            self._operation,
            answerer.engine.name,
            {
                telemetry.PROVIDER: answerer.policy.engine.kind,
                telemetry.REQUEST_CHOICES: request.n,
                telemetry.REQUEST_STREAM: request.stream,
                telemetry.USE_CASE: answerer.policy.use_case.name,
                telemetry.POLICY_DIGEST: answerer.policy.digest,
            },
        )

    async def _whole(self, wire: Wire, answering: Answering, shape: Shape, span: Span) -> None:
        answer = await answering.whole()
        body = encoded(shape.whole(answer))
        self._told(span, answer.upright, answer.usage, [c.finish_reason for c in answer.choices])
        await wire.whole(body)

    async def _stream(self, wire: Wire, answering: Answering, shape: Shape, span: Span) -> None:
        reasons: list[str] = []
        async with aclosing(answering.pieces()) as pieces:
            async for piece in pieces:
                # The status waits for the first piece: until then an error can still be one.
                if not wire.started:
                    await self._start(wire)
                if piece.finish_reason is not None:
                    reasons.append(piece.finish_reason)
                if piece.upright is not None and piece.usage is not None:
                    self._told(span, piece.upright, piece.usage, reasons)
                for chunk in shape.chunks(piece):
                    await wire.write(event(encoded(chunk)))
        await wire.write(event(b"[DONE]"), more=False)

    async def _start(self, wire: Wire) -> None:
        self._state.metrics.first.labels(self._route).observe(time.monotonic() - self._started)
        headers = {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }
        await wire.start(200, headers)

    def _told(self, span: Span, upright: XUpright, usage: Usage, reasons: list[str]) -> None:
        span.set_attribute(telemetry.FINISH_REASONS, reasons)
        span.set_attribute(telemetry.INPUT_TOKENS, usage.prompt_tokens)
        span.set_attribute(telemetry.OUTPUT_TOKENS, usage.completion_tokens)
        span.set_attribute(telemetry.ACTION, upright.action)
        self._state.metrics.answered(upright, usage)
        self._note(200, upright.action)

    def _note(self, status: int, action: str = "", code: str = "") -> None:
        seconds = time.monotonic() - self._started
        self._state.metrics.requests.labels(self._route, str(status)).inc()
        self._state.metrics.seconds.labels(self._route).observe(seconds)
        log(
            "answered" if status == 200 else "refused",  # noqa: PLR2004 (HTTP's word for success)
            id=self._id,
            route=self._route,
            status=status,
            action=action,
            code=code,
            milliseconds=round(seconds * 1000),
        )

    def _gone(self) -> None:
        self._state.metrics.cancelled.labels(self._route).inc()
        log("client_gone", id=self._id, route=self._route)

    def _failed(self, problem: Problem) -> None:
        self._state.metrics.refused.labels(problem.code).inc()
        self._note(problem.status, code=problem.code)
