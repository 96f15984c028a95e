"""Several gateway processes behind one socket, for machines with more cores than one can use.

Replicas share nothing but the socket and the ledger's database, as replicas on several machines
do: one process holds one event loop, its guards and its own connections.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import TYPE_CHECKING

from upright.serve.logs import log

if TYPE_CHECKING:
    import socket

# A replica that ends at once would end again at once; it is not started more often than this.
_RESTART_SECONDS = 1.0
_POLL_SECONDS = 0.2


class Replicas:
    """Starts replicas, starts those that end anew, and ends them all.

    Args:
        target: runs one replica, given the socket, its number and the arguments; a function of
            a module, since replicas are new processes.
        sock: the bound socket, handed to each.
        arguments: what else `target` is given.
        count: how many.
    """

    def __init__(
        self,
        target: Callable[..., None],
        sock: socket.socket,
        arguments: tuple[object, ...],
        *,
        count: int,
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._target = target
        self._sock = sock
        self._arguments = arguments
        self._ending = threading.Event()
        self._running: list[BaseProcess] = [self._started(number) for number in range(count)]

    @property
    def pids(self) -> list[int]:
        """The process ids of the replicas."""
        return [process.pid or 0 for process in self._running]

    def wait(self) -> None:
        """Keep all replicas running until SIGINT or SIGTERM, then end them and wait."""
        with self._signals():
            while not self._ending.wait(_POLL_SECONDS):
                for number, process in enumerate(self._running):
                    if process.exitcode is not None:
                        log("replica_ended", code=str(process.exitcode))
                        if self._ending.wait(_RESTART_SECONDS):
                            break
                        self._running[number] = self._started(number)
            self._end()

    def _started(self, number: int) -> BaseProcess:
        arguments = (self._sock, number, *self._arguments)
        process = self._context.Process(target=self._target, args=arguments)
        process.start()
        return process

    def _end(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.join()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def end(_number: int, _frame: FrameType | None) -> None:
            self._ending.set()

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
