"""Where work runs. Engines differ in that only: the same functions, the same results."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Protocol

from upright.jobs.task import Task


class WorkerLostError(Exception):
    """A worker process ended before it answered."""


class Runner(Protocol):
    """Worker processes that do the tasks of one step.

    Attributes:
        workers: how many tasks are done at once.
    """

    @property
    def workers(self) -> int:
        """How many tasks are done at once."""
        ...

    def submit(self, task: Task) -> Future[dict[str, Any]]:
        """Have a task done; the future raises WorkerLostError where its worker ended."""
        ...

    def renew(self) -> None:
        """Be ready again after a worker was lost. Nothing is in flight."""
        ...

    def close(self, *, at_once: bool = False) -> None:
        """End the workers; at once, whatever they are doing, or when they are idle."""
        ...
