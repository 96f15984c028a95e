"""How many threads compute a step: all the cores while they are ours, one when they are not.

The threads of a step meet at a barrier hundreds of times. Where other processes hold a core, each
meeting waits for a turn of the operating system, and two threads become many times slower than
one. So the engine measures both and takes the faster.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MOST = 8
TRIAL_SHARE = 0.05
"""At most about this share of the time goes into trying the number that was slower."""
SHORTEST_PAUSE = 0.25
FRESH = 1.0
WEIGHT = 0.3

_SPINS = "1000"  # some tens of microseconds: longer than a barrier takes, shorter than a turn
_SPIN = "GOMP_SPINCOUNT"


def cores() -> int:
    """Return the number of cores this process may use, at most eight."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST)
    return min(os.cpu_count() or 1, MOST)


@contextmanager
def patient_threads() -> Iterator[None]:
    """Load an OpenMP library inside this, and its threads soon sleep while they wait.

    By default they spin for milliseconds, which takes the core from whoever they wait for. The
    library reads the setting when it is loaded; a setting of the user's is left alone.
    """
    chosen = {_SPIN, "OMP_WAIT_POLICY"} & os.environ.keys()
    if not chosen:
        os.environ[_SPIN] = _SPINS
    try:
        yield
    finally:
        if not chosen:
            del os.environ[_SPIN]


@dataclass(slots=True)
class _Pace:
    """What steps of about one size cost with one number of threads.

    Attributes:
        token: seconds for each token of a step.
        step: seconds of the last step.
        at: when that was.
    """

    token: float
    step: float
    at: float


class Governor:
    """Chooses the number of threads for the next step by what the last ones took.

    Args:
        most: threads when the cores are free.
        clock: seconds that never go back.
    """

    def __init__(self, most: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._options = sorted({1, most}, reverse=True)
        self._clock = clock
        self._paces: dict[tuple[int, int], _Pace] = {}

    def threads(self, size: int) -> int:
        """Return the threads for a step of `size` tokens."""
        known = {option: self._paces.get(_key(size, option)) for option in self._options}
        for option, pace in known.items():
            if pace is None:
                return option
        paces = {option: pace for option, pace in known.items() if pace is not None}
        best = min(paces, key=lambda option: paces[option].token)
        for option, pace in paces.items():
            pause = max(pace.step / TRIAL_SHARE, SHORTEST_PAUSE)
            if option != best and self._clock() - pace.at >= pause:
                return option
        return best

    def note(self, size: int, threads: int, seconds: float) -> None:
        """Take note of a step: its tokens, its threads and its wall time."""
        now = self._clock()
        key = _key(size, threads)
        old = self._paces.get(key)
        token = seconds / size
        if old is not None and now - old.at < FRESH:
            token = WEIGHT * token + (1 - WEIGHT) * old.token
        self._paces[key] = _Pace(token, seconds, now)


def _key(size: int, threads: int) -> tuple[int, int]:
    """Steps of one power of two of tokens cost about the same for each token."""
    return size.bit_length(), threads
