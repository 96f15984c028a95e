"""Reading forms: URL-encoded, bounded, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from upright.console.errors import PageError

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_BYTES = 512_000
MAX_FIELDS = 50


async def read_form(request: Request, *, max_bytes: int = MAX_BYTES) -> Mapping[str, str]:
    r"""Return the fields of a posted form; of a repeated field the last value.

    Line ends are made `\n`: browsers post them as CRLF, and spans count characters.

    Raises:
        PageError: 415 for another content type, 413 for too long a body, 400 for one that is
            not UTF-8 or has too many fields.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != FORM_TYPE:
        raise PageError("This address takes forms only.", status=415)
    body = await _bounded(request, max_bytes)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError:
        raise PageError("The form could not be read.", mend="Go back and send it again.") from None
    return {name: _lines(value) for name, value in pairs}


async def _bounded(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise PageError(
                f"The form is longer than {max_bytes:,} bytes.",
                mend="Send a shorter text, or start a new conversation.",
                status=413,
            )
    return bytes(body)


def _lines(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n")
