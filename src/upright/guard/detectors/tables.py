"""The TOML tables that detectors read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from upright.terms import digest


@dataclass(frozen=True, slots=True)
class Table:
    """A table of this package.

    Attributes:
        data: its content.
        version: changes with every byte of it.
    """

    data: dict[str, Any]
    version: str


@cache
def table(name: str) -> Table:
    """Return the table in the file `name` beside this module, or among the shared terms."""
    own = files("upright.guard.detectors").joinpath("tables", name)
    raw = (own if own.is_file() else files("upright.terms").joinpath(name)).read_bytes()
    return Table(data=tomllib.loads(raw.decode("utf-8")), version=digest(raw))
