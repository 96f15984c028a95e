"""A request as the texts that the guard must see, and back as what the engine may see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from upright.answer.door import unfold_text, unfold_value
from upright.answer.request import AnswerRequest
from upright.generate.types import Message
from upright.terms import Image, Record, Stage

_RETRIEVED_ROLES = frozenset({"tool", "function", "document"})


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a request.

    Attributes:
        record: the text with its speaker.
        stage: `prompt`, or `retrieved` for what a tool brought in.
        index: which turn it belongs to; -1 for fields beside the conversation.
        channel: which field of the turn.
    """

    record: Record
    stage: Stage
    index: int
    channel: str

    @property
    def is_user_turn(self) -> bool:
        """Whether a person wrote it as a turn of the conversation."""
        return self.record.role == "user" and self.channel == "content"


@dataclass(frozen=True, slots=True)
class EngineView:
    """What an engine is given.

    Attributes:
        messages: the conversation; None for a bare prompt.
        prompt: the bare prompt; None for a conversation.
        passthrough: other fields.
        overrides: sampling fields; texts that end the answer are texts of the request too.
    """

    messages: tuple[Message, ...] | None
    prompt: str | None
    passthrough: Mapping[str, Any]
    overrides: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inbound:
    """A request taken apart.

    Attributes:
        parts: every text in it, in order.
        fold: puts texts of the same number and order back.
    """

    parts: tuple[Part, ...]
    fold: Callable[[Sequence[str]], EngineView]


def take_apart(request: AnswerRequest) -> Inbound:
    """Return every text of a request: turns, names, tool calls and passed-on fields."""
    parts: list[Part] = []
    refill: list[Callable[[Iterator[str]], Any]] = []
    for index, message in enumerate(_messages(request)):
        refill.append(_take_message(message, index, parts))
    beside = _take_value(request.passthrough, "request", -1, None, parts)
    stops = {name: value for name, value in request.overrides.items() if name == "stop"}
    ending = _take_value(stops, "stop", -1, None, parts)

    def fold(texts: Sequence[str]) -> EngineView:
        stream = iter(texts)
        messages = tuple(put(stream) for put in refill)
        passthrough = beside(stream)
        overrides = {**request.overrides, **ending(stream)}
        if request.messages is None:
            return EngineView(None, messages[0].content, passthrough, overrides)
        return EngineView(messages, None, passthrough, overrides)

    return Inbound(tuple(parts), fold)


def _messages(request: AnswerRequest) -> tuple[Message, ...]:
    if request.messages is not None:
        return request.messages
    return (Message("user", request.prompt or ""),)


def _take_message(
    message: Message, index: int, parts: list[Part]
) -> Callable[[Iterator[str]], Message]:
    content = unfold_text(message.content)
    images = tuple(shown.image for shown in message.images if shown.image is not None)
    _add(content.texts, "content", index, message.role, parts, images=images)
    extra = _take_value(message.extra, "extra", index, message.role, parts)

    def put(texts: Iterator[str]) -> Message:
        text = content.fold([next(texts)])
        # A picture is shown where its placeholder still stands as it was.
        left = tuple(shown for shown in message.images if shown.placeholder in text)
        return Message(message.role, text, extra(texts), left)

    return put


def _take_value(
    value: Mapping[str, Any], channel: str, index: int, role: str | None, parts: list[Part]
) -> Callable[[Iterator[str]], Any]:
    unfolded = unfold_value(value)
    _add(unfolded.texts, channel, index, role, parts)
    return lambda texts: unfolded.fold([next(texts) for _ in unfolded.texts])


def _add(
    texts: Sequence[str],
    channel: str,
    index: int,
    role: str | None,
    parts: list[Part],
    *,
    images: tuple[Image, ...] = (),
) -> None:
    stage = Stage.RETRIEVED if role in _RETRIEVED_ROLES else Stage.PROMPT
    for text in texts:
        name = f"{index}.{channel}.{len(parts)}"
        parts.append(Part(Record(text, name, role, images=images), stage, index, channel))
