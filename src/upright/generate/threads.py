"""How many threads compute a step: all the cores while they are ours, one when they are not.

The threads of a step meet at a barrier hundreds of times. Where other processes hold a core, each
meeting waits for a turn of the operating system, and two threads become many times slower than
one. So the engine watches how much of its time it really ran.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST = 8
CROWDED = 0.45
"""Below this share of processor time in wall time the cores are taken by others."""
PATIENCE = 3
FIRST_REST = 1.0
LONGEST_REST = 16.0

_SPIN = "GOMP_SPINCOUNT"


def cores() -> int:
    """Return the number of cores this process may use, at most eight."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST)
    return min(os.cpu_count() or 1, MOST)


@contextmanager
def patient_threads() -> Iterator[None]:
    """Load an OpenMP library inside this, and its threads sleep while they wait.

    By default they spin for milliseconds, which takes the core from whoever they wait for. The
    library reads the setting when it is loaded; a setting of the user's is left alone.
    """
    chosen = {_SPIN, "OMP_WAIT_POLICY"} & os.environ.keys()
    if not chosen:
        os.environ[_SPIN] = "0"
    try:
        yield
    finally:
        if not chosen:
            del os.environ[_SPIN]


class Governor:
    """Chooses the number of threads for the next step.

    After `PATIENCE` crowded steps in a row one thread computes for a while; then all are tried
    again, and the while doubles each time they turn out to be crowded still.

    Args:
        most: threads when the cores are free.
        clock: seconds that never go back.
    """

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._crowded = 0
        self._rest = FIRST_REST
        self._until: float | None = None

    @property
    def threads(self) -> int:
        """Threads for the next step."""
        resting = self._until is not None and self._clock() < self._until
        return 1 if resting else self._most

    def note(self, threads: int, *, wall: float, processor: float) -> None:
        """Take note of a step: its threads, and the caller's wall and processor seconds."""
        if threads == 1:
            return
        if processor >= CROWDED * wall:
            self._crowded, self._rest, self._until = 0, FIRST_REST, None
            return
        self._crowded += 1
        # Once crowded, the first crowded step of a new try is enough.
        if self._crowded >= PATIENCE or self._until is not None:
            self._until = self._clock() + self._rest
            self._rest = min(2 * self._rest, LONGEST_REST)
            self._crowded = 0
