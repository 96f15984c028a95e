"""Texts that the use case asks to keep, in the vault, where each can be erased."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from upright.answer.outbound import digestible
from upright.answer.request import AnswerChoice
from upright.terms import canonical_json

if TYPE_CHECKING:
    from upright.ledger import Ledger

KIND = "answer"


async def keep_texts(
    ledger: Ledger,
    use_case: str,
    request: str,
    *,
    prompt: Sequence[str],
    choices: Iterable[AnswerChoice],
    salt: bytes,
) -> str:
    """Encrypt prompt, answer and salt under a key of their own and return the record's id.

    The prompt is kept as it came and the answer as it left. With the salt the digests in the
    chain can be recomputed; once the record is erased, nobody can.
    """
    record = {"prompt": list(prompt), "answer": digestible(choices), "salt": salt.hex()}
    return await asyncio.to_thread(
        ledger.vault.put, KIND, canonical_json(record), use_case=use_case, request=request
    )
