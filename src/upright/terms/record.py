"""One text on its way through upright."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from upright.terms.image import Image


@dataclass(frozen=True, slots=True)
class Record:
    """A text with its name.

    Attributes:
        text: the text; all spans are offsets in its Unicode code points.
        id: the caller's name for it, or "".
        role: the speaker in a conversation (`system`, `user`, `assistant`, `tool`), or None.
        fields: whatever else came with it; kept, never read by a detector.
        images: pictures that stand in the text, each where its placeholder does.
    """

    text: str
    id: str = ""
    role: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    images: tuple[Image, ...] = ()
