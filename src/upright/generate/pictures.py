"""Pictures on the OpenAI wire: shown to a model in a turn, and drawn by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from upright.generate.types import Message


def content_parts(message: Message) -> list[dict[str, Any]]:
    """Return a turn's content as a list of parts, each picture where its placeholder stands."""
    shown = {one.placeholder: one for one in message.images}
    marks = "|".join(re.escape(placeholder) for placeholder in shown)
    return list(_parts(re.split(f"\n?({marks})\n?", message.content), shown))


def _parts(pieces: list[str], shown: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for piece in pieces:
        one = shown.get(piece)
        if one is not None:
            detail = {"detail": one.detail} if one.detail else {}
            yield {"type": "image_url", "image_url": {"url": one.url, **detail}}
        elif piece:
            yield {"type": "text", "text": piece}
