"""The *Chat* page: a conversation through the whole guarded pipeline."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from upright.answer import AnswerRequest
from upright.console import transcript
from upright.console.endpoint import as_problem
from upright.console.errors import PageError
from upright.console.frame import framed
from upright.console.pipeline import complete, pieces
from upright.console.render import HEADERS
from upright.console.transcript import Turn
from upright.console.visit import Page, Visit
from upright.terms import UprightError

if TYPE_CHECKING:
    from starlette.responses import Response

    from upright.answer import XUpright

_HERE: Final = "chat"
_LONGEST = 20_000


def show(visit: Visit) -> Page:
    """An empty conversation."""
    return _page(visit, ())


async def send(visit: Visit) -> Page:
    """Answer a message and show the conversation."""
    turns: tuple[Turn, ...] = ()
    try:
        turns, request = _read(visit)
        answer = await complete(visit, request)
    except UprightError as problem:
        return _page(visit, turns[:-1], problem=problem)
    choice = answer.choices[0]
    told = _with_answer(turns, choice.content, answer.upright)
    return _page(visit, told)


async def stream(visit: Visit) -> Response:
    """Answer a message as it is written: lines of JSON, the last of them the whole page.

    Each line but the last is `{"text": …}`, a bit of the answer that the pipeline released; the
    last is `{"page": …}`.
    """
    return StreamingResponse(
        _lines(visit), media_type="application/x-ndjson; charset=utf-8", headers=HEADERS
    )


async def _lines(visit: Visit) -> AsyncIterator[bytes]:
    turns: tuple[Turn, ...] = ()
    try:
        turns, request = _read(visit, stream=True)
        text, upright = "", None
        async with aclosing(pieces(visit, request)) as released:
            async for piece in released:
                if piece.channel == "content" and piece.text:
                    text += piece.text
                    yield _line("text", piece.text)
                upright = piece.upright or upright
        page = _page(visit, _with_answer(turns, text, upright))
    except Exception as error:  # noqa: BLE001 (headers have left; the failure becomes the page)
        page = _page(visit, turns[:-1], problem=as_problem(error))
    response = await run_in_threadpool(framed, visit, page)
    yield _line("page", bytes(response.body).decode())


def _line(name: str, value: str) -> bytes:
    return json.dumps({name: value}).encode() + b"\n"


def _read(visit: Visit, *, stream: bool = False) -> tuple[tuple[Turn, ...], AnswerRequest]:
    """Return the turns with the new one, and the request they make.

    Raises:
        PageError: for an empty or too long message, or a transcript that is not ours.
    """
    turns = transcript.read(visit.desk.seal, visit.form.get("transcript", ""))
    message = visit.form.get("message", "")
    if not message.strip():
        raise PageError("There is no message to send.", mend="Write one.")
    if len(message) > _LONGEST:
        raise PageError(f"The message is longer than {_LONGEST:,} characters.", status=413)
    turns = (*turns, Turn("user", message))
    request = AnswerRequest(
        messages=transcript.messages(turns),
        stream=stream,
        endpoint="console.chat",
        api_key_id=visit.visitor.id,
    )
    return turns, request


def _with_answer(turns: tuple[Turn, ...], text: str, upright: XUpright | None) -> tuple[Turn, ...]:
    if upright is None:
        raise PageError("The answer ended without its evidence.", mend="Send the message again.")
    checked = transcript.asked(turns, upright)
    return (*turns[:-1], checked, transcript.answered(text, checked, upright))


def _page(visit: Visit, turns: tuple[Turn, ...], *, problem: UprightError | None = None) -> Page:
    values = {
        "turns": turns,
        "transcript": transcript.write(visit.desk.seal, turns),
        "problem": problem,
        "draft": visit.form.get("message", "") if problem else "",
    }
    return Page("chat.html", values, here=_HERE)
