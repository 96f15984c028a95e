"""One curation: what is read, by which rules, where to, and how steps are done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from upright.jobs import Engine, Outcome, Store, Task, Work, run
from upright.policy import Policy

Advance = Callable[[str, int, int], None]
WORK = ".work"
"""Folder of the output that keeps what need not be done again."""


def _silent(_step: str, _done: int, _all: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Curation:
    """What to curate.

    Args:
        inputs: files and folders.
        policy: the use case.
        output: folder of the result.
        workers: shards in hand at once.
        engine: where they are.
        advance: told the step, and how many of its shards of how many are finished.
    """

    inputs: Sequence[str]
    policy: Policy
    output: Path
    workers: int = 1
    engine: Engine = Engine.LOCAL
    advance: Advance = _silent
    wanted: dict[str, set[str]] = field(default_factory=dict)
    reused: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        """Results of steps."""
        return Store(self.output.resolve() / WORK)

    def do(self, work: Work, tasks: Sequence[Task]) -> list[Outcome]:
        """Have a step done for some shards, what is kept from earlier runs excepted.

        Raises:
            NoSpaceError: if the disk is full.
        """
        outcomes = run(
            work,
            tasks,
            self.store,
            workers=self.workers,
            engine=self.engine,
            advance=lambda done, of: self.advance(work.name, done, of),
        )
        self.wanted.setdefault(work.name, set()).update(task.key for task in tasks)
        reused = sum(outcome.reused for outcome in outcomes)
        self.reused[work.name] = self.reused.get(work.name, 0) + reused
        self.done[work.name] = self.done.get(work.name, 0) + len(outcomes) - reused
        return outcomes

    def forget(self) -> None:
        """Remove the results of steps that this run did not want."""
        for name, keys in self.wanted.items():
            self.store.drop(name, keys)
