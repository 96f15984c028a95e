"""Answers to many prompts, each kept as it comes: an interrupted run goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from upright.generate.types import Engine, Job, Message, Sampling
from upright.jobs.kept import keep, read_kept
from upright.terms import digest

AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked, and about whom.

    Attributes:
        text: a user's turn, or a beginning to continue.
        group: whom it is about.
        pair: what prompts of all groups share.
        chat: whether it is a turn of a conversation.
    """

    text: str
    group: str
    pair: str
    chat: bool = True

    def job(self, sampling: Sampling) -> Job:
        """Return what is asked of the engine."""
        if self.chat:
            return Job(sampling, messages=(Message("user", self.text),))
        return Job(sampling, prompt=self.text)


async def written(
    engine: Engine,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    *,
    kept: Path | None = None,
    advance: Callable[[], None] = lambda: None,
) -> list[str]:
    """Let an engine answer prompts.

    Prompts of one pair get the same seed, so that answers differ by the prompt alone.

    Args:
        engine: of the use.
        prompts: what is asked.
        sampling: of the use; its seed is the first pair's.
        kept: a file of lines that answers are read from and added to, or None.
        advance: is called after each answer.

    Raises:
        ConfigError: if the file cannot be read or written.
        EngineError: as the engine's `stream`.
    """
    known = read_kept(kept, "text")
    places = {pair: at for at, pair in enumerate(dict.fromkeys(one.pair for one in prompts))}
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(prompt: Prompt) -> str:
        drawn = replace(sampling, seed=(sampling.seed or 0) + places[prompt.pair])
        key = digest([engine.name, engine.digest or "", prompt.text, prompt.chat, asdict(drawn)])
        if key not in known:
            async with gate:
                pieces = [piece async for piece in engine.stream(prompt.job(drawn))]
            text = "".join(piece.text for piece in pieces if piece.channel == "content")
            row = {"group": prompt.group, "pair": prompt.pair, "prompt": prompt.text, "text": text}
            keep(kept, key, row)
            known[key] = text
        advance()
        return known[key]

    return list(await asyncio.gather(*map(one, prompts)))
