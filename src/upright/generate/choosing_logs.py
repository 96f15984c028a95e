"""The log-probabilities of given continuations of a prompt, by reading them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from upright.generate.sampler import Logits, log_softmax
from upright.generate.types import EngineError, ReadingEngine

if TYPE_CHECKING:
    from upright.generate.llama import LlamaContext

SLICE = 32
"""Tokens of a prompt computed in one call, counted from its beginning. What two prompts share is
reused in whole slices only: the same slices give bit for bit the same memory, so that an answer
does not depend on what was asked before."""


async def logs_by_reading(
    engine: ReadingEngine, prompt: Sequence[int], options: Sequence[Sequence[int]]
) -> list[float]:
    """Return log P(option | prompt) in nats; options of one token share one reading.

    Args:
        engine: reads.
        prompt: tokens of the prompt, not empty.
        options: tokens of each option, not empty.

    Raises:
        EngineError: as `read`.
    """
    known: dict[tuple[int, ...], float] = {}
    first = {option[0] for option in options}

    def visit(path: tuple[int, ...], at: int, logits: Logits) -> None:
        logs = log_softmax(logits)
        for token in first if at == 0 else path[at : at + 1]:
            known[(*path[:at], token)] = float(logs[token])

    # The longest first: most often the readings of the others are then there already.
    for option in sorted({tuple(option) for option in options}, key=len, reverse=True):
        if any(option[: at + 1] not in known for at in range(len(option))):
            await engine.read(option, partial(visit, option), after=prompt)
    return [
        math.fsum(known[tuple(option[: at + 1])] for at in range(len(option))) for option in options
    ]


class SharedReader:
    """Reads prompts that share their beginning with llama.cpp, computing that only once.

    It has a thread, and a memory of one sequence beside the engine's own.

    Args:
        context: a memory of one sequence whose batch holds a slice; closed with the reader.
    """

    def __init__(self, context: LlamaContext) -> None:
        self._context = context
        self._held: list[int] = []
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="upright-options")

    async def logs(self, prompt: Sequence[int], options: Sequence[Sequence[int]]) -> list[float]:
        """Return log P(option | prompt) in nats; see `logs_by_reading`.

        Raises:
            EngineError: `bad_request` if they do not fit, `unavailable` if the model failed.
        """
        longest = max(map(len, options))
        if longest > SLICE or len(prompt) + longest > self._context.length:
            raise EngineError(
                f"a prompt of {len(prompt)} tokens and an option of {longest} are too long",
                kind="bad_request",
                mend=f"keep options to {SLICE} tokens and both to {self._context.length}",
            )
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._logs, prompt, options)

    def close(self) -> None:
        """Release memory and thread, after what is being read."""
        self._thread.shutdown(cancel_futures=True)
        self._context.close()

    def _logs(self, prompt: Sequence[int], options: Sequence[Sequence[int]]) -> list[float]:
        first = log_softmax(self._after(prompt))
        totals = []
        for option in options:
            logs = [float(first[option[0]])]
            if len(option) > 1:
                rows = self._feed(option[:-1], len(prompt), wanted=len(option) - 1)
                logs += [
                    float(log_softmax(row)[token])
                    for row, token in zip(rows, option[1:], strict=True)
                ]
                self._context.forget(0, len(prompt))
            totals.append(math.fsum(logs))
        return totals

    def _after(self, prompt: Sequence[int]) -> Logits:
        """Return the logits after a prompt and hold it."""
        shared = takewhile(lambda pair: pair[0] == pair[1], zip(self._held, prompt, strict=False))
        keep = min(sum(1 for _ in shared), len(prompt) - 1) // SLICE * SLICE
        self._context.forget(0, keep)
        self._held = []
        rows: list[Logits] = []
        for start in range(keep, len(prompt), SLICE):
            end = min(start + SLICE, len(prompt))
            rows = self._feed(prompt[start:end], start, wanted=int(end == len(prompt)))
        self._held = list(prompt)
        return rows[0]

    def _feed(self, tokens: Sequence[int], start: int, *, wanted: int) -> list[Logits]:
        """Compute tokens; return the logits after the last `wanted` of them."""
        from upright.generate.llama import Feed  # noqa: PLC0415 (only where llama.cpp is)

        quiet = len(tokens) - wanted
        return self._context.step(
            [Feed(token, start + at, 0, at >= quiet) for at, token in enumerate(tokens)]
        )
