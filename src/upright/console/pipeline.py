"""The console's way into the guarded pipeline: the same limits, policy and ledger as the API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from math import ceil
from typing import TYPE_CHECKING, Final

from upright.answer import PolicyChangedError
from upright.console.errors import PageError

if TYPE_CHECKING:
    from upright.answer import Answer, AnswerPiece, AnswerRequest
    from upright.console.visit import Visit

_RELOADS: Final = 3


@asynccontextmanager
async def admitted(visit: Visit) -> AsyncIterator[None]:
    """Hold a place among the requests under way.

    Raises:
        PageError: 429 when the key has asked too often.
        ApiError: when too many requests are under way.
    """
    key, limits = visit.visitor.id, visit.policy.limits
    wait = visit.state.rates.take(key, per_minute=limits.requests_per_minute)
    if wait:
        raise PageError(
            f"This key may ask {limits.requests_per_minute} times a minute.",
            mend=f"Try again in {ceil(wait)} s.",
            status=429,
        )
    async with visit.state.gate.enter(key, most=limits.max_concurrent):
        yield


async def complete(visit: Visit, request: AnswerRequest) -> Answer:
    """Return the whole answer to a request, under the policy that is active now.

    Raises:
        UprightError: if the use is stopped, the engine failed, or the limits are reached.
    """
    async with admitted(visit):
        for _ in range(_RELOADS):
            try:
                async with visit.state.uses.lease(visit.use_case) as answerer:
                    return await answerer.complete(request)
            except PolicyChangedError:
                await visit.state.uses.load(visit.use_case)
    raise _changing()


async def pieces(visit: Visit, request: AnswerRequest) -> AsyncGenerator[AnswerPiece]:
    """Yield what the pipeline releases, as `complete` would."""
    async with admitted(visit):
        for _ in range(_RELOADS):
            try:
                async with (
                    visit.state.uses.lease(visit.use_case) as answerer,
                    aclosing(answerer.begin(request).pieces()) as released,
                ):
                    async for piece in released:
                        yield piece
                    return
            except PolicyChangedError:
                # Raised before anything was released, so nothing is told twice.
                await visit.state.uses.load(visit.use_case)
    raise _changing()


def _changing() -> PageError:
    return PageError("The policy of this use is changing.", mend="Send it again.", status=503)
