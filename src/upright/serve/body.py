"""Reading a request's body within bounds."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request

from upright.serve.errors import ApiError, refused

# A body that trickles in holds a connection for nobody.
BODY_SECONDS = 30.0

# Every text of a request is scanned by itself; more of them is an attack and no conversation.
MOST_TEXTS = 10_000

M = TypeVar("M", bound=BaseModel)


async def read_model(request: Request, model: type[M], *, limit: int) -> M:
    """Read and validate a JSON body.

    Args:
        request: the request.
        model: what the body must fit.
        limit: most bytes that are read, whatever the headers claim.

    Raises:
        ApiError: 413 for too many bytes, 408 for too slow ones, 400 for what is not JSON, does
            not fit or has too many texts.
    """
    raw = await _read(request, limit)
    try:
        made = model.model_validate_json(raw)
    except ValidationError as error:
        raise _misfit(error) from None
    if raw.count(b'"') > 2 * MOST_TEXTS and _texts(json.loads(raw)) > MOST_TEXTS:
        raise refused(400, "too_many_texts", f"a request may have {MOST_TEXTS} texts")
    return made


def _texts(body: Any) -> int:  # noqa: ANN401 (any JSON value)
    """Count the strings of a JSON value, names of fields included."""
    count, waiting = 0, [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            count += len(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        else:
            count += isinstance(value, str)
    return count


async def _read(request: Request, limit: int) -> bytes:
    claimed = request.headers.get("content-length", "")
    if claimed.isascii() and claimed.isdigit() and int(claimed[:20]) > limit:
        raise _too_large(limit)
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise refused(408, "request_too_slow", "the body did not come in time") from None
    except ClientDisconnect:
        raise refused(400, "client_gone", "the client went away") from None
    return bytes(raw)


def _too_large(limit: int) -> ApiError:
    return refused(413, "request_too_large", f"a request may have {limit} bytes")


def _misfit(error: ValidationError) -> ApiError:
    # Only the place and pydantic's kind of fault are told: its messages can repeat the input.
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return refused(400, "invalid_json", "the body is not JSON in UTF-8")
    where = ".".join(str(part) for part in _own_names(first["loc"]))
    message = _KINDS.get(first["type"], f"does not fit ({first['type']})")
    return refused(400, "invalid_value", f"{where or 'body'}: {message}", param=where or None)


def _own_names(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Keep the part of a place that our own models name; a deeper key may be the client's."""
    return loc[:3]


_KINDS = {
    "missing": "is missing",
    "string_type": "must be a string",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "too_short": "is too short",
    "too_long": "is too long",
    "greater_than_equal": "is too small",
    "greater_than": "is too small",
    "less_than_equal": "is too large",
    "less_than": "is too large",
}
