"""Files that hold secrets: made whole or not at all, and readable by their owner only."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from upright.terms import UprightError


class KeyFileError(UprightError):
    """A key file is missing, damaged, or open to others."""


def make_private_folder(path: Path) -> Path:
    """Make a folder (and its parents) that only its owner may enter; mode 0700.

    A folder that is already there keeps its mode: it may hold other people's files, and every
    secret inside is guarded by a mode of its own.

    Raises:
        KeyFileError: if it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KeyFileError(
            f"{path}: cannot be made: {error.strerror}",
            mend="set UPRIGHT_HOME to a folder that you may write to",
        ) from None
    return path


def write_private(path: Path, data: bytes, *, replace: bool = False) -> bool:
    """Write a file of mode 0600 so that others see it whole or not at all.

    Args:
        path: the file; its folder must be there.
        data: all of its content.
        replace: take the place of an older file; otherwise an older one stays as it is.

    Returns:
        Whether this call wrote the file. Of several processes that write the same new file at
        once exactly one is told True.

    Raises:
        KeyFileError: if it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_synced(draft, data)
        if replace:
            draft.replace(path)
        else:
            # Unlike a rename, a link fails where the name is taken: the first writer wins.
            path.hardlink_to(draft)
    except FileExistsError:
        return False
    except OSError as error:
        raise KeyFileError(
            f"{path}: cannot be written: {error.strerror}",
            mend="check the folder's owner and the space on its disk",
        ) from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    _sync_folder(path.parent)
    return True


def read_private(path: Path) -> bytes:
    """Return the content of a secret file.

    Raises:
        KeyFileError: if it is missing, or if its mode lets group or others read or write it.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise KeyFileError(
                    f"{path}: mode {mode:04o} lets other users reach this key",
                    mend=f"chmod 600 '{path}'; if others can log in here, replace the key",
                )
            return file.read()
    except OSError as error:
        raise KeyFileError(
            f"{path}: cannot be read: {error.strerror}",
            mend="bring the file back from a copy, or set UPRIGHT_HOME to where it is",
        ) from None


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a new name last through a power cut, where the system lets folders be synced."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
