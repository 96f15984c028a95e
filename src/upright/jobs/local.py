"""Work on processes of this machine: the standard library's pool."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from upright.jobs.engine import WorkerLostError
from upright.jobs.task import Task, Work
from upright.jobs.worker import perform, prepare


class LocalRunner:
    """A pool of processes, all of them begun afresh when one is lost.

    Args:
        work: the step.
        folder: of the store.
        workers: processes.
    """

    def __init__(self, work: Work, folder: Path, workers: int) -> None:
        self.workers = workers
        self._work = work
        self._folder = str(folder)
        self._pool = self._start()

    def submit(self, task: Task) -> Future[dict[str, Any]]:
        """Have a task done; the future raises WorkerLostError where its worker ended."""
        told: Future[dict[str, Any]] = Future()
        try:
            inner = self._pool.submit(
                perform, self._work, self._folder, task.key, dict(task.payload)
            )
        except BrokenProcessPool:
            told.set_exception(WorkerLostError())
            return told
        inner.add_done_callback(lambda done: _pass_on(done, told))
        return told

    def renew(self) -> None:
        """Begin with new processes."""
        self.close(at_once=True)
        self._pool = self._start()

    def close(self, *, at_once: bool = False) -> None:
        """End the processes."""
        if at_once:
            for process in list((self._pool._processes or {}).values()):  # noqa: SLF001 (the pool has no way to end a busy worker before Python 3.14)
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        methods = multiprocessing.get_all_start_methods()
        # Forked from a process without threads: quick, and memory is shared.
        method = "forkserver" if "forkserver" in methods else "spawn"
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload([self._work.maker.partition(":")[0]])
        return ProcessPoolExecutor(self.workers, mp_context=context, initializer=prepare)


def _pass_on(done: Future[dict[str, Any]], told: Future[dict[str, Any]]) -> None:
    if done.cancelled():
        told.set_exception(WorkerLostError())
        return
    error = done.exception()
    if isinstance(error, BrokenProcessPool):
        told.set_exception(WorkerLostError())
    elif error is not None:
        told.set_exception(error)
    else:
        told.set_result(done.result())
