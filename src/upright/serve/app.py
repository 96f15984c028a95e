"""The HTTP application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from upright.serve.errors import ApiError, Problem, http_problem, problem_of
from upright.serve.logs import log_failure
from upright.serve.routes import attribute, certificates, health, images, openai, origin, people
from upright.serve.state import GatewayState

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DESCRIPTION = (
    "OpenAI's wire format in front of a guarded language model. What may be asked and answered "
    "is decided by the use-case file of the key's use; no field and no header changes it."
)


def build_app(state: GatewayState) -> FastAPI:
    """Return the gateway's application; starting and ending it starts and ends `state`."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await state.start()
            yield
        finally:
            await state.close()

    app = FastAPI(
        title="upright",
        description=_DESCRIPTION,
        lifespan=lifespan,
        # Its pages would load scripts from elsewhere; the description itself is enough.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.gateway = state
    app.add_middleware(Shell, state=state)
    for kind, handler in _handlers(state).items():
        app.add_exception_handler(kind, handler)
    for routes in (openai, images, origin, attribute, certificates, people, health):
        routes.add(app, state)
    return app


def _handlers(
    state: GatewayState,
) -> dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]]:
    async def api_error(_: Request, error: ApiError) -> Response:
        state.metrics.refused.labels(error.problem.code).inc()
        return _response(error.problem)

    async def http_error(_: Request, error: HTTPException) -> Response:
        return _response(http_problem(error.status_code), error.headers)

    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        param = str(first["loc"][-1])
        problem = Problem(400, "invalid_request", f"{param}: {first['msg']}", param)
        state.metrics.refused.labels(problem.code).inc()
        return _response(problem)

    return {ApiError: api_error, HTTPException: http_error, RequestValidationError: invalid}


def _response(problem: Problem, headers: Any = None) -> Response:  # noqa: ANN401 (Starlette's own optional mapping)
    return JSONResponse(problem.envelope(), problem.status, {**(headers or {}), **problem.headers})


class Shell:
    """The outermost layer: a failure nobody foresaw becomes an envelope and one discreet line.

    Args:
        app: what is inside.
        state: the gateway's.
    """

    def __init__(self, app: ASGIApp, state: GatewayState) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 (the last place where a failure can be answered)
            log_failure("failed", error)
            self._state.metrics.refused.labels("internal_error").inc()
            if not started:
                await _response(problem_of(error))(scope, receive, send)
