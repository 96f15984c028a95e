"""The guard in worker processes: a detector that hangs, crashes or lies delays and fails alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Self

from upright.guard.batches import batched_scans
from upright.guard.cache import ScanCache, cache_key
from upright.guard.frames import Spec, Task, bare
from upright.guard.lane import Job, Lane, Nursery
from upright.guard.process import WorkerLostError, WorkerProcess
from upright.guard.rules import Rulebook
from upright.guard.scan import Scan
from upright.guard.scanner import Scanner
from upright.terms import Record, Stage, UprightError

if TYPE_CHECKING:
    from types import TracebackType

    from upright.policy import Policy


class GuardPool(Scanner):
    """The guard of a policy, scanning in worker processes with a deadline for each detector.

    The workers build the guard from its spec. One more worker than asked for is kept ready, to
    take the place of one that had to be ended. Use it as a context manager, or `close` it.

    Args:
        policy: the use case; `policy.guard.deadline_ms` is the deadline.
        workers: how many texts are scanned at once.
        extra: further detectors as `module:factory`.
        everything: ask every registered detector at every stage, for the sake of the scores.

    Raises:
        ConfigError: as `Guard.from_policy`.
        UprightError: if no worker process can be started.
    """

    def __init__(
        self,
        policy: Policy,
        workers: int = 1,
        *,
        extra: tuple[str, ...] = (),
        everything: bool = False,
    ) -> None:
        self.rulebook = Rulebook(policy.guard)
        self.deadline = policy.guard.deadline_ms / 1000
        spec = Spec.of(policy, extra, everything=everything)
        self._cache = ScanCache()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._unwatched = threading.Event()
        crew = [WorkerProcess(spec, self.deadline) for _ in range(workers)]
        try:
            self.digest = crew[0].ready().digest
        except (UprightError, WorkerLostError) as error:
            for worker in crew:
                worker.kill()
            if isinstance(error, UprightError):
                raise
            raise UprightError(
                "the guard's worker process ended before it had built its guard",
                mend="its own words stand above; `upright guard check` shows them alone",
            ) from None
        self._nursery = Nursery(lambda: WorkerProcess(spec, self.deadline))
        self._lanes = [
            Lane(self._jobs, worker, self._nursery, self.rulebook.on_error) for worker in crew
        ]
        self._watch = threading.Thread(target=self._keep_watch, name="guard-watch", daemon=True)
        self._watch.start()

    def submit(
        self,
        records: Sequence[Record],
        stage: Stage,
        *,
        partial: bool = False,
        skip: frozenset[str] = frozenset(),
    ) -> Future[list[Scan]]:
        """Have records scanned together; a detector that fails, fails for all of them.

        Whole texts that were scanned before are not scanned again.

        Args:
            records: the texts.
            stage: where they stand.
            partial: more text may follow each.
            skip: rule ids of detectors that are not asked.

        Raises:
            RuntimeError: after `close`.
        """
        if partial or skip:
            task = Task(bare(records), stage, partial, skip)
            return self._enqueue(task, lambda scans: scans).future
        keys = [cache_key(self.digest, stage, record) for record in records]
        known = self._cache.get(keys)
        missing = [index for index, scan in enumerate(known) if scan is None]

        def complete(fresh: list[Scan]) -> list[Scan]:
            self._cache.put((keys[index] for index in missing), fresh)
            rest = iter(fresh)
            return [next(rest) if scan is None else scan for scan in known]

        if not missing:
            done: Future[list[Scan]] = Future()
            done.set_result(complete([]))
            return done
        return self._enqueue(Task(bare(records[i] for i in missing), stage), complete).future

    def scan(
        self,
        records: Sequence[Record],
        stage: Stage,
        *,
        partial: bool = False,
        skip: frozenset[str] = frozenset(),
    ) -> list[Scan]:
        """Return the scans of records; see `submit`."""
        return self.submit(records, stage, partial=partial, skip=skip).result()

    def scan_many(self, records: Iterable[Record], stage: Stage) -> Iterator[tuple[Record, Scan]]:
        """Yield each record with its scan, in order, keeping all workers busy.

        A record on which a detector fails does not take its neighbours with it.
        """
        return batched_scans(
            lambda batch: self.submit(batch, stage),
            records,
            deadline=self.deadline,
            ahead=2 * len(self._lanes),
        )

    @property
    def pids(self) -> list[int]:
        """The process ids of the workers that serve now."""
        return [lane.worker.pid for lane in self._lanes]

    def close(self) -> None:
        """Serve what is waiting, then end all workers. No process stays behind."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for _ in self._lanes:
                self._jobs.put(None)
        for lane in self._lanes:
            lane.join()
        self._nursery.close()
        self._unwatched.set()
        self._watch.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _enqueue(self, task: Task, complete: Callable[[list[Scan]], list[Scan]]) -> Job:
        job = Job(task, complete)
        with self._lock:
            if self._closed:
                raise RuntimeError("the guard pool is closed")
            self._jobs.put(job)
        return job

    def _keep_watch(self) -> None:
        """End workers whose detector is over the deadline."""
        wait = self.deadline
        while not self._unwatched.wait(wait):
            now = time.monotonic_ns()
            wait = min(lane.worker.watch(now) for lane in self._lanes) / 1e9
