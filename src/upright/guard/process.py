"""One worker process, seen from its pool."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import BinaryIO, cast

from upright.guard.frames import Ready, Refused, Spec, Task, receive, send
from upright.guard.progress import Progress
from upright.guard.scan import Scan
from upright.terms import ConfigError

# A hung detector is ended by its pool; by itself only when the pool is gone.
_LAST_RESORT = 10.0
# Seconds a worker may take to build its guard.
_BUILDING = 60.0


class WorkerLostError(Exception):
    """A worker ended before it answered.

    Attributes:
        index: of the detector it was running, -1 for none.
        kind: `timeout` or `killed`.
    """

    def __init__(self, index: int, kind: str) -> None:
        super().__init__(f"detector {index}: {kind}")
        self.index = index
        self.kind = kind

    @property
    def before_any(self) -> bool:
        """Whether the worker ended by itself before it asked a detector."""
        return self.index < 0 and self.kind == "killed"


class WorkerProcess:
    """A process that scans.

    Args:
        spec: what it builds its guard from.
        deadline: seconds one detector may take.
    """

    def __init__(self, spec: Spec, deadline: float) -> None:
        self._deadline_ns = round(deadline * 1e9)
        self._lock = threading.Lock()
        self._hired_ns = time.monotonic_ns()
        self._busy = False
        self._lost = False
        self._timed_out: int | None = None
        self._ready: Ready | None = None
        handle, name = tempfile.mkstemp(prefix="upright-")
        os.write(handle, bytes(Progress.SIZE))
        os.close(handle)
        self._file = Path(name)
        self._progress = Progress(self._file)
        self._process = subprocess.Popen(  # noqa: S603 (this interpreter, this package)
            [
                sys.executable,
                "-P",
                "-m",
                "upright.guard.worker",
                name,
                str(deadline + _LAST_RESORT),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)},
        )
        self._inbox = cast("BinaryIO", self._process.stdout)
        self._outbox = cast("BinaryIO", self._process.stdin)
        try:
            send(self._outbox, spec)
        except OSError:
            self.kill()  # `ready` will say so

    def ready(self) -> Ready:
        """Wait until the worker has built its guard.

        Raises:
            ConfigError: if the guard cannot be built.
            WorkerLostError: if the process ended.
        """
        if self._ready is None:
            try:
                answer = receive(self._inbox)
            except EOFError:
                raise WorkerLostError(-1, "killed") from None
            finally:
                self._file.unlink(missing_ok=True)
            if isinstance(answer, Refused):
                refused = ConfigError(answer.problem, mend=answer.mend)
                refused.exit_code = answer.exit_code
                raise refused
            self._ready = answer
        return self._ready

    def scan(self, task: Task) -> list[Scan]:
        """Have the records of a task scanned.

        Raises:
            WorkerLostError: if the worker ended before it answered.
        """
        self.ready()
        with self._lock:
            self._progress.begin(-1)
            self._busy = True
        try:
            send(self._outbox, task)
            scans: list[Scan] = receive(self._inbox)
        except (OSError, EOFError):
            with self._lock:
                self._lost = True
                if self._timed_out is not None:
                    raise WorkerLostError(self._timed_out, "timeout") from None
                raise WorkerLostError(self._progress.running().detector, "killed") from None
        finally:
            with self._lock:
                self._busy = False
        return scans

    def watch(self, now: int) -> int:
        """End the process if its detector is over the deadline.

        Args:
            now: `time.monotonic_ns()`.

        Returns:
            Nanoseconds after which it has to be watched again.
        """
        with self._lock:
            index, left = self._time_left(now)
            if left > 0:
                return min(left, self._deadline_ns)
            self._timed_out = index
            self._process.kill()
            return self._deadline_ns

    def _time_left(self, now: int) -> tuple[int, int]:
        """Return what the worker is at, and the nanoseconds that are left for it."""
        if self._ready is None:
            return -1, self._hired_ns + round(_BUILDING * 1e9) - now
        if not self._busy:
            return -1, self._deadline_ns
        running = self._progress.running()
        return running.detector, running.since + self._deadline_ns - now

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs and answers."""
        return not self._lost and self._process.poll() is None

    def kill(self) -> None:
        """End the process and give everything back. A worker has nothing to save."""
        self._process.kill()
        self._process.wait()
        self._inbox.close()
        with contextlib.suppress(OSError):  # what was still to be written has no reader
            self._outbox.close()
        with self._lock:
            self._progress.close()
        self._file.unlink(missing_ok=True)
