r"""The one door: every string that travels between client and engine becomes texts here.

A plain text is one text. Tool arguments are JSON inside a string, so what a reader of them sees
is the decoded leaves: each string, each object key and each number becomes a text of its own,
and the whole is written again from what the guard made of them. An escape such as `\u0040`
therefore hides nothing, and a key that JSON forbids twice cannot carry a second value past.
What is almost JSON is plain text with its escapes read: the reader's parser may be a patient one.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ARGUMENTS = "arguments"

# Containers within containers, over all levels of JSON inside of JSON. Beyond it, arguments are
# plain text: taking apart and writing again must not depend on how much stack is left.
_DEEPEST = 250

_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\/")


class _Literal(str):
    """A JSON number, as it was spelled."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Unfolded:
    """Texts taken out of a value.

    Attributes:
        texts: what is to be guarded, in order.
        fold: puts texts of the same number and order back and returns the new value.
    """

    texts: tuple[str, ...]
    fold: Callable[[Sequence[str]], Any]


def unfold_text(text: str) -> Unfolded:
    """Return a plain text as its only part."""
    return Unfolded((text,), lambda texts: texts[0])


def unfold_arguments(text: str, *, depth: int = 0) -> Unfolded:
    """Take tool arguments apart; what is not JSON is guarded as plain text.

    Args:
        text: JSON, or what should have been.
        depth: of the containers around it.
    """
    try:
        value = json.loads(text, parse_int=_Literal, parse_float=_Literal, parse_constant=_Literal)
        texts = tuple(_leaves(value, depth))
    except (ValueError, RecursionError):
        return unfold_text(_ESCAPES.sub(_unescaped, text))
    return Unfolded(texts, lambda new: _written(_filled(value, iter(new), depth)))


def unfold_value(value: Any) -> Unfolded:  # noqa: ANN401 (any JSON value)
    """Take a decoded JSON value apart; strings named `arguments` are taken apart in turn.

    Raises:
        RecursionError: for a value nested deeper than any body that is taken.
    """
    return Unfolded(tuple(_leaves(value, 0)), lambda new: _filled(value, iter(new), 0))


def unfold_channel(channel: str, text: str) -> Unfolded:
    """Take apart what an engine wrote on a channel (see `upright.generate.Piece`)."""
    return unfold_arguments(text) if channel.endswith(f".{_ARGUMENTS}") else unfold_text(text)


def _unescaped(match: re.Match[str]) -> str:
    read: str = json.loads(f'"{match[0]}"')
    return _whole_characters(read)


def _whole_characters(text: str) -> str:
    """Replace halves of surrogate pairs, which UTF-8 cannot carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _leaves(value: Any, depth: int, key: str = "") -> Iterator[str]:  # noqa: ANN401 (JSON)
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, str):
        yield from _string_parts(value, depth, key).texts
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield name
            yield from _leaves(item, depth + 1, name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item, depth + 1)
    elif _is_number(value):
        yield json.dumps(value)


def _filled(value: Any, texts: Iterator[str], depth: int, key: str = "") -> Any:  # noqa: ANN401 (JSON)
    if isinstance(value, str):
        parts = _string_parts(value, depth, key)
        new = parts.fold([next(texts) for _ in parts.texts])
        return value if new == value else new
    if isinstance(value, Mapping):
        return _filled_object(value, texts, depth + 1)
    if isinstance(value, list | tuple):
        return [_filled(item, texts, depth + 1) for item in value]
    if _is_number(value):
        spelled = next(texts)
        # Python reads NaN and 1e999, but they are not JSON: they travel as the words they are.
        odd = isinstance(value, float) and not math.isfinite(value)
        return value if spelled == json.dumps(value) and not odd else spelled
    return value


def _filled_object(value: Mapping[str, Any], texts: Iterator[str], depth: int) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    again: Counter[str] = Counter()
    for name, item in value.items():
        placed = new = next(texts)
        while placed in filled:  # two keys became the same placeholder; both values stay
            again[new] += 1
            placed = f"{new}_{again[new]}"
        filled[placed] = _filled(item, texts, depth, name)
    return filled


def _string_parts(value: str, depth: int, key: str) -> Unfolded:
    nested = key == _ARGUMENTS and not isinstance(value, _Literal)
    return unfold_arguments(value, depth=depth + 1) if nested else unfold_text(value)


def _is_number(value: Any) -> bool:  # noqa: ANN401 (any JSON value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _written(value: Any) -> str:  # noqa: ANN401 (any JSON value)
    if isinstance(value, _Literal):
        return str(value)
    if isinstance(value, dict):
        pairs = (f"{_written(name)}:{_written(item)}" for name, item in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, str):
        value = _whole_characters(value)
    return json.dumps(value, ensure_ascii=False)
