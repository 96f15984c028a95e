"""The options that every command shares, and the lines that most commands read and write."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from upright.terms import ConfigError

Json = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results only, no progress.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")]
Workers = Annotated[
    int, typer.Option("--workers", min=1, help="Worker processes.", show_default="cores")
]
_EVIDENCE = frozenset({"certificate", "error", "mend", "verdict"})
# The largest number a database column holds.
LARGEST = 2**63 - 1
PolicyFile = Annotated[
    str,
    typer.Option("--policy", "-p", help="Use-case file, or the name of a preset.", metavar="FILE"),
]
Gated = Annotated[
    bool, typer.Option("--gate", help="Exit 1 if a bound of the use is broken, 3 if untold.")
]
HtmlFile = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="FILE", help="Also write a page with plots.", show_default=False
    ),
]
CostOnly = Annotated[
    bool, typer.Option("--dry-run", help="Say what it will cost, measured on a few, and stop.")
]


def named_owner(value: str | list[str] | None) -> str | list[str] | None:
    """Return what an option that names owners was given.

    Raises:
        ConfigError: for an owner without a name, as an unset variable of a script gives one.
    """
    for name in [value] if isinstance(value, str) else value or ():
        if not name.strip():
            raise ConfigError("--owner is empty", mend="name an owner")
    return value


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_lines(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield place (`file:line`) and object of each line of JSON; `-` is standard input.

    Raises:
        ConfigError: naming file and line, for a line that is not a JSON object.
    """
    stream = sys.stdin.buffer if path == "-" else _open(path)
    name = "standard input" if path == "-" else path
    with stream:
        for number, raw in enumerate(stream, 1):
            if raw.strip():
                where = f"{name}:{number}"
                yield where, _object(raw, where)


def _object(raw: bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(raw, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        problem = f"{where}: not UTF-8 at byte {error.start} of the line"
        raise ConfigError(problem, mend="save the file as UTF-8") from None
    except (ValueError, RecursionError) as error:
        problem = f"{where}: not JSON: {error}"
        raise ConfigError(problem, mend="write one JSON object a line") from None
    if not isinstance(value, dict):
        raise ConfigError(
            f"{where}: {type(value).__name__} where an object is wanted",
            mend="write one JSON object a line",
        )
    return value


def _no_constant(name: str) -> None:
    """Refuse what Python reads and JSON does not have: it would come out as it went in."""
    raise ValueError(f"{name} is no JSON number")


def write_evidence(line: Mapping[str, Any], told: Mapping[str, Any], names: frozenset[str]) -> None:
    """Write a line as it came in, with what was found in its text.

    Args:
        line: what came in; what it says itself under a name of evidence does not come out, since
            nobody could tell it from a result.
        told: what was found.
        names: under which results stand, besides those that all commands use.
    """
    ours = names | _EVIDENCE
    kept = {name: value for name, value in line.items() if name not in ours}
    write_line({**kept, **told})


def write_line(value: dict[str, Any]) -> None:
    """Write one JSON object to standard output, keeping what UTF-8 cannot hold escaped."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = json.dumps(value).encode()
    sys.stdout.buffer.write(raw + b"\n")
    sys.stdout.buffer.flush()


def writable_before(*paths: Path | str | None) -> None:
    """Refuse, before any work begins, a file that could not be written when it has ended.

    Call it first in a command, with every file that its options name. Nothing is created where a
    path leads, and what stands there is neither emptied nor touched. None (an option that was not
    given) and the text `-` (standard output) pass, and so does a pipe or a device.

    Raises:
        ConfigError: naming the path and why: no such folder, no permission, a folder, a full or
            read-only disk.
    """
    for path in paths:
        if path is not None and path != "-":
            try:
                _try_to_write(Path(path))
            except OSError as error:
                problem = f"{path}: {error.strerror}"
                raise ConfigError(problem, mend="give a file in a folder") from None


def _try_to_write(path: Path) -> None:
    # Permission bits tell less than an attempt does: they hold neither for root nor on a disk that
    # is mounted for reading only.
    if path.exists() and not path.is_file() and not path.is_dir():
        return
    try:
        os.close(os.open(path, os.O_WRONLY))
    except FileNotFoundError:
        with tempfile.TemporaryFile(dir=path.resolve().parent):
            pass


def write_drawing(path: Path, drawn: str) -> None:
    """Write a chart that an option asked for.

    Raises:
        ConfigError: for a path that cannot be written.
    """
    try:
        path.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="give a file in a folder") from None


def _open(path: str) -> Any:  # noqa: ANN401 (a binary stream of any kind)
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="give a file, or - for input") from None
