"""Do what is not done yet, on any engine, and lose nothing to a worker that dies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from enum import StrEnum
from typing import Any

from upright.jobs.engine import Runner, WorkerLostError
from upright.jobs.errors import NoSpaceError
from upright.jobs.here import HereRunner
from upright.jobs.store import Store
from upright.jobs.task import Outcome, Task, Work
from upright.terms import ConfigError, UprightError

_LOST = "its worker process ended: killed, or out of memory"


class Engine(StrEnum):
    """Where work runs."""

    LOCAL = "local"
    RAY = "ray"


def run(
    work: Work,
    tasks: Sequence[Task],
    store: Store,
    *,
    workers: int,
    engine: Engine = Engine.LOCAL,
    advance: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Outcome]:
    """Return what became of each task, in their order.

    A task whose result is kept is not done again. Where a worker dies, what it and the others
    had in hand (at most one task each) is done again; a task whose worker dies when it runs
    alone fails by itself.

    Args:
        work: the step.
        tasks: with keys that name their content.
        store: of results.
        workers: tasks done at once; one is done in this process.
        engine: where.
        advance: told how many tasks of how many are finished.

    Raises:
        NoSpaceError: if the disk is full; what is complete is kept.
        ConfigError: if the step cannot be built from its spec.
    """
    session = _Session(work, store, len({task.key for task in tasks}), advance)
    todo = [task for task in tasks if not session.reuse(task)]
    if todo:
        runner = _runner(work, store, min(workers, len(todo)), engine)
        try:
            session.work_off(runner, todo)
        except BaseException:
            runner.close(at_once=True)
            raise
        runner.close()
    return [session.outcomes[task.key] for task in tasks]


def _runner(work: Work, store: Store, workers: int, engine: Engine) -> Runner:
    if engine is Engine.RAY:
        from upright.jobs.cluster import RayRunner  # noqa: PLC0415 (an extra)

        return RayRunner(work, store.folder, workers)
    if workers == 1:
        return HereRunner(work, store.folder)
    from upright.jobs.local import LocalRunner  # noqa: PLC0415 (only where it runs)

    return LocalRunner(work, store.folder, workers)


class _Session:
    """The outcomes of one run."""

    def __init__(
        self, work: Work, store: Store, count: int, advance: Callable[[int, int], None]
    ) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._work = work
        self._store = store
        self._count = count
        self._advance = advance

    def reuse(self, task: Task) -> bool:
        """Take a result that is kept; say whether there is one."""
        if task.key in self.outcomes:
            return True
        found = self._store.get(self._work.name, task.key)
        if found is None:
            return False
        self._settle(Outcome(task, found, reused=True))
        return True

    def work_off(self, runner: Runner, tasks: Iterable[Task]) -> None:
        """Have tasks done until each has an outcome."""
        waiting = deque({task.key: task for task in tasks}.values())
        flying: dict[Future[dict[str, Any]], Task] = {}
        while waiting or flying:
            while waiting and len(flying) < runner.workers:
                task = waiting.popleft()
                flying[runner.submit(task)] = task
            done, _ = wait(flying, return_when=FIRST_COMPLETED)
            lost = self._land(flying, done)
            if lost:
                # Whatever the others had in hand went with it.
                lost += self._land(flying, wait(flying).done)
                runner.renew()
                self._alone(runner, [task for task in lost if not self.reuse(task)])

    def _land(
        self, flying: dict[Future[dict[str, Any]], Task], done: Iterable[Future[dict[str, Any]]]
    ) -> list[Task]:
        """Settle what is done; return the tasks whose worker died."""
        landed = [(future, flying.pop(future)) for future in done]
        return [task for future, task in landed if not self._take(future, task)]

    def _take(self, future: Future[dict[str, Any]], task: Task) -> bool:
        """Settle a task; say whether its worker lived."""
        try:
            self._settle(Outcome(task, future.result()))
        except WorkerLostError:
            return False
        except (NoSpaceError, ConfigError):
            raise
        except UprightError as error:
            self._settle(Outcome(task, {}, error=error.problem))
        except Exception as error:  # noqa: BLE001 (one shard's failure must not end the others)
            self._settle(Outcome(task, {}, error=f"{type(error).__name__}: {error}"))
        return True

    def _alone(self, runner: Runner, suspects: Iterable[Task]) -> None:
        """Do one by one what was in hand when a worker died: so the one to blame is known."""
        for task in suspects:
            future = runner.submit(task)
            wait([future])
            if not self._take(future, task):
                self._settle(Outcome(task, {}, error=_LOST))
                runner.renew()

    def _settle(self, outcome: Outcome) -> None:
        self.outcomes[outcome.task.key] = outcome
        self._advance(len(self.outcomes), self._count)
