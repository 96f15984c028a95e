"""What an OpenAI-compatible server sends, checked field by field and turned into Pieces.

Nothing a server sends is passed on unless it is known here; whatever has the wrong type ends the
job as `malformed`, and no error repeats what the server wrote, since that may hold personal
data.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from upright.generate.types import EngineError, Job, Piece, TokenLogprob

MOST_TOOLS = 128
MOST_TOKENS = 1 << 40
"""A count beyond it is a lie, and would not fit where counts are kept."""

_FINISH = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
_TEXTS = {
    "content": "content",
    "text": "content",
    "reasoning_content": "reasoning",
    "reasoning": "reasoning",
    "refusal": "refusal",
}

_T = TypeVar("_T")


def malformed(what: str) -> EngineError:
    """Return the error for an answer that breaks the protocol."""
    return EngineError(f"the server behind the engine sent {what}", kind="malformed")


class AnswerReader:
    """Reads the events of one answer, streamed or whole.

    Args:
        job: what was asked.
    """

    def __init__(self, job: Job) -> None:
        self._choices = job.choices
        self._finished: dict[int, str] = {}
        self._channels: dict[int, set[str]] = {index: set() for index in range(job.choices)}
        self._usage: Mapping[str, Any] | None = None

    @property
    def complete(self) -> bool:
        """Whether every choice has its finish reason."""
        return len(self._finished) == self._choices

    def read(self, data: str) -> Iterator[Piece]:
        """Yield the pieces of one event (or of one whole answer).

        Raises:
            EngineError: `malformed`, or `unavailable` if the server reports an error.
        """
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            raise malformed("an event that is not JSON") from None
        if not isinstance(event, dict):
            raise malformed("an event that is no object")
        if event.get("error") is not None:
            raise EngineError(
                "the server behind the engine reported an error in its answer",
                kind="unavailable",
                mend="its own log has the reason",
            )
        usage = _optional(event, "usage", dict)
        self._usage = usage if usage is not None else self._usage
        seen: set[int] = set()
        for choice in _optional(event, "choices", list) or []:
            index = self._index(choice)
            if index in seen:
                raise malformed("one choice twice in an event")
            seen.add(index)
            yield from self._choice(index, choice)

    def finish(self) -> Iterator[Piece]:
        """Yield what is left when the stream has ended.

        Raises:
            EngineError: `malformed` if a choice has no end.
        """
        if not self.complete:
            raise malformed("an answer without its end")
        usage = self._usage or {}
        prompt, completion = (
            _count(usage, name) for name in ("prompt_tokens", "completion_tokens")
        )
        if prompt is not None or completion:
            yield Piece(prompt_tokens=prompt, completion_tokens=completion or 0)

    def _index(self, choice: object) -> int:
        if not isinstance(choice, dict):
            raise malformed("a choice that is no object")
        index = choice.get("index", 0 if self._choices == 1 else None)
        if isinstance(index, bool) or not isinstance(index, int):
            raise malformed("a choice without its number")
        if not 0 <= index < self._choices:
            raise malformed("a choice that was not asked for")
        return index

    def _choice(self, index: int, choice: dict[str, Any]) -> Iterator[Piece]:
        parts = _optional(choice, "delta", dict)
        if parts is None:
            parts = _optional(choice, "message", dict)
        if parts is None:
            parts = choice if "text" in choice else {}
        logprobs = _logprobs(_optional(choice, "logprobs", dict))
        pieces = [*_texts(index, parts, logprobs), *_tools(index, parts)]
        reason = _optional(choice, "finish_reason", str)
        if pieces and index in self._finished:
            raise malformed("text after the end of its choice")
        for piece in pieces:
            self._channels[index].add(piece.channel.partition(".")[0])
            yield piece
        if reason is not None:
            yield self._end(index, reason)

    def _end(self, index: int, reason: str) -> Piece:
        known = _FINISH.get(reason)
        if known is None:
            raise malformed("an unknown finish reason")
        if index in self._finished:
            raise malformed("two ends of one choice")
        if known == "tool_calls" and "tool" not in self._channels[index]:
            raise malformed("the end of a tool call that never came")
        if known == "stop" and not self._channels[index]:
            raise malformed("an end without an answer")
        self._finished[index] = known
        return Piece(choice=index, finish_reason=known)


def _texts(
    index: int, parts: Mapping[str, Any], logprobs: tuple[TokenLogprob, ...]
) -> Iterator[Piece]:
    for field, channel in _TEXTS.items():
        text = _optional(parts, field, str)
        own = logprobs if channel == "content" else ()
        if text or (text is not None and own):
            yield Piece(choice=index, channel=channel, text=text, logprobs=own)


def _tools(index: int, parts: Mapping[str, Any]) -> Iterator[Piece]:
    seen: set[int] = set()
    for at, call in enumerate(_optional(parts, "tool_calls", list) or []):
        if not isinstance(call, dict):
            raise malformed("a tool call that is no object")
        number = call.get("index", at)
        if isinstance(number, bool) or not isinstance(number, int) or number in seen:
            raise malformed("tool calls without numbers of their own")
        if not 0 <= number < MOST_TOOLS:
            raise malformed("too many tool calls")
        seen.add(number)
        function = _optional(call, "function", dict) or {}
        name = _optional(function, "name", str)
        arguments = _optional(function, "arguments", str)
        identity = _optional(call, "id", str) or None
        if name or identity:
            yield Piece(index, f"tool.{number}.name", name or "", tool_id=identity)
        if arguments:
            yield Piece(index, f"tool.{number}.arguments", arguments)


def _logprobs(block: Mapping[str, Any] | None) -> tuple[TokenLogprob, ...]:
    if block is None:
        return ()
    if "tokens" in block:
        return _legacy_logprobs(block)
    entries = _optional(block, "content", list) or []
    return tuple(_token_logprob(entry) for entry in entries)


def _token_logprob(entry: object) -> TokenLogprob:
    if not isinstance(entry, dict):
        raise malformed("a log-probability that is no object")
    top = tuple(_pair(other) for other in _optional(entry, "top_logprobs", list) or [])
    return TokenLogprob(*_pair(entry), top)


def _pair(entry: object) -> tuple[str, float]:
    if not isinstance(entry, dict):
        raise malformed("a log-probability that is no object")
    token = _optional(entry, "token", str)
    if token is None:
        raise malformed("a log-probability without its token")
    return token, _finite(entry.get("logprob"))


def _legacy_logprobs(block: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    """Read the shape of `/v1/completions`: parallel lists."""
    tokens = _optional(block, "tokens", list) or []
    values = _optional(block, "token_logprobs", list) or []
    tops = _optional(block, "top_logprobs", list) or [None] * len(tokens)
    if not len(tokens) == len(values) == len(tops):
        raise malformed("lists of log-probabilities of unequal length")
    result = []
    for token, value, top in zip(tokens, values, tops, strict=True):
        if not isinstance(token, str) or not isinstance(top, dict | None):
            raise malformed("a log-probability of the wrong type")
        pairs = tuple((text, _finite(other)) for text, other in (top or {}).items())
        result.append(TokenLogprob(token, _finite(value), pairs))
    return tuple(result)


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise malformed("a log-probability that is no number")
    return float(value)


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_TOKENS:
        raise malformed("a usage that is no count")
    return value


def _optional(fields: Mapping[str, Any], name: str, kind: type[_T]) -> _T | None:
    """Return a field of a kind; None if it is absent or null."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, kind):
        raise malformed(f"a {name} of the wrong type")
    return value
