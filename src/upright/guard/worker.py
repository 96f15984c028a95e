"""The program of a worker process: build the guard once, then scan what comes.

It ends when its pipe does, so none outlives its pool, however the pool ends.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from upright.guard.detectors.local import LocalDetector
from upright.guard.frames import GUARD, Ready, Refused, Spec, Task, receive, send
from upright.guard.guard import Guard
from upright.guard.progress import Progress
from upright.guard.scan import Scan
from upright.terms import DetectorError, Stage, UprightError


def main(progress_file: str, last_resort: float) -> None:
    """Run until the pipe on standard input ends.

    Args:
        progress_file: shared with the pool.
        last_resort: seconds after which a detector that hangs ends this process. The pool
            ends it much earlier, unless the pool itself has been killed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inbox, outbox = sys.stdin.buffer, _own_stdout()
    progress = Progress(Path(progress_file))
    begin = _with_alarm(progress.begin, last_resort)
    try:
        spec: Spec = receive(inbox)
        guard = spec.build()
        _warm(guard)
    except UprightError as error:
        send(outbox, Refused(error.problem, error.mend, error.exit_code))
        return
    except EOFError:
        return
    # Tables live as long as the process: a collection that walks them stalls a scan for nothing.
    gc.collect()
    gc.freeze()
    send(outbox, Ready(guard.digest, {stage: _rules(guard, stage) for stage in Stage}))
    _serve(guard, inbox, outbox, begin)


def _serve(guard: Guard, inbox: BinaryIO, outbox: BinaryIO, begin: Callable[[int], None]) -> None:
    while True:
        try:
            task: Task = receive(inbox)
            scans = _scan(guard, task, begin)
            _disarm()
            send(outbox, scans)
        except (EOFError, BrokenPipeError):
            return


def _scan(guard: Guard, task: Task, begin: Callable[[int], None]) -> list[Scan]:
    try:
        return guard.scan(
            task.records, task.stage, partial=task.partial, skip=task.skip, starting=begin
        )
    except Exception:  # noqa: BLE001 (an error's words may hold text; only its kind travels)
        error = DetectorError(GUARD, "exception", guard.rulebook.on_error)
        return [Scan(errors=(error,)) for _ in task.records]


def _warm(guard: Guard) -> None:
    """Compile what only streams ask for, so that the first stream need not wait for it."""
    for detector in guard.detectors(Stage.OUTPUT):
        if isinstance(detector, LocalDetector):
            detector.settled("")


def _rules(guard: Guard, stage: Stage) -> tuple[str, ...]:
    return tuple(detector.rule for detector in guard.detectors(stage))


def _own_stdout() -> BinaryIO:
    """Take standard output for messages; what a detector prints goes nowhere."""
    outbox = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return outbox


def _with_alarm(begin: Callable[[int], None], seconds: float) -> Callable[[int], None]:
    if not hasattr(signal, "setitimer"):
        return begin

    def armed(index: int) -> None:
        # No handler: the kernel ends the process, also while a detector holds the interpreter.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        begin(index)

    return armed


def _disarm() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
