"""When a server is asked again, and when it is left alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT = 0.25
LONGEST_WAIT = 8.0
LONGEST_RETRY_AFTER = 20.0


def backoff(attempt: int, *, jitter: Callable[[], float] = random.random) -> float:
    """Return the seconds before retry number `attempt` (from 0).

    Doubles each time up to a bound, and lies anywhere in the upper half of its range, so that
    clients that failed together do not come back together.
    """
    ceiling: float = min(LONGEST_WAIT, FIRST_WAIT * 2.0**attempt)
    return ceiling * (0.5 + 0.5 * jitter())


def retry_after(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for; None if it says nothing usable."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


class CircuitBreaker:
    """Stops asking a server that keeps failing, and tries one request from time to time.

    Closed: all requests go through. After `failures` in a row it opens: none goes through for
    `cool_down` seconds. Then one request is the probe: if it succeeds the breaker closes, if
    it fails it opens again.

    Args:
        failures: how many in a row open it.
        cool_down: seconds it stays open.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        cool_down: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = failures
        self._cool_down = cool_down
        self._clock = clock
        self._failed = 0
        self._until: float | None = None
        self._probing = False

    def allows(self) -> bool:
        """Whether a request may go out now. A True after the cool-down is the one probe."""
        if self._until is None:
            return True
        if self._probing or self._clock() < self._until:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The server answered as it should."""
        self._failed, self._until, self._probing = 0, None, False

    def failed(self) -> None:
        """The server did not answer, or answered nonsense."""
        self._failed += 1
        if self._probing or self._failed >= self._limit:
            self._until = self._clock() + self._cool_down
        self._probing = False

    def abandoned(self) -> None:
        """The request ended without saying anything about the server: the probe is free again."""
        self._probing = False
