"""Conversations as the embedded model was taught to read them: ChatML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from upright.generate.types import EngineError, Message

ROLES = ("system", "user", "assistant", "tool")
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
"""What the model's own template puts before a conversation that has no system message."""


class Tokenizer(Protocol):
    """Turns text into token ids."""

    def tokenize(self, text: str, *, control: bool = False) -> list[int]:
        """Return the tokens of a text; with `control`, marks such as `<|im_end|>` are read."""
        ...


def chat_tokens(messages: Sequence[Message], tokenizer: Tokenizer) -> list[int]:
    """Return the tokens of a conversation, ready for the assistant's next turn.

    Only the marks written here become control tokens. A message's content is tokenised as
    plain text, so that `<|im_end|>` inside a message stays text and cannot close the turn.

    Args:
        messages: the conversation, oldest first.
        tokenizer: the model's.

    Raises:
        EngineError: for no message, or a role the template does not know.
    """
    if not messages:
        raise EngineError("the conversation is empty", kind="bad_request")
    for message in messages:
        if message.role not in ROLES:
            raise EngineError(
                f"unknown role {message.role!r}",
                kind="bad_request",
                mend=f"one of: {', '.join(ROLES)}",
            )
    turns = list(messages)
    if turns[0].role != "system":
        turns.insert(0, Message("system", DEFAULT_SYSTEM))
    start = tokenizer.tokenize("<|im_start|>", control=True)
    end = tokenizer.tokenize("<|im_end|>", control=True)
    newline = tokenizer.tokenize("\n")
    tokens: list[int] = []
    for turn in turns:
        body = tokenizer.tokenize(f"{turn.role}\n{turn.content}")
        tokens += start + body + end + newline
    return tokens + start + tokenizer.tokenize("assistant\n")
