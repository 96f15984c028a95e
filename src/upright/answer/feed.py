"""The engine's pieces, gathered so that the guard is asked once for all that has come."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Self

from upright.answer.request import Usage
from upright.generate.types import Engine, Job, Piece

# Pieces that may wait while a slow client or a scan holds the pipeline up; beyond them the
# engine waits too.
_WAITING = 256


class EngineFeed:
    """Runs one job and hands its pieces over in batches.

    Use as a context manager: leaving it stops the engine's work at once.

    Attributes:
        usage: tokens so far.
    """

    def __init__(self, engine: Engine, job: Job) -> None:
        self._engine = engine
        self._job = job
        self._queue: asyncio.Queue[Piece | Exception | None] = asyncio.Queue(_WAITING)
        self._task: asyncio.Task[None] | None = None
        self.usage = Usage()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def batches(self, *, eager: bool) -> AsyncGenerator[list[Piece]]:
        """Yield what the engine wrote since the last batch.

        Args:
            eager: yield as soon as there is anything; otherwise once, when all is written.

        Raises:
            EngineError: when the engine cannot go on.
        """
        if not eager:
            async with aclosing(self._engine.stream(self._job)) as pieces:
                yield [self._counted(piece) async for piece in pieces]
            return
        self._task = asyncio.create_task(self._pump())
        while True:
            items = [await self._queue.get()]
            while not self._queue.empty():
                items.append(self._queue.get_nowait())
            batch = [self._counted(item) for item in items if isinstance(item, Piece)]
            if batch:
                yield batch
            if isinstance(items[-1], Exception):
                raise items[-1]
            if items[-1] is None:
                return

    async def _pump(self) -> None:
        end: Exception | None = None
        try:
            async with aclosing(self._engine.stream(self._job)) as pieces:
                async for piece in pieces:
                    await self._queue.put(piece)
        except Exception as error:  # noqa: BLE001 (raised again where the batches are read)
            end = error
        await self._queue.put(end)

    def _counted(self, piece: Piece) -> Piece:
        if piece.prompt_tokens is not None or piece.completion_tokens:
            prompt = self.usage.prompt_tokens
            self.usage = Usage(
                prompt if piece.prompt_tokens is None else piece.prompt_tokens,
                self.usage.completion_tokens + piece.completion_tokens,
            )
        return piece
