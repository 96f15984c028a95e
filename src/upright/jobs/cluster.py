"""Work on a Ray cluster. This is the only module that imports Ray.

The store must be a folder that all machines of the cluster see. Ray is connected to where
`RAY_ADDRESS` says; without it a cluster of this machine alone is begun and ended again.
"""

from __future__ import annotations

import os
from concurrent.futures import Future
from pathlib import Path
from typing import Any

try:
    import ray
except ModuleNotFoundError as error:
    from upright.terms import MissingExtraError

    raise MissingExtraError("--engine ray", "curate-ray", missing=error.name or "ray") from None

from upright.jobs.engine import WorkerLostError
from upright.jobs.task import Task, Work
from upright.jobs.worker import perform

# Results are files; what travels through Ray's memory is small. Its default is a third of all.
_OBJECT_STORE = 80_000_000
_LOST = (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError)


class RayRunner:
    """Ray tasks that do what the processes of a pool do.

    Args:
        work: the step.
        folder: of the store, the same on every machine.
        workers: tasks in flight.
    """

    def __init__(self, work: Work, folder: Path, workers: int) -> None:
        self.workers = workers
        self._folder = str(folder.resolve())
        self._ours = not ray.is_initialized()
        if self._ours:
            _connect(workers)
        self._work = ray.put(work)
        # Who dies is told to `run`, which knows what is complete; Ray alone would start over.
        self._perform = ray.remote(max_retries=0, num_cpus=1)(perform)

    def submit(self, task: Task) -> Future[dict[str, Any]]:
        """Have a task done; the future raises WorkerLostError where its worker ended."""
        reference = self._perform.remote(self._work, self._folder, task.key, dict(task.payload))
        told: Future[dict[str, Any]] = Future()
        reference.future().add_done_callback(lambda done: _pass_on(done, told))
        return told

    def renew(self) -> None:
        """Do nothing: Ray starts another worker by itself."""

    def close(self, *, at_once: bool = False) -> None:
        """Leave the cluster; one that was begun here ends."""
        del at_once
        if self._ours:
            ray.shutdown()


def _connect(workers: int) -> None:
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    if os.environ.get("RAY_ADDRESS"):
        ray.init(**quiet)
        return
    ray.init(
        address="local",
        num_cpus=workers,
        include_dashboard=False,
        object_store_memory=_OBJECT_STORE,
        **quiet,
    )


def _pass_on(done: Future[dict[str, Any]], told: Future[dict[str, Any]]) -> None:
    error = done.exception()
    if error is None:
        told.set_result(done.result())
    elif isinstance(error, _LOST):
        told.set_exception(WorkerLostError())
    else:
        told.set_exception(getattr(error, "cause", None) or error)
