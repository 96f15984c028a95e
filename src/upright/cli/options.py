"""The options that every command shares, and the lines that most commands read and write."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
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
PolicyFile = Annotated[
    str,
    typer.Option("--policy", "-p", help="Use-case file, or the name of a preset.", metavar="FILE"),
]


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_lines(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file; `-` is standard input.

    Raises:
        ConfigError: naming file and line, for a line that is not a JSON object.
    """
    stream = sys.stdin.buffer if path == "-" else _open(path)
    name = "standard input" if path == "-" else path
    with stream:
        for number, raw in enumerate(stream, 1):
            if not raw.strip():
                continue
            try:
                value = json.loads(raw)
            except (ValueError, RecursionError) as error:
                raise ConfigError(f"{name}:{number}: not JSON: {error}") from None
            if not isinstance(value, dict):
                raise ConfigError(
                    f"{name}:{number}: {type(value).__name__} where an object is wanted",
                    mend='write one {"id": …, "text": …} a line',
                )
            yield value


def write_line(value: dict[str, Any]) -> None:
    """Write one JSON object to standard output, keeping what UTF-8 cannot hold escaped."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raw = json.dumps(value).encode()
    sys.stdout.buffer.write(raw + b"\n")
    sys.stdout.buffer.flush()


def _open(path: str) -> Any:  # noqa: ANN401 (a binary stream of any kind)
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="give a file, or - for input") from None
