"""One queue reader with one worker: it serves jobs, and outlives its workers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue

from upright.guard.frames import GUARD, Task
from upright.guard.process import WorkerLostError, WorkerProcess
from upright.guard.scan import Scan
from upright.terms import Action, DetectorError


@dataclass(frozen=True, slots=True)
class Job:
    """A task and where its scans are awaited.

    Attributes:
        task: what is to be scanned.
        complete: makes the awaited scans of those of the task.
        future: where they are awaited.
    """

    task: Task
    complete: Callable[[list[Scan]], list[Scan]]
    future: Future[list[Scan]] = field(default_factory=Future)


class Nursery:
    """Keeps a worker ready, so that one that was ended is replaced without a wait.

    Args:
        hire: starts a worker process; it may still be building its guard.
    """

    def __init__(self, hire: Callable[[], WorkerProcess]) -> None:
        self._hire = hire
        self._lock = threading.Lock()
        self._spare: WorkerProcess | None = hire()
        self._closed = False

    def take(self) -> WorkerProcess:
        """Return a worker and start the next one."""
        with self._lock:
            taken = self._spare
            self._spare = None if self._closed else self._hire()
        return taken if taken is not None and taken.alive else self._hire()

    def close(self) -> None:
        """End the worker that waits, and start no more in advance."""
        with self._lock:
            self._closed = True
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.kill()


class Lane:
    """Serves the jobs of a queue one after the other, in a thread of its own.

    Args:
        jobs: the queue; None in it ends the lane.
        worker: the first worker.
        nursery: where the next ones come from.
        on_error: what a failure counts as.
    """

    def __init__(
        self,
        jobs: SimpleQueue[Job | None],
        worker: WorkerProcess,
        nursery: Nursery,
        on_error: Action,
    ) -> None:
        self._jobs = jobs
        self.worker = worker
        self._nursery = nursery
        self._on_error = on_error
        self._thread = threading.Thread(target=self._run, name="guard-lane", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until the lane has ended."""
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                scans = job.complete(self._serve(job.task))
            except Exception as error:  # noqa: BLE001 (whoever waits must learn of it)
                job.future.set_exception(error)
            else:
                job.future.set_result(scans)
            # Replaced now, so that the next job finds it building or built.
            self._present_worker()
        self.worker.kill()

    def _serve(self, task: Task) -> list[Scan]:
        """Scan; a lost worker becomes an error, and is asked again only where errors pass."""
        errors: list[DetectorError] = []
        skip = task.skip
        began_anew = False
        while True:
            try:
                scans = self._present_worker().scan(
                    Task(task.records, task.stage, task.partial, skip)
                )
            except WorkerLostError as lost:
                if lost.before_any and not began_anew:
                    # It had ended before it began: nothing failed, and nothing was scanned.
                    began_anew = True
                    continue
                rule = self._rule(task, skip, lost.index)
                errors.append(DetectorError(rule, lost.kind, self._on_error))
                if self._on_error is Action.BLOCK or rule == GUARD:
                    return [_unscanned(task, len(r.text), errors) for r in task.records]
                skip |= {rule}
            else:
                return [_with_errors(scan, errors) for scan in scans]

    def _present_worker(self) -> WorkerProcess:
        if not self.worker.alive:
            self.worker.kill()
            self.worker = self._nursery.take()
        return self.worker

    def _rule(self, task: Task, skip: frozenset[str], index: int) -> str:
        """Return the rule id of the detector that was running."""
        if index < 0:
            return GUARD
        asked = [rule for rule in self.worker.ready().rules[task.stage] if rule not in skip]
        return asked[index]


def _unscanned(task: Task, length: int, errors: list[DetectorError]) -> Scan:
    return Scan((), 0 if task.partial else length, tuple(errors))


def _with_errors(scan: Scan, errors: list[DetectorError]) -> Scan:
    if not errors:
        return scan
    return Scan(scan.findings, scan.settled, (*errors, *scan.errors), scan.scores)
