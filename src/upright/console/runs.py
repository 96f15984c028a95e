"""Scoring pasted examples in the background: one set for each session, in memory only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from upright.console.errors import PageError
from upright.console.examples import Example
from upright.console.tuning import Scored
from upright.policy import GuardRule
from upright.serve.logs import log_failure
from upright.terms import Action, Context, Record, Stage, UprightError

if TYPE_CHECKING:
    from upright.guard import GuardPool
    from upright.policy import Policy

MOST_RUNS: Final = 8
KEPT_SECONDS: Final = 3600

_TOGETHER: Final = 32
_DEADLINE_MS: Final = 60_000
_STAGE: Final = Stage.OUTPUT

OpenPool = Callable[["Policy"], "AbstractContextManager[GuardPool]"]


class Run:
    """One set of examples while it is scored, and after.

    Attributes:
        total: how many there are.
        model: whether the trained model was asked.
        examples: those that are scored.
        unscored: how many got no answer from a detector.
        problem: why it failed, or None.
        finished: set when nothing more will come.
        dropped: set when nobody wants it any more.
    """

    def __init__(self, total: int, *, model: bool, now: float) -> None:
        self.total = total
        self.model = model
        self.started = now
        self.examples: list[Scored] = []
        self.unscored = 0
        self.problem: UprightError | None = None
        self.finished = threading.Event()
        self.dropped = threading.Event()

    @property
    def done(self) -> int:
        """How many were looked at."""
        return len(self.examples) + self.unscored


class Runs:
    """The runs of this process, one for each owner. Nothing of them is written anywhere.

    Args:
        open_pool: another way to open the guard that scores, for tests.
        clock: seconds.
    """

    def __init__(
        self, open_pool: OpenPool | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open_pool = open_pool or _pool
        self._clock = clock
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()
        # The guard that scores takes a core; several at once would starve the gateway.
        self._turn = threading.Lock()

    def start(self, owner: str, policy: Policy, examples: Sequence[Example], *, model: bool) -> Run:
        """Begin to score; an earlier set of the same owner is dropped.

        Args:
            owner: the session.
            policy: the use, whose detectors, own patterns and exceptions count.
            examples: what to score.
            model: ask the trained model too.

        Raises:
            PageError: 429 while as many sets as fit are kept for others.
        """
        run = Run(len(examples), model=model, now=self._clock())
        self.forget(owner)
        with self._lock:
            if len(self._runs) >= MOST_RUNS:
                raise PageError(
                    f"{MOST_RUNS} sets of examples are kept already, which is all that fit.",
                    mend="Try again when somebody has forgotten theirs.",
                    status=429,
                )
            self._runs[owner] = run
        work = (run, _asking_all(policy, model=model), list(examples))
        threading.Thread(target=self._score, args=work, name="thresholds", daemon=True).start()
        # Nobody may come back to the page, and the texts must go all the same.
        over = threading.Timer(KEPT_SECONDS + 1, self._expire)
        over.daemon = True
        over.start()
        return run

    def get(self, owner: str) -> Run | None:
        """Return an owner's run, unless it is over an hour old."""
        self._expire()
        with self._lock:
            return self._runs.get(owner)

    def forget(self, owner: str) -> None:
        """Drop an owner's run, and end it if it is under way."""
        self._expire()
        with self._lock:
            run = self._runs.pop(owner, None)
        if run is not None:
            run.dropped.set()

    def _expire(self) -> None:
        now = self._clock()
        with self._lock:
            over = [key for key, run in self._runs.items() if now - run.started > KEPT_SECONDS]
            for key in over:
                self._runs.pop(key).dropped.set()

    def _score(self, run: Run, policy: Policy, examples: list[Example]) -> None:
        try:
            with self._turn, self._open_pool(policy) as pool:
                for part in _parts(examples, run):
                    _take(pool, part, run)
        except UprightError as error:
            run.problem = error
        except Exception as error:  # noqa: BLE001 (its words can hold anybody's text)
            log_failure("console_failed", error)
            run.problem = PageError("The examples could not be scored.", mend="Send them again.")
        finally:
            run.finished.set()


def _pool(policy: Policy) -> GuardPool:
    from upright.guard import GuardPool  # noqa: PLC0415 (starts processes)

    return GuardPool(policy, 1, everything=True)


def _parts(examples: Sequence[Example], run: Run) -> Iterator[tuple[Example, ...]]:
    for start in range(0, len(examples), _TOGETHER):
        if run.dropped.is_set():
            return
        yield tuple(examples[start : start + _TOGETHER])


def _take(pool: GuardPool, part: Sequence[Example], run: Run) -> None:
    scans = pool.scan([Record(one.text) for one in part], _STAGE)
    for example, scan in zip(part, scans, strict=True):
        if scan.errors:
            run.unscored += 1
            continue
        weighed = pool.rulebook.weigh(example.text, scan.findings, _STAGE)
        findings = tuple(item.finding for item in weighed if not item.excepted)
        run.examples.append(Scored(example.text, example.positive, findings, dict(scan.scores)))


def _asking_all(policy: Policy, *, model: bool) -> Policy:
    """Return a use with the same detectors, and one rule that wants to know every context.

    The deadline is that of a whole part, not of one text.
    """
    asking = GuardRule(
        detect=("*",),
        at=tuple(Stage),
        action=Action.FLAG,
        context=dict.fromkeys(Context, Action.ALLOW),
    )
    changed = {"rule": (asking,), "model": model, "deadline_ms": _DEADLINE_MS}
    return policy.model_copy(update={"guard": policy.guard.model_copy(update=changed)})
