"""Any server that speaks OpenAI's protocol, as an engine."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import httpx2

from upright.generate.breaker import LONGEST_RETRY_AFTER, CircuitBreaker, backoff, retry_after
from upright.generate.pictures import (
    Drawn,
    PictureJob,
    content_parts,
    picture_body,
    read_pictures,
)
from upright.generate.sse import EventReader, MalformedStreamError
from upright.generate.types import EngineError, Job, Message, Piece
from upright.generate.wire import AnswerReader, malformed
from upright.policy import EngineSection
from upright.terms import ConfigError

KEY_VARIABLE = "UPRIGHT_ENGINE_API_KEY"
ADDRESS_VARIABLE = "UPRIGHT_ENGINE_BASE_URL"
MOST_BYTES = 32 << 20
"""Bytes of one answer. A server that never ends is cut off there."""

LAST_SECONDS = 0.1
"""How long the end of a connection's answer is waited for, once the last event is there."""

# Every request looks at each idle connection, to see whether the server has closed it.
_IDLE = 8

_AGAIN = {408, 409, 425, 429, 500, 502, 503, 504}


class OpenAIEngine:
    """Asks an OpenAI-compatible server, always streamed.

    Failures before the first byte of an answer are retried with back-off; a `Retry-After` of
    the server is honoured up to a bound. A breaker leaves a server alone that keeps failing.
    Closing the stream closes the connection, which is how such servers learn that nobody reads.

    Args:
        base_url: address of the server, with `/v1`.
        model: name to ask for.
        api_key: sent as a bearer token if not empty.
        timeout: seconds to connect, and seconds between two events.
        retries: retries before the first byte.
        breaker: shared state of the server's health.
        transport: another way to send requests, for tests.
        pause: waits for a number of seconds.

    Raises:
        ConfigError: if the address is no http(s) address.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        timeout: float = 60.0,
        retries: int = 2,
        breaker: CircuitBreaker | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._model = model
        self._timeout = timeout
        self._retries = retries
        self._breaker = breaker or CircuitBreaker()
        self._pause = pause
        self._client = httpx2.AsyncClient(
            base_url=_checked(base_url),
            headers={"authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx2.Timeout(timeout),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=_IDLE),
            transport=transport,
        )

    @classmethod
    def from_section(cls, section: EngineSection) -> OpenAIEngine:
        """Open the engine of a policy; key and address may come from the environment."""
        return cls(
            os.environ.get(ADDRESS_VARIABLE) or section.base_url or "",
            section.model,
            api_key=os.environ.get(KEY_VARIABLE, ""),
            timeout=section.timeout_seconds,
            retries=section.retries,
        )

    @property
    def name(self) -> str:
        """The name the server is asked for."""
        return self._model

    @property
    def digest(self) -> str | None:
        """None: what a server runs cannot be known from outside."""
        return None

    async def stream(self, job: Job) -> AsyncGenerator[Piece, None]:
        """Write the answers of one job.

        Raises:
            EngineError: of any kind; its text never repeats what the server wrote.
        """
        if job.mark is not None:
            raise EngineError(
                "this engine gives text and no distributions, so no watermark can be put",
                kind="bad_request",
                mend='set watermark.scheme = "none", or mark in the server itself',
            )
        reader = AnswerReader(job)
        try:
            path = "chat/completions" if job.messages is not None else "completions"
            async with self._answer(path, _body(self._model, job)) as response:
                async for data in self._events(response):
                    for piece in reader.read(data):
                        yield piece
            for piece in reader.finish():
                yield piece
        except EngineError as error:
            self._note(error)
            raise
        except GeneratorExit:
            self._breaker.abandoned()
            raise
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded()

    async def draw(self, job: PictureJob) -> list[Drawn]:
        """Return the pictures of one job; all of it may take no longer than the time-out.

        Raises:
            EngineError: of any kind; its text never repeats what the server wrote.
        """
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._answer("images/generations", picture_body(self._model, job)) as response,
            ):
                raw = await self._whole(response, job.most_bytes_of_answer)
            drawn = await asyncio.to_thread(read_pictures, raw, job)
        except TimeoutError:
            self._breaker.failed()
            raise _timeout(self._timeout) from None
        except EngineError as error:
            self._note(error)
            raise
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded()
        return drawn

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def _note(self, error: EngineError) -> None:
        """Tell the breaker: a bad request or a busy server says nothing against its health."""
        if error.kind in {"timeout", "malformed", "unavailable"}:
            self._breaker.failed()
        else:
            self._breaker.abandoned()

    @asynccontextmanager
    async def _answer(
        self, path: str, body: dict[str, Any]
    ) -> AsyncGenerator[httpx2.Response, None]:
        if not self._breaker.allows():
            raise EngineError(
                "the engine's server failed several times in a row and is left alone for now",
                kind="unavailable",
                mend="look at the server; one request will try it again shortly",
            )
        request = self._client.build_request("POST", path, json=body)
        response = await self._send(request)
        try:
            yield response
        finally:
            await response.aclose()

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        """Send until there is an answer to read, or no more retries."""
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            wait = backoff(attempt)
            try:
                response = await self._client.send(request, stream=True)
            except httpx2.TimeoutException as error:
                # A request that timed out while connecting never ran; a later one may have.
                if last or not isinstance(error, httpx2.ConnectTimeout | httpx2.PoolTimeout):
                    raise _timeout(self._timeout) from None
            except httpx2.TransportError:
                if last:
                    raise _unreachable() from None
            else:
                if response.status_code == httpx2.codes.OK:
                    return response
                await response.aclose()
                asked = retry_after(response.headers.get("retry-after"))
                too_long = asked is not None and asked > LONGEST_RETRY_AFTER
                if last or too_long or response.status_code not in _AGAIN:
                    _refuse(response.status_code)
                wait = wait if asked is None else max(wait, asked)
            await self._pause(wait)
        raise _unreachable()

    async def _events(self, response: httpx2.Response) -> AsyncGenerator[str, None]:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            yield (await self._whole(response)).decode("utf-8", "replace")
            return
        if kind != "text/event-stream":
            raise malformed("an answer that is neither events nor JSON")
        reader, clock = EventReader(), asyncio.get_running_loop().time
        deadline = clock() + self._timeout
        try:
            chunks = self._chunks(response)
            async for chunk in chunks:
                # Comments that keep the line open are no answer: they do not move the deadline.
                if clock() > deadline:
                    raise _timeout(self._timeout)
                for data in reader.feed(chunk):
                    if data == "[DONE]":
                        await _spend(chunks)
                        return
                    yield data
                    deadline = clock() + self._timeout
            for data in reader.finish():
                if data != "[DONE]":
                    yield data
        except MalformedStreamError as error:
            raise malformed(f"a stream that cannot be read: {error}") from None

    async def _whole(self, response: httpx2.Response, most: int = MOST_BYTES) -> bytes:
        return b"".join([chunk async for chunk in self._chunks(response, most)])

    async def _chunks(
        self, response: httpx2.Response, most: int = MOST_BYTES
    ) -> AsyncGenerator[bytes, None]:
        size = 0
        try:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > most:
                    raise malformed("an answer without end")
                yield chunk
        except httpx2.TimeoutException:
            raise _timeout(self._timeout) from None
        except (httpx2.TransportError, httpx2.DecodingError):
            raise EngineError(
                "the connection to the engine's server broke during the answer",
                kind="unavailable",
            ) from None


async def _spend(chunks: AsyncGenerator[bytes, None]) -> None:
    """Read what is left behind the last event, so that the connection can carry another request.

    Most servers have sent it along. One that has not loses the connection instead.
    """
    with contextlib.suppress(TimeoutError, EngineError):
        async with asyncio.timeout(LAST_SECONDS):
            async for _ in chunks:
                pass


def _body(model: str, job: Job) -> dict[str, Any]:
    """Return the request. What upright sets wins over fields that are passed through."""
    sampling = job.sampling
    body: dict[str, Any] = {
        **job.passthrough,
        "model": model,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
    }
    if job.messages is None:
        body["prompt"] = job.prompt or ""
    else:
        body["messages"] = [_message(message) for message in job.messages]
    if job.choices > 1:
        body["n"] = job.choices
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    # Not part of OpenAI's own protocol, but of most servers that follow it.
    if sampling.top_k > 0:
        body["top_k"] = sampling.top_k
    if sampling.repetition_penalty != 1.0:
        body["repetition_penalty"] = sampling.repetition_penalty
    return body | _logprob_fields(job)


def _logprob_fields(job: Job) -> dict[str, Any]:
    if job.logprobs is None:
        return {}
    if job.messages is None:
        return {"logprobs": job.logprobs}
    return {"logprobs": True, "top_logprobs": job.logprobs}


def _message(message: Message) -> dict[str, Any]:
    # A turn that only calls tools has no content; some servers refuse an empty one.
    content = None if not message.content and message.extra.get("tool_calls") else message.content
    shown = content_parts(message) if message.images else content
    return {**message.extra, "role": message.role, "content": shown}


def _checked(base_url: str) -> str:
    try:
        url = httpx2.URL(base_url)
    except (httpx2.InvalidURL, TypeError):
        url = None
    if url is None or url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError(
            f"{base_url!r} is no address of a server",
            mend=f"engine.base_url or {ADDRESS_VARIABLE} = http://host:port/v1",
        )
    return base_url.rstrip("/") + "/"


def _refuse(status: int) -> NoReturn:
    """Raise the error for a status; the body is left unread."""
    if status in {401, 403}:
        raise EngineError(
            f"the engine's server refused the key (status {status})",
            kind="refused",
            mend=f"set {KEY_VARIABLE}",
        )
    if status == httpx2.codes.TOO_MANY_REQUESTS:
        raise EngineError("the engine's server has too many requests", kind="overloaded")
    if status in {408, 504}:
        raise EngineError(f"the engine's server timed out (status {status})", kind="timeout")
    if httpx2.codes.is_client_error(status):
        raise EngineError(
            f"the engine's server refused the request (status {status})",
            kind="refused" if status == httpx2.codes.NOT_FOUND else "bad_request",
            mend="check engine.model and the fields of the request",
        )
    raise EngineError(f"the engine's server failed (status {status})", kind="unavailable")


def _timeout(seconds: float) -> EngineError:
    return EngineError(
        f"the engine's server gave no sign within {seconds:g} s",
        kind="timeout",
        mend="engine.timeout_seconds sets how long it may take",
    )


def _unreachable() -> EngineError:
    return EngineError(
        "the engine's server cannot be reached",
        kind="unavailable",
        mend=f"start it, or mend engine.base_url or {ADDRESS_VARIABLE}",
    )
