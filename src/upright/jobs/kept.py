"""Answers kept in a file of JSON lines as they come, so that a stopped run goes on from them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from upright.terms import ConfigError

KEY = "key"
"""The field that tells lines apart."""


def read_kept(path: Path | None, field: str) -> dict[str, str]:
    """Return what a file keeps, by key; a last line that was cut off by a kill is taken out.

    Args:
        path: the file; nothing is kept where it is None or not there yet.
        field: of each line, what is kept.

    Raises:
        ConfigError: for a file that cannot be read or mended, naming a line that is none of a run.
    """
    if path is None or not path.exists():
        return {}
    try:
        text = path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if whole != text:
            os.truncate(path, len(whole))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="give a file you own") from None
    known = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            shape = json.loads(line)
            known[str(shape[KEY])] = str(shape[field])
        except (ValueError, KeyError, TypeError):
            raise ConfigError(
                f"{path}:{number}: no answer of a run",
                mend="take the line out, and it is asked again; or name another file",
            ) from None
    return known


def keep(path: Path | None, key: str, row: Mapping[str, str]) -> None:
    """Add a line to a file in one write; nothing is done where there is none.

    Raises:
        ConfigError: if it cannot be written. What was kept before stays.
    """
    if path is None:
        return
    line = _line({KEY: key, **row})
    try:
        with path.open("ab", buffering=0) as file:
            while line:
                line = line[file.write(line) :]
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", mend="make room there and run again; it goes on from there"
        ) from None


def _line(row: Mapping[str, str]) -> bytes:
    """Return a line that people can read, with escapes where UTF-8 cannot hold a text."""
    try:
        return (json.dumps(row, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        return (json.dumps(row) + "\n").encode()
