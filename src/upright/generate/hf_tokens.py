"""A Hugging Face tokenizer as the decoder needs it: token bytes, and prompts that stay text."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

from upright.generate.types import EngineError, Message

_BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")


def byte_letters() -> dict[str, int]:
    """Return the letters by which byte-level BPE writes bytes.

    Printable Latin-1 stands for itself, the other bytes for the letters from U+0100 on.
    Source: Radford et al. 2019, the encoder of GPT-2.
    """
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in own]
    return {chr(byte): byte for byte in own} | {
        chr(256 + at): byte for at, byte in enumerate(others)
    }


class HFVocabulary:
    """What the token ids of a Hugging Face tokenizer mean.

    Args:
        tokenizer: a fast tokenizer.
        ends: ids that end a text, besides the tokenizer's special tokens.
    """

    def __init__(self, tokenizer: Any, ends: Collection[int]) -> None:  # noqa: ANN401 (transformers is untyped here)
        self._tokenizer = tokenizer
        self._ends = {*ends, *tokenizer.all_special_ids}
        self._letters = byte_letters()

    @cached_property
    def _byte_level(self) -> bool:
        decoder = json.loads(self._tokenizer.backend_tokenizer.to_str()).get("decoder") or {}
        return '"ByteLevel"' in json.dumps(decoder)

    def __len__(self) -> int:
        """Return how many ids there are."""
        return len(self._tokenizer)

    def piece(self, token: int) -> bytes:
        """Return the bytes a token stands for."""
        word: str | None = self._tokenizer.convert_ids_to_tokens(token)
        if word is None or token in self._ends:
            return b""
        if self._byte_level and all(letter in self._letters for letter in word):
            return bytes(self._letters[letter] for letter in word)
        byte = _BYTE_TOKEN.fullmatch(word)
        if byte:
            return bytes([int(byte[1], 16)])
        return word.replace("▁", " ").encode()

    def ends(self, token: int) -> bool:
        """Whether a token ends the answer."""
        return token in self._ends

    def literal(self, text: str) -> list[int]:
        """Return the tokens of a bare prompt; no part of it is read as a special token.

        Raises:
            EngineError: `bad_request` for half of a surrogate pair.
        """
        return self._encoded(text, split_special_tokens=True)

    def text(self, text: str) -> list[int]:
        """Return the tokens of a text alone, without those that begin or end a prompt.

        Raises:
            EngineError: as `literal`.
        """
        return self._encoded(text, add_special_tokens=False, split_special_tokens=True)

    def chat(self, messages: Sequence[Message]) -> list[int]:
        """Return the tokens of a conversation by the model's own template.

        The template is rendered with a random mark in place of each content; its own parts are
        tokenised with special tokens and the contents without, so that a message cannot
        write one.

        Raises:
            EngineError: if the model has no template, or it refuses the conversation; as
                `literal`.
        """
        contents = {f"mark{secrets.token_hex(8)}": message.content for message in messages}
        turns = [
            {"role": message.role, "content": mark}
            for message, mark in zip(messages, contents, strict=True)
        ]
        tokens: list[int] = []
        # Splitting with a group keeps the marks: even parts are the template's, odd ones marks.
        for part in re.split(f"({'|'.join(contents)})", self._rendered(turns)):
            plain = part in contents
            text = contents.get(part, part)
            tokens += self._encoded(text, add_special_tokens=False, split_special_tokens=plain)
        return tokens

    def _encoded(self, text: str, **options: bool) -> list[int]:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise EngineError(
                "the text holds half of a surrogate pair, which is no character",
                kind="bad_request",
            ) from None
        return list(self._tokenizer(text, **options).input_ids)

    def _rendered(self, turns: list[dict[str, str]]) -> str:
        from jinja2 import TemplateError  # noqa: PLC0415 (comes with the extra `torch`)

        if not turns:
            raise EngineError("the conversation is empty", kind="bad_request")
        if not self._tokenizer.chat_template:
            raise EngineError(
                "this model has no chat template",
                kind="bad_request",
                mend="ask it with a bare prompt",
            )
        try:
            text: str = self._tokenizer.apply_chat_template(
                turns, add_generation_prompt=True, tokenize=False
            )
        except TemplateError:
            raise EngineError(
                "the model's chat template refuses this conversation", kind="bad_request"
            ) from None
        return text
