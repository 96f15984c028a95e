"""A response whose work ends when its client does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from upright.serve.errors import Problem, problem_of
from upright.serve.logs import log_failure

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

# A client that reads nothing for so long holds memory and an engine for nobody.
SEND_SECONDS = 30.0


class Wire:
    """Sends one response, bounded in time, and knows how far it got.

    Attributes:
        started: status and headers are out.
        headers: stand in every response, also in that of an error.
    """

    def __init__(self, send: Send, *, seconds: float) -> None:
        self._send = send
        self._seconds = seconds
        self.started = False
        self.headers: dict[str, str] = {}

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Send status and headers."""
        self.started = True
        told = self.headers | dict(headers)
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
        await self._timed({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, data: bytes, *, more: bool = True) -> None:
        """Send a part of the body; waits while the client is slow.

        Raises:
            TimeoutError: if the client takes nothing for too long.
        """
        await self._timed({"type": "http.response.body", "body": data, "more_body": more})

    async def whole(self, body: bytes) -> None:
        """Send a whole body of JSON with the status 200."""
        size = str(len(body))
        await self.start(200, {"content-type": "application/json", "content-length": size})
        await self.write(body, more=False)

    async def _timed(self, message: Message) -> None:
        async with asyncio.timeout(self._seconds):
            await self._send(message)


class Attended(Response):
    """Runs `work` and cancels it as soon as the client has gone.

    Watching the connection here, and not between two chunks of the body, stops an engine that
    has not written its first token yet.

    Args:
        work: writes the response.
        gone: called when the client left before the end.
        failed: called with the Problem that ended the response, if one did.
    """

    def __init__(
        self,
        work: Callable[[Wire], Awaitable[None]],
        *,
        gone: Callable[[], None],
        failed: Callable[[Problem], None],
    ) -> None:
        super().__init__()
        self._work = work
        self._gone = gone
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request."""
        wire = Wire(send, seconds=SEND_SECONDS)
        work = asyncio.ensure_future(self._guarded(wire, scope, receive))
        watch = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait((work, watch), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self._gone()
        finally:
            watch.cancel()
            work.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)

    async def _guarded(self, wire: Wire, scope: Scope, receive: Receive) -> None:
        try:
            await self._work(wire)
        except TimeoutError:
            self._gone()
        except Exception as error:  # noqa: BLE001 (every failure ends as an envelope, never as a traceback)
            problem = problem_of(error)
            self._failed(problem)
            if problem.code in {"internal_error", "misconfigured"}:
                log_failure("failed", error)
            with contextlib.suppress(OSError, TimeoutError):
                await _say(problem, wire, scope, receive)


async def _say(problem: Problem, wire: Wire, scope: Scope, receive: Receive) -> None:
    if not wire.started:
        headers = wire.headers | dict(problem.headers)
        response = JSONResponse(problem.envelope(), problem.status, headers)
        await response(scope, receive, wire._send)  # noqa: SLF001 (the same module's other half)
        return
    await wire.write(event(JSONResponse(problem.envelope()).body), more=False)


def event(data: bytes | memoryview) -> bytes:
    """Return a server-sent event; JSON holds no bare line break."""
    return b"data: " + bytes(data) + b"\n\n"


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
