"""What makes two guards the same guard."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from upright.guard.detector import Detector
from upright.terms import digest

if TYPE_CHECKING:
    from upright.policy import Policy


def guard_digest(policy: Policy, detectors: Iterable[Detector], extra: tuple[str, ...]) -> str:
    """Return the digest of a guard: what it is told, what it knows and how it works.

    It covers the guard's section of the policy and its languages, each detector's rule, reach
    and version, the names of extra detectors, and upright's own guard code and tables.
    """
    return digest(
        {
            "spec": policy.guard.model_dump(mode="json"),
            "languages": list(policy.use_case.languages),
            "detectors": sorted([item.rule, item.reach, item.version] for item in detectors),
            "extra": list(extra),
            "code": code_digest(),
        }
    )


@cache
def code_digest() -> str:
    """Return the digest of the guard's own files: a changed line is another guard."""
    state = hashlib.sha256()
    for name, raw in sorted(_sources(files("upright.guard"), "")):
        state.update(f"{name}\0{len(raw)}\0".encode())
        state.update(raw)
    return f"sha256:{state.hexdigest()}"


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".py", ".toml")):
            yield prefix + entry.name, entry.read_bytes()
