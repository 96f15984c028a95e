"""From what the user names to shards of lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from upright.curate.errors import InputError
from upright.curate.kinds import Kind, kind_of
from upright.curate.shards import Reject, Shard, cut


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read.

    Attributes:
        path: where it is.
        name: as results name it.
        kind: what it is; None for a file of a folder that is nothing upright reads.
    """

    path: Path
    name: str
    kind: Kind | None


@dataclass(slots=True)
class Plan:
    """What will be read.

    Attributes:
        shards: in the order of the inputs.
        rejects: what cannot be read.
        damaged: a whole file or shard is among it, not only single lines.
    """

    shards: list[Shard] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    damaged: bool = False


def find_inputs(paths: Sequence[str]) -> list[Input]:
    """Return the files that some paths name, those of a folder in the order of their names.

    Hidden files and folders inside a folder are passed over.

    Raises:
        InputError: for a path that is not there, or a file that is nothing upright reads.
    """
    found: list[Input] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            found += [
                Input(
                    file,
                    file.relative_to(path.parent).as_posix(),
                    kind_of(file) if file.is_file() else None,
                )
                for file in _files(path)
            ]
        elif path.is_file():
            kind = kind_of(path)
            if kind is None:
                raise InputError(
                    f"{given}: not a kind of file that is read",
                    mend="see `docs/how-to/curate.md` for the names that are",
                )
            found.append(Input(path, path.name, kind))
        else:
            raise InputError(f"{given}: no such file or folder", mend="name files or folders")
    return _told_apart(found)


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(root, name)


def _told_apart(found: list[Input]) -> list[Input]:
    """Return inputs of which no two have the same name."""
    seen: dict[str, int] = {}
    for item in found:
        seen[item.name] = seen.get(item.name, 0) + 1
    return [
        item if seen[item.name] == 1 else Input(item.path, item.path.as_posix(), item.kind)
        for item in found
    ]


def cut_lines(item: Input, plan: Plan) -> None:
    """Add the shards of a file of JSON lines to a plan."""
    with item.path.open("rb") as file:
        plan.shards += cut(file, str(item.path.resolve()), item.name, plan.rejects)
