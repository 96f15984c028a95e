"""Answers in OpenAI's wire format."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from upright.answer.request import Answer, AnswerChoice, AnswerPiece, ToolCall, Usage
from upright.generate.types import TokenLogprob


class Shape(Protocol):
    """How one endpoint writes answers."""

    def chunks(self, piece: AnswerPiece) -> Iterator[dict[str, Any]]:
        """Yield the stream's objects for a piece."""
        ...

    def whole(self, answer: Answer) -> dict[str, Any]:
        """Return the object for a whole answer."""
        ...


class ChatShape:
    """`/v1/chat/completions`.

    Args:
        answer_id: the answer's id, the same as in the ledger.
        model: the engine's name of its model.
        usage: whether a stream ends with the usage.
    """

    def __init__(self, answer_id: str, model: str, *, usage: bool = False) -> None:
        self._head = {"id": answer_id, "created": int(time.time()), "model": model}
        self._usage = usage
        self._opened: set[int] = set()

    def chunks(self, piece: AnswerPiece) -> Iterator[dict[str, Any]]:
        """Yield the stream's objects for a piece."""
        choice = {
            "index": piece.choice,
            "delta": self._delta(piece),
            "logprobs": _chat_logprobs(piece.logprobs) if piece.logprobs else None,
            "finish_reason": piece.finish_reason,
        }
        chunk = self._head | {"object": "chat.completion.chunk", "choices": [choice]}
        yield from _ended(chunk, piece, usage=self._usage)

    def _delta(self, piece: AnswerPiece) -> dict[str, Any]:
        delta: dict[str, Any] = {}
        if piece.choice not in self._opened:
            self._opened.add(piece.choice)
            delta = {"role": "assistant", "content": ""}
        if piece.tool is not None:
            delta["tool_calls"] = [{"index": piece.tool.index} | _tool(piece.tool)]
        elif piece.text:
            delta[_FIELDS[piece.channel]] = piece.text
        return delta

    def whole(self, answer: Answer) -> dict[str, Any]:
        """Return the object for a whole answer."""
        choices = [
            {
                "index": choice.index,
                "message": _message(choice),
                "logprobs": _chat_logprobs(choice.logprobs) if choice.logprobs else None,
                "finish_reason": choice.finish_reason,
            }
            for choice in answer.choices
        ]
        return self._head | {"object": "chat.completion", "choices": choices} | _tail(answer)


class CompletionShape:
    """`/v1/completions`; the arguments are those of `ChatShape`."""

    def __init__(self, answer_id: str, model: str, *, usage: bool = False) -> None:
        self._head = {
            "id": answer_id,
            "object": "text_completion",
            "created": int(time.time()),
            "model": model,
        }
        self._usage = usage

    def chunks(self, piece: AnswerPiece) -> Iterator[dict[str, Any]]:
        """Yield the stream's objects for a piece."""
        choice = {
            "index": piece.choice,
            "text": piece.text if piece.channel == "content" else "",
            "logprobs": _completion_logprobs(piece.logprobs) if piece.logprobs else None,
            "finish_reason": piece.finish_reason,
        }
        yield from _ended(self._head | {"choices": [choice]}, piece, usage=self._usage)

    def whole(self, answer: Answer) -> dict[str, Any]:
        """Return the object for a whole answer."""
        choices = [
            {
                "index": choice.index,
                "text": choice.content,
                "logprobs": _completion_logprobs(choice.logprobs) if choice.logprobs else None,
                "finish_reason": choice.finish_reason,
            }
            for choice in answer.choices
        ]
        return self._head | {"choices": choices} | _tail(answer)


_FIELDS = {"content": "content", "reasoning": "reasoning_content", "refusal": "refusal"}


def encoded(value: Any) -> bytes:  # noqa: ANN401 (any JSON value)
    """Return JSON in ASCII: what UTF-8 cannot hold stays an escape instead of an error."""
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _ended(chunk: dict[str, Any], piece: AnswerPiece, *, usage: bool) -> Iterator[dict[str, Any]]:
    """Yield a chunk; the evidence stands in the stream's last one, whichever that is."""
    evidence = {} if piece.upright is None else {"x_upright": piece.upright.to_json()}
    if not usage:
        yield chunk | evidence
        return
    yield chunk | {"usage": None}
    if piece.usage is not None:
        yield chunk | {"choices": [], "usage": _usage(piece.usage)} | evidence


def _message(choice: AnswerChoice) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if choice.tools and not choice.content else choice.content,
        "refusal": choice.refusal or None,
    }
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    if choice.tools:
        message["tool_calls"] = [_tool(call) for call in choice.tools]
    return message


def _tool(call: ToolCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _tail(answer: Answer) -> dict[str, Any]:
    return {"usage": _usage(answer.usage), "x_upright": answer.upright.to_json()}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def _chat_logprobs(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    def entry(token: str, logprob: float) -> dict[str, Any]:
        return {"token": token, "logprob": logprob, "bytes": list(token.encode(errors="replace"))}

    return {
        "content": [
            entry(token.token, token.logprob)
            | {"top_logprobs": [entry(text, value) for text, value in token.top]}
            for token in tokens
        ],
        "refusal": None,
    }


def _completion_logprobs(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    return {
        "tokens": [token.token for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [dict(token.top) for token in tokens],
        "text_offset": [],
    }
