"""One active version of a policy, ready to answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from upright.answer.answering import Answering
from upright.answer.certifying import certifier_for
from upright.answer.judge import Judge
from upright.answer.marking import mark_for
from upright.answer.masking import works_for
from upright.answer.request import Answer, AnswerPiece, AnswerRequest
from upright.generate.balancing import balance_of

if TYPE_CHECKING:
    from upright.generate.types import Engine, Sampling
    from upright.guard import GuardPool
    from upright.ledger import Ledger, LedgerWriter
    from upright.match.index import RunMask
    from upright.policy import Policy


class Answerer:
    """Answers requests under one policy.

    It owns the guard's worker processes; the engine, the ledger and its writer are shared and
    closed by whoever opened them.

    Args:
        policy: the use case.
        engine: writes text.
        pool: the guard's worker processes.
        ledger: has the vault and the review queue.
        writer: commits events.
        pinned: answer under this very policy, whichever version is active in the ledger; the
            kill switch holds all the same.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        engine: Engine,
        pool: GuardPool,
        ledger: Ledger,
        writer: LedgerWriter,
        pinned: bool = False,
    ) -> None:
        self.policy = policy
        self.engine = engine
        self.pool = pool
        self.ledger = ledger
        self.writer = writer
        self.pinned = pinned
        self.mark = mark_for(policy, engine, ledger.home)
        self.balance = balance_of(policy)
        self._works = works_for(policy, engine)
        self.certifier = certifier_for(policy, pool.digest, engine, self.mark, ledger)

    @property
    def judge(self) -> Judge:
        """A judge for one request: it remembers which detectors gave that request no answer."""
        return Judge(self.pool)

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

    def sampling(self, overrides: Mapping[str, Any]) -> Sampling:
        """Return how tokens are drawn for what a request asks, within the policy's bounds."""
        from upright.generate import sampling_for  # noqa: PLC0415 (loads numpy)

        return sampling_for(self.policy, overrides)

    def mask(self, shown: Sequence[str]) -> RunMask | None:
        """Return which runs of protected works an answer must not complete, if any.

        Args:
            shown: what the user wrote; it may be repeated.
        """
        return None if self._works is None else self._works.mask(shown)

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
