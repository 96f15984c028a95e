"""What one key, and all keys together, may ask for."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from upright.serve.errors import refused


class RateLimit:
    """A token bucket for each key.

    A key may use a minute's worth at once and gets it back evenly. One bucket is two numbers;
    buckets exist only for keys that passed authentication, so their count is bounded.

    Args:
        clock: seconds that never go back; another one in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str, *, per_minute: int) -> float:
        """Take one request from the key's bucket.

        Returns:
            0.0 if there was one, else the seconds until there is.
        """
        now = self._clock()
        level, then = self._buckets.get(key, (float(per_minute), now))
        level = min(float(per_minute), level + (now - then) * per_minute / 60.0)
        if level < 1.0:
            self._buckets[key] = (level, now)
            return (1.0 - level) * 60.0 / per_minute
        self._buckets[key] = (level - 1.0, now)
        return 0.0


class Gate:
    """Bounds how many requests are at work and how many wait.

    A request beyond both bounds is refused at once instead of being kept until its client has
    given up: the client can then try another replica.

    Args:
        active: requests at work at once.
        waiting: requests that may wait for a place.
        patience: seconds a request waits for one.
    """

    def __init__(self, *, active: int, waiting: int, patience: float) -> None:
        self._slots = asyncio.Semaphore(active)
        self._waiting = waiting
        self._patience = patience
        self._queued = 0
        self._by_key: Counter[str] = Counter()

    @property
    def in_flight(self) -> int:
        """Requests at work or waiting."""
        return self._by_key.total()

    @asynccontextmanager
    async def enter(self, key: str, *, most: int) -> AsyncIterator[None]:
        """Hold a place for one request.

        Args:
            key: whose request it is.
            most: how many requests the key may have in flight.

        Raises:
            ApiError: 429 over the key's bound, 503 over everybody's.
        """
        if self._by_key[key] >= most:
            raise refused(
                429,
                "too_many_concurrent",
                f"this key may have {most} requests in flight; wait for one to end",
                retry_after=1,
            )
        self._by_key[key] += 1
        try:
            await self._place()
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._by_key[key] -= 1
            if not self._by_key[key]:
                del self._by_key[key]

    async def _place(self) -> None:
        if self._slots.locked() and self._queued >= self._waiting:
            raise _overloaded(self._patience)
        self._queued += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._slots.acquire()
        except TimeoutError:
            raise _overloaded(self._patience) from None
        finally:
            self._queued -= 1


def _overloaded(patience: float) -> Exception:
    return refused(
        503, "overloaded", "too many requests wait; try again", retry_after=math.ceil(patience)
    )
