"""One labelled text, and reading files of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from upright.guard.model.heads import CONTEXTS, HEADS, TARGETS
from upright.terms import UprightError


@dataclass(frozen=True, slots=True)
class Example:
    """A text with what people said of it. What nobody was asked is absent, never 0.

    Attributes:
        text: the text.
        labels: a share of votes in [0, 1] for some of `HEADS`.
        context: one of `CONTEXTS`, or None where nobody was asked.
        targets: a share of votes for some of `TARGETS`.
        spans: stretches that carry the label, in code points, or None where nobody was asked.
        source: where it comes from, for the card.
        group: texts of one group stay on one side of a split.
    """

    text: str
    labels: Mapping[str, float]
    context: str | None = None
    targets: Mapping[str, float] = field(default_factory=dict)
    spans: tuple[tuple[int, int], ...] | None = None
    source: str = ""
    group: str = ""


def read_examples(path: Path) -> Iterator[Example]:
    """Read labelled lines: `text`, `labels`, and if known `context, targets, spans, group`.

    Args:
        path: JSON Lines, `.gz` or not.

    Raises:
        UprightError: for a line that is not such an object, with its number and the mend.
    """
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _example(line, path, number)
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise _refused(
            path, number + 1, f"cannot be read ({error})", "write UTF-8, and .gz only for gzip"
        ) from None


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _example(line: str, path: Path, number: int) -> Example:
    try:
        row: Any = json.loads(line)
    except ValueError:
        raise _refused(path, number, "is not JSON", "write one object a line") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"]:
        raise _refused(path, number, "has no `text`", 'write {"text": "…", "labels": {…}}')
    labels = _shares(row.get("labels", {}), HEADS, path, number)
    context = row.get("context")
    if context is not None and context not in CONTEXTS:
        raise _refused(path, number, f"context {context!r}", f"use one of {', '.join(CONTEXTS)}")
    return Example(
        row["text"],
        labels,
        context,
        _shares(row.get("targets", {}), TARGETS, path, number),
        _spans(row, path, number),
        source=path.name,
        group=str(row.get("group", row["text"])),
    )


def _shares(value: Any, names: tuple[str, ...], path: Path, number: int) -> dict[str, float]:  # noqa: ANN401 (a parsed line)
    if not isinstance(value, dict):
        raise _refused(path, number, f"{value!r} is not a table", 'write {"hate": 0.67}')
    for name, share in value.items():
        if name not in names:
            raise _refused(path, number, f"label {name!r}", f"use one of {', '.join(names)}")
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise _refused(path, number, f"{name} = {share!r}", "give a share from 0 to 1")
    return {name: float(share) for name, share in value.items()}


def _spans(row: dict[str, Any], path: Path, number: int) -> tuple[tuple[int, int], ...] | None:
    spans = row.get("spans")
    if spans is None:
        return None
    try:
        found = tuple((int(start), int(end)) for start, end in spans)
    except (TypeError, ValueError):
        raise _refused(path, number, "spans", "write [[start, end], …]") from None
    if any(not 0 <= start < end <= len(row["text"]) for start, end in found):
        raise _refused(path, number, "a span outside the text", "count in characters from 0")
    return found


def _refused(path: Path, number: int, what: str, mend: str) -> UprightError:
    return UprightError(f"{path}, line {number}: {what}", mend=mend)
