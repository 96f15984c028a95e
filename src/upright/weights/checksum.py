"""SHA-256 of large files, computed again only when the file has changed."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path

from upright.terms import home

_CACHE = "weights.json"


def verified_digest(path: Path) -> str:
    """Return `sha256:…` of a file.

    The result is remembered in the state folder under the file's path, size, modification time
    and inode; when any of them differs the file is read again. A state folder that cannot be
    read or written costs time, never correctness.

    Raises:
        OSError: if the file cannot be read.
    """
    path = path.resolve()
    identity = _identity(path)
    known = _read_cache()
    entry = known.get(str(path))
    if isinstance(entry, dict) and entry.get("identity") == identity:
        digest = entry.get("digest")
        if isinstance(digest, str):
            return digest
    with path.open("rb") as file:
        digest = "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    if _identity(path) == identity:
        _write_cache({**known, str(path): {"identity": identity, "digest": digest}})
    return digest


def _identity(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _read_cache() -> dict[str, object]:
    try:
        value = json.loads((home() / _CACHE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _write_cache(known: dict[str, object]) -> None:
    """Replace the cache in one step, so that a reader never meets half a file."""
    folder = home()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=_CACHE)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(known, file, indent=1)
            Path(name).replace(folder / _CACHE)
        except OSError:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return  # the next start reads the file again
