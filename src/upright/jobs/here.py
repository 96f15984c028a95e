"""Work in this very process: for one worker no other is begun."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

from upright.jobs.task import Task, Work
from upright.jobs.worker import perform


class HereRunner:
    """Does each task as it is submitted.

    Args:
        work: the step.
        folder: of the store.
    """

    workers = 1

    def __init__(self, work: Work, folder: Path) -> None:
        self._work = work
        self._folder = str(folder)

    def submit(self, task: Task) -> Future[dict[str, Any]]:
        """Do a task; the future is done."""
        done: Future[dict[str, Any]] = Future()
        try:
            done.set_result(perform(self._work, self._folder, task.key, task.payload))
        except Exception as error:  # noqa: BLE001 (the future carries it, as a pool's does)
            done.set_exception(error)
        return done

    def renew(self) -> None:
        """Do nothing: this process cannot be lost and go on."""

    def close(self, *, at_once: bool = False) -> None:
        """Do nothing: there is no process to end."""
