"""What runs in a worker process, whichever engine started it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Mapping
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from upright.jobs.store import Store, told_of_space
from upright.jobs.task import Function, Work

_built: dict[str, Function] = {}


def prepare() -> None:
    """Leave interrupts to the parent, and end when it has gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def perform(work: Work, folder: str, key: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Do one task and keep its result; return the result.

    Args:
        work: the step.
        folder: of the store.
        key: of the result.
        payload: what the function is given.

    Raises:
        NoSpaceError: if the disk is full.
    """
    store = Store(Path(folder))
    draft = store.draft(work.name)
    try:
        with told_of_space(store.folder):
            result = _function(work)(payload, draft)
        store.complete(work.name, key, draft, result)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return result


def _function(work: Work) -> Function:
    """Return the step's function, built at the first task of this process."""
    name = work.key("")
    if name not in _built:
        _built[name] = work.build()
    return _built[name]


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
