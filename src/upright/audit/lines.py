"""Labelled lines from JSON Lines or CSV, packed or not: read whole, and refused where unclear."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upright.terms import ConfigError

SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".csv.gz")

MOST_PARTS = 500
"""Different values that a field of categories, groups or functionalities may have."""

Place = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of a line say what.

    Attributes:
        text: the text that is scored.
        label: what people said of it.
        positive: values of the label that the guard should act on.
        negative: values it should not act on; empty for all others.
        category: kind of text, or None.
        group: identity groups the text speaks of, or None.
        functionality: what the line tests, or None.
    """

    text: str
    label: str
    positive: tuple[str, ...]
    negative: tuple[str, ...] = ()
    category: str | None = None
    group: str | None = None
    functionality: str | None = None


@dataclass(slots=True)
class Lines:
    """Labelled lines, column by column.

    Attributes:
        name: of the file.
        sha256: of its bytes, as they came.
        texts: the texts.
        positive: whether the guard should act on each.
        categories: of each line, none, one or several.
        groups: of each line, none, one or several.
        functionalities: of each line, none, one or several.
    """

    name: str
    sha256: str
    texts: list[str] = field(default_factory=list)
    positive: list[bool] = field(default_factory=list)
    categories: list[tuple[str, ...]] = field(default_factory=list)
    groups: list[tuple[str, ...]] = field(default_factory=list)
    functionalities: list[tuple[str, ...]] = field(default_factory=list)


def read_labelled(path: str, fields: Fields) -> Lines:
    """Read all labelled lines of a file.

    Args:
        path: `.jsonl` or `.csv`, with `.gz` if packed; `-` is standard input of either kind.
        fields: which fields say what.

    Raises:
        ConfigError: naming file, line, value and mend, for a file that cannot be read, a line
            that is none, a field that is not there, a label that is not expected, no line at
            all, or lines of one class only.
    """
    name, raw, suffix = _bytes(path)
    lines = Lines(name, hashlib.sha256(raw).hexdigest())
    text = _text(raw, name)
    labels: Counter[str] = Counter()
    for where, line in rows(text, name, suffix):
        _take(lines, labels, fields, where, line)
    _refuse_one_class(lines, labels, fields)
    _refuse_too_many_parts(lines, fields)
    return lines


def read_texts(path: str, text_field: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield where each line stands, its text, and all its fields.

    Args:
        path: as for `read_labelled`.
        text_field: which field is the text.

    Raises:
        ConfigError: as `read_labelled`, for a file or a line that cannot be read.
    """
    name, raw, suffix = _bytes(path)
    for where, line in rows(_text(raw, name), name, suffix):
        text = _field(line, text_field, where)
        if not isinstance(text, str):
            raise ConfigError(
                f"{where}: {text_field} is {type(text).__name__} where a text is wanted",
                mend="name the field of the texts with --text-field",
            )
        yield where, text, line


def _bytes(path: str) -> tuple[str, bytes, str]:
    """Return name, content and kind (`.jsonl`, `.csv` or "" for what has to be seen)."""
    if path == "-":
        return "standard input", sys.stdin.buffer.read(), ""
    suffix = next((end for end in SUFFIXES if path.lower().endswith(end)), None)
    if suffix is None:
        raise ConfigError(
            f"{path}: neither {', '.join(SUFFIXES[:-1])} nor {SUFFIXES[-1]}",
            mend="give lines of JSON or a CSV table with a header, packed or not",
        )
    try:
        return path, Path(path).read_bytes(), suffix.removesuffix(".gz")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", mend="give a file, or - for input") from None


def _text(raw: bytes, name: str) -> str:
    if raw.startswith(b"\x1f\x8b"):
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise ConfigError(f"{name}: not gzip: {error}", mend="pack the file again") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}:{line}: not UTF-8", mend="save the file as UTF-8") from None


def rows(text: str, name: str, suffix: str = "") -> Iterator[Place]:
    """Yield where each line stands, `name:number`, and its fields.

    Args:
        text: JSON lines, or a CSV table with a header.
        name: of the file, for errors.
        suffix: `.jsonl` or `.csv`; "" for what has to be seen.

    Raises:
        ConfigError: naming the line, for one that is neither.
    """
    kind = suffix or (".jsonl" if text.lstrip().startswith("{") else ".csv")
    return _json_rows(text, name) if kind == ".jsonl" else _csv_rows(text, name)


def _json_rows(text: str, name: str) -> Iterator[Place]:
    # Only line feeds end a line: JSON texts may hold the other separators.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigError(
                f"{where}: not JSON: {error}", mend="write one JSON object a line"
            ) from None
        if not isinstance(value, dict):
            raise ConfigError(
                f"{where}: {type(value).__name__} where an object is wanted",
                mend="write one JSON object a line",
            )
        yield where, value


def _csv_rows(text: str, name: str) -> Iterator[Place]:
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for row in reader:
            where = f"{name}:{reader.line_num}"
            if header is None:
                header = _header(row, where)
            elif row:
                if len(row) != len(header):
                    raise ConfigError(
                        f"{where}: {len(row)} values under {len(header)} headings",
                        mend="quote values that hold commas or line breaks",
                    )
                yield where, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise ConfigError(
            f"{name}:{reader.line_num}: not CSV: {error}",
            mend="quote values that hold commas, quotes or line breaks",
        ) from None


def _header(row: list[str], where: str) -> list[str]:
    twice = [name for name, count in Counter(row).items() if count > 1]
    if twice:
        raise ConfigError(
            f"{where}: two columns are named {twice[0]!r}", mend="give each its own name"
        )
    return row


def _take(
    lines: Lines, labels: Counter[str], fields: Fields, where: str, line: Mapping[str, Any]
) -> None:
    text = _field(line, fields.text, where)
    if not isinstance(text, str):
        raise ConfigError(
            f"{where}: `{fields.text}` is no string",
            mend="name the field of the texts with --text-field",
        )
    label = _label(line, fields, where)
    labels[label] += 1
    lines.texts.append(text)
    lines.positive.append(label in fields.positive)
    for wanted, column in (
        (fields.category, lines.categories),
        (fields.group, lines.groups),
        (fields.functionality, lines.functionalities),
    ):
        if wanted is not None:
            column.append(_names(line, wanted, where))


def _field(line: Mapping[str, Any], name: str, where: str) -> object:
    try:
        return line[name]
    except KeyError:
        there = ", ".join(f"`{key}`" for key in line) or "none"
        raise ConfigError(
            f"{where}: no field `{name}`", mend=f"the line has these fields: {there}"
        ) from None


def _label(line: Mapping[str, Any], fields: Fields, where: str) -> str:
    label = _spelled(_field(line, fields.label, where))
    if not label:
        raise ConfigError(
            f"{where}: `{fields.label}` gives no label",
            mend="take out lines that nobody labelled",
        )
    if fields.negative and label not in fields.positive and label not in fields.negative:
        raise ConfigError(
            f"{where}: the label {label!r} is neither positive nor negative",
            mend="name it with --positive or --negative, or take the line out",
        )
    return label


def _names(line: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    """Return what a field names: nothing, one thing, or a list of them."""
    value = _field(line, name, where)
    items = value if isinstance(value, list) else [value]
    found = [_spelled(item) for item in items]
    if None in found:
        raise ConfigError(
            f"{where}: `{name}` is neither a word nor a list of words",
            mend="write a string or a list of strings",
        )
    return tuple(dict.fromkeys(item for item in found if item))


def _spelled(value: object) -> str | None:
    """Return a value as the command line would spell it; "" for null, None for no plain value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else None


def _refuse_one_class(lines: Lines, labels: Counter[str], fields: Fields) -> None:
    if not lines.texts:
        raise ConfigError(
            f"{lines.name}: no labelled line", mend="give a file with one labelled text a line"
        )
    shown = ", ".join(f"{label!r} ({count})" for label, count in labels.most_common(8))
    more = ", …" if len(labels) > 8 else ""  # noqa: PLR2004 (as many as were taken)
    for option, wanted in (("positive", fields.positive), ("negative", fields.negative)):
        unknown = [value for value in wanted if value not in labels]
        if unknown:
            raise ConfigError(
                f"{lines.name}: no line has {unknown[0]!r} under `{fields.label}`",
                mend=f"give --{option} a label there is: {shown}{more}",
            )
    if all(lines.positive):
        raise ConfigError(
            f"{lines.name}: all {len(lines.texts)} lines are positive: {shown}{more}",
            mend="add lines that the guard should leave alone",
        )


def _refuse_too_many_parts(lines: Lines, fields: Fields) -> None:
    for wanted, column in (
        (fields.category, lines.categories),
        (fields.group, lines.groups),
        (fields.functionality, lines.functionalities),
    ):
        different = len({name for names in column for name in names})
        if different > MOST_PARTS:
            raise ConfigError(
                f"{lines.name}: `{wanted}` has {different} different values, more than "
                f"{MOST_PARTS}",
                mend="name a field that says which kind a line is of",
            )
