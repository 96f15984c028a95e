"""Which detector a worker is running, seen from outside even while it hangs."""

from __future__ import annotations

import mmap
import struct
import time
from pathlib import Path
from typing import NamedTuple

_CELLS = struct.calcsize("=qq")


class Running(NamedTuple):
    """What a worker is at.

    Attributes:
        detector: its index among those asked, -1 before the first.
        since: `time.monotonic_ns()` at its start; one clock for all processes.
    """

    detector: int
    since: int


class Progress:
    """Two numbers in memory that a worker writes and its pool reads.

    Args:
        path: a file of at least `Progress.SIZE` bytes that both map.
    """

    SIZE = _CELLS

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), self.SIZE)
        self._cells = memoryview(self._map).cast("q")

    def begin(self, index: int) -> None:
        """Say that the detector `index` is asked from now on."""
        # The time is written first: whoever sees the new index sees its time too, and a new
        # time under the old index only grants a little more.
        self._cells[1] = time.monotonic_ns()
        self._cells[0] = index

    def running(self) -> Running:
        """Return what the worker is at."""
        while True:
            index = self._cells[0]
            since = self._cells[1]
            if self._cells[0] == index:
                return Running(index, since)

    def close(self) -> None:
        """Give the memory back."""
        self._cells.release()
        self._map.close()
