"""Where finished work is kept: one folder a result, complete or not there at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from upright.jobs.errors import NoSpaceError

_RECORD = "result.json"


class Store:
    """Results by step and key.

    A result is a folder with the files that the work wrote and one record. It is written under
    another name and renamed, so a result that can be seen is whole, however the writer ended.

    Args:
        folder: made at the first result.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, step: str, key: str) -> Path:
        """Return the folder of a result, whether or not it is there."""
        return self.folder / step / key[:2] / key

    def get(self, step: str, key: str) -> dict[str, Any] | None:
        """Return the record of a finished result, or None."""
        try:
            raw = (self.place(step, key) / _RECORD).read_bytes()
            found: dict[str, Any] = json.loads(raw)
        except (OSError, ValueError):
            return None
        return found

    def draft(self, step: str) -> Path:
        """Make and return a folder to write a result's files into.

        Raises:
            NoSpaceError: if the disk is full.
        """
        folder = self.folder / step / f".draft-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        with told_of_space(self.folder):
            folder.mkdir(parents=True)
        return folder

    def complete(self, step: str, key: str, draft: Path, result: Mapping[str, Any]) -> None:
        """Make a draft the result of a key; where another was first, the draft goes.

        Raises:
            NoSpaceError: if the disk is full.
        """
        place = self.place(step, key)
        with told_of_space(self.folder):
            for path in draft.iterdir():
                _sync(path)
            record = draft / _RECORD
            record.write_text(json.dumps(result, sort_keys=True), encoding="utf-8")
            _sync(record)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                draft.rename(place)
            except OSError as error:
                if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                    raise
                if self.get(step, key) is None:
                    # A record that cannot be read was damaged from outside; the new one stands.
                    shutil.rmtree(place)
                    draft.rename(place)
                else:
                    shutil.rmtree(draft)
            _sync(place.parent)

    def drop(self, step: str, keep: Iterable[str]) -> None:
        """Remove all results of a step but these, and drafts that nobody will complete."""
        kept = set(keep)
        for group in (self.folder / step).glob("*"):
            if group.name.startswith(".draft-"):
                shutil.rmtree(group, ignore_errors=True)
                continue
            for place in group.iterdir():
                if place.name not in kept:
                    shutil.rmtree(place, ignore_errors=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def told_of_space(folder: Path) -> Iterator[None]:
    """Turn a full disk into an error that says so."""
    try:
        yield
    except OSError as error:
        # numpy tells a short write without its number.
        short = error.errno is None and "requested and" in str(error)
        if short or error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise NoSpaceError(str(folder)) from None
        raise
