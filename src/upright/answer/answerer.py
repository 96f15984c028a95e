"""One active version of a policy, ready to answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Self

from upright.answer.answering import Answering
from upright.answer.means import Means
from upright.answer.request import Answer, AnswerPiece, AnswerRequest


class Answerer(Means):
    """Answers requests under one policy; for its arguments see `Means`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the guard's worker processes."""
        await asyncio.to_thread(self.pool.close)

    def begin(self, request: AnswerRequest) -> Answering:
        """Return the pipeline for one request; it knows its id before anything is done."""
        return Answering(self, request)

    async def stream(self, request: AnswerRequest) -> AsyncGenerator[AnswerPiece]:
        """Yield released pieces; see `Answering.pieces`."""
        async with aclosing(self.begin(request).pieces()) as pieces:
            async for piece in pieces:
                yield piece

    async def complete(self, request: AnswerRequest) -> Answer:
        """Return the whole answer; see `Answering.pieces` for the errors."""
        return await self.begin(request).whole()
