"""A table with a heading, read whole into columns of text."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import sys
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upright.terms import ConfigError

_BINARY = {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length.

    Attributes:
        name: of the file.
        columns: texts of each column, by heading.
        sha256: of the file's bytes; empty for a table that is no file.
    """

    name: str
    columns: Mapping[str, Sequence[str]]
    sha256: str = ""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str) -> Sequence[str]:
        """Return a column.

        Raises:
            ConfigError: naming the columns there are, where it is none of them.
        """
        if name not in self.columns:
            there = ", ".join(f"`{key}`" for key in self.columns)
            raise ConfigError(f"{self.name}: no column `{name}`", mend=f"it has {there}")
        return self.columns[name]

    def binary(self, name: str) -> NDArray[np.int64]:
        """Return a column of 0 and 1, shape (n,); `true` and `false` are the same.

        Raises:
            ConfigError: naming row and value, where there is anything else.
        """
        column = self.column(name)
        try:
            return np.array([_BINARY[str(value).strip().lower()] for value in column])
        except KeyError:
            pass
        row = next(k for k, v in enumerate(column) if str(v).strip().lower() not in _BINARY)
        counts = Counter(str(value).strip() or "nothing" for value in column)
        shown = ", ".join(f"{value} ({count:,})" for value, count in counts.most_common(5))
        raise ConfigError(
            f"{self.name}: row {row + 1}: `{name}` is {str(column[row]).strip() or 'empty'!s}, "
            f"neither 0 nor 1; the column holds {len(counts)} values: {shown}",
            mend="write 0 or 1 in each row; take out rows of which nothing is known",
        )


def read_table(path: str) -> Table:
    """Read a CSV table with a heading.

    Args:
        path: of the file, packed with gzip or not; `-` is standard input.

    Raises:
        ConfigError: naming file and line, for what is no such table or has no rows.
    """
    name = "standard input" if path == "-" else path
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="give a CSV file, or -") from None
    rows = _rows(_text(raw, name), name)
    header, *body = rows
    twice = [heading for heading, count in Counter(header).items() if count > 1]
    if twice:
        raise ConfigError(
            f"{name}: two columns are named {twice[0]!r}", mend="give each its own name"
        )
    if not body:
        raise ConfigError(f"{name}: no row under the heading", mend="give a table with rows")
    columns = dict(zip(header, zip(*body, strict=True), strict=True))
    return Table(name, columns, hashlib.sha256(raw).hexdigest())


def _text(raw: bytes, name: str) -> str:
    try:
        plain = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        return plain.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"{name}: not gzip: {error}", mend="pack the file again") from None
    except UnicodeDecodeError as error:
        line = plain.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: not UTF-8", mend="save the file as UTF-8") from None


def _rows(text: str, name: str) -> list[list[str]]:
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row and rows and len(row) != len(rows[0]):
                raise ConfigError(
                    f"{name}:{reader.line_num}: {len(row)} values under {len(rows[0])} headings",
                    mend="quote values that hold commas or line breaks",
                )
            if row:
                rows.append(row)
    except csv.Error as error:
        raise ConfigError(
            f"{name}:{reader.line_num}: not CSV: {error}",
            mend="quote values that hold commas, quotes or line breaks",
        ) from None
    if not rows:
        raise ConfigError(f"{name}: empty", mend="give a CSV table with a heading")
    return rows
