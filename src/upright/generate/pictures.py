"""Pictures on the OpenAI wire: shown to a model in a turn, and drawn by one."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from upright.generate.types import Engine, EngineError, Message, Shown
from upright.generate.wire import malformed
from upright.terms import Image
from upright.terms.image import sniffed

_BESIDE = 64_000
_ALWAYS_BASE64 = ("gpt-image", "chatgpt-image")


def content_parts(message: Message) -> list[dict[str, Any]]:
    """Return a turn's content as a list of parts, each picture where its placeholder stands."""
    shown = {one.placeholder: one for one in message.images}
    marks = "|".join(re.escape(placeholder) for placeholder in shown)
    return list(_parts(re.split(f"\n?({marks})\n?", message.content), shown))


def _parts(pieces: list[str], shown: Mapping[str, Shown]) -> Iterator[dict[str, Any]]:
    for piece in pieces:
        one = shown.get(piece)
        if one is not None:
            detail = {"detail": one.detail} if one.detail else {}
            yield {"type": "image_url", "image_url": {"url": one.url, **detail}}
        elif piece:
            yield {"type": "text", "text": piece}


@dataclass(frozen=True, slots=True)
class PictureJob:
    """One request for pictures.

    Attributes:
        prompt: what they shall show.
        count: how many.
        options: other fields for the server (`size`, `quality`, …).
        most_bytes: of one picture's file.
    """

    prompt: str
    count: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    most_bytes: int = 4_000_000

    @property
    def most_bytes_of_answer(self) -> int:
        """Bytes of the whole answer: base64 takes four for three, the rest is little."""
        return self.count * (self.most_bytes * 4 // 3 + _BESIDE) + _BESIDE


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as an engine drew it.

    Attributes:
        image: the picture; its media type is what its first bytes say.
        revised_prompt: what the engine made of the prompt, or "".
    """

    image: Image
    revised_prompt: str = ""


@runtime_checkable
class PictureEngine(Engine, Protocol):
    """An engine that draws."""

    async def draw(self, job: PictureJob) -> list[Drawn]:
        """Return the pictures of one job.

        Raises:
            EngineError: when the engine cannot, or its answer is none.
        """
        ...


def picture_body(model: str, job: PictureJob) -> dict[str, Any]:
    """Return the request. What upright sets wins over fields that are passed through."""
    body = {**job.options, "model": model, "prompt": job.prompt, "n": job.count}
    # These always send the picture itself, and refuse to be told so.
    if not model.startswith(_ALWAYS_BASE64):
        body["response_format"] = "b64_json"
    return body


def read_pictures(raw: bytes, job: PictureJob) -> list[Drawn]:
    """Return what a server's answer holds.

    Raises:
        EngineError: `malformed` for anything but one to `job.count` pictures in base64, each of
            a known kind and within the bound; `unavailable` if the server reports an error.
    """
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        raise malformed("an answer that is not JSON") from None
    if not isinstance(answer, dict):
        raise malformed("an answer that is no object")
    if answer.get("error") is not None:
        raise EngineError(
            "the server behind the engine reported an error in its answer",
            kind="unavailable",
            mend="its own log has the reason",
        )
    items = answer.get("data")
    if not isinstance(items, list) or not 1 <= len(items) <= job.count:
        raise malformed("another number of pictures than was asked for")
    return [_drawn(item, job.most_bytes) for item in items]


def _drawn(item: object, most: int) -> Drawn:
    if not isinstance(item, dict):
        raise malformed("a picture that is no object")
    encoded = item.get("b64_json")
    if encoded is None and item.get("url") is not None:
        raise malformed("an address in the place of a picture, and addresses are not fetched")
    if not isinstance(encoded, str) or len(encoded) > most * 4 // 3 + 4:
        raise malformed("a picture that is too large, or none")
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise malformed("a picture that is not base64") from None
    media_type = sniffed(data)
    if media_type is None:
        raise malformed("a file that is no picture of a known kind")
    revised = item.get("revised_prompt")
    if not isinstance(revised, str | None):
        raise malformed("a revised prompt that is no text")
    return Drawn(Image(media_type, data), revised or "")
