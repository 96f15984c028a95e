"""Labelled examples that a person pastes: JSON lines, or a table with a header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from upright.audit.lines import rows
from upright.console.errors import PageError

MOST_LINES: Final = 2_000
LONGEST_TEXT: Final = 4_000
USUAL_LABELS: Final = "1, true, yes"
"""Labels that mean that the guard should act, where a person names no others."""

_NAME: Final = "line"
_SHOWN_LABELS: Final = 8


@dataclass(frozen=True, slots=True)
class Example:
    """A text with what a person said of it.

    Attributes:
        text: the text.
        positive: the guard should act on it.
    """

    text: str
    positive: bool


def read_examples(pasted: str, labels: str = USUAL_LABELS) -> list[Example]:
    """Read labelled lines.

    Args:
        pasted: `{"text": …, "label": …}` lines, or CSV with the columns `text` and `label`.
        labels: the labels, between commas, that mean that the guard should act; every other
            label means that it should leave the text alone. None at all is allowed.

    Raises:
        PageError: naming the line and the mend: for a line that is none, a missing field, a
            text that is too long, too many lines, no line, or no line with one of the labels.
        ConfigError: for a line that is neither JSON nor CSV.
    """
    wanted = {word for word in map(_word, labels.split(",")) if word}
    examples: list[Example] = []
    seen: Counter[str] = Counter()
    for where, line in rows(pasted, _NAME):
        text, label = _text(line, where), _label(line, where)
        if len(examples) == MOST_LINES:
            raise PageError(
                f"There are more than {MOST_LINES:,} lines.",
                mend="Take a part of them.",
                status=413,
            )
        seen[label] += 1
        examples.append(Example(text, label in wanted))
    if not examples:
        raise PageError("There is no labelled line.", mend="Paste one text a line, with its label.")
    if wanted and wanted.isdisjoint(seen):
        raise PageError(
            "No line has a label that means “act on it”.",
            mend=f"Name one of the labels there are: {_told(seen)}.",
        )
    return examples


def _text(line: Mapping[str, Any], where: str) -> str:
    text = line.get("text")
    if not isinstance(text, str) or not text.strip():
        raise PageError(f"{where}: it has no `text`.", mend=_fields(line))
    if len(text) > LONGEST_TEXT:
        raise PageError(
            f"{where}: the text has more than {LONGEST_TEXT:,} characters.",
            mend="Cut it to the part that matters.",
            status=413,
        )
    return text


def _label(line: Mapping[str, Any], where: str) -> str:
    label = _word(line.get("label"))
    if not label:
        raise PageError(f"{where}: it has no `label`.", mend=_fields(line))
    return label


def _word(value: object) -> str:
    """Return a label as it is compared; "" for what is no label."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().casefold() if isinstance(value, str | int | float) else ""


def _fields(line: Iterable[str]) -> str:
    there = ", ".join(f"`{name}`" for name in line) or "none"
    return f"Each line needs `text` and `label`; this one has these fields: {there}."


def _told(seen: Counter[str]) -> str:
    told = ", ".join(f"{label} ({n})" for label, n in seen.most_common(_SHOWN_LABELS))
    return told + (", …" if len(seen) > _SHOWN_LABELS else "")
