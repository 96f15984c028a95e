"""Steps for the tests of jobs; workers import them by name."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path


def doubled(spec):
    """Write the double of a number, and note each time that it is done."""

    def perform(payload, folder: Path):
        if log := spec.get("log"):
            with Path(log).open("a") as file:
                file.write(f"{payload['number']} {os.getpid()}\n")
        (folder / "double.txt").write_text(str(2 * payload["number"]))
        return {"double": 2 * payload["number"]}

    return perform


def troubled(spec):
    """Die, fail or fill the disk at chosen numbers; `once` holds what to do only one time."""
    inner = doubled(spec)

    def perform(payload, folder: Path):
        number = payload["number"]
        if number in spec.get("die_once", ()):
            mark = Path(spec["marks"]) / str(number)
            if not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        if number in spec.get("die", ()):
            os.kill(os.getpid(), signal.SIGKILL)
        if number in spec.get("fail", ()):
            raise ValueError("no such luck")
        if number in spec.get("full", ()):
            raise OSError(errno.ENOSPC, "full")
        if number in spec.get("wait", ()):
            # A pipe that nobody writes into: this waits until the test puts a file there.
            (Path(spec["marks"]) / "go").read_bytes()
        return inner(payload, folder)

    return perform
