r"""The one door: every string that travels between client and engine becomes texts here.

A plain text is one text. Tool arguments are JSON inside a string, so what a reader of them sees
is the decoded leaves: each string, each object key and each number becomes a text of its own,
and the whole is written again from what the guard made of them. An escape such as `\u0040`
therefore hides nothing, and a key that JSON forbids twice cannot carry a second value past.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ARGUMENTS = "arguments"


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


def unfold_arguments(text: str) -> Unfolded:
    """Take tool arguments apart; what is not JSON is guarded as plain text."""
    try:
        value = json.loads(
            text, parse_int=_Literal, parse_float=_Literal, parse_constant=_refuse_constant
        )
        texts = tuple(_leaves(value))
    except (ValueError, RecursionError):
        return unfold_text(text)
    return Unfolded(texts, lambda new: _written(_filled(value, iter(new))))


def unfold_value(value: Any) -> Unfolded:  # noqa: ANN401 (any JSON value)
    """Take a decoded JSON value apart; strings named `arguments` are taken apart in turn.

    Raises:
        RecursionError: for a value nested deeper than the interpreter goes.
    """
    return Unfolded(tuple(_leaves(value)), lambda new: _filled(value, iter(new)))


def unfold_channel(channel: str, text: str) -> Unfolded:
    """Take apart what an engine wrote on a channel (see `upright.generate.Piece`)."""
    return unfold_arguments(text) if channel.endswith(f".{_ARGUMENTS}") else unfold_text(text)


def _refuse_constant(name: str) -> Any:  # noqa: ANN401 (never returns)
    raise ValueError(f"{name} is not JSON")


def _leaves(value: Any, key: str = "") -> Iterator[str]:  # noqa: ANN401 (any JSON value)
    if isinstance(value, str):
        yield from _string_parts(value, key).texts
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield name
            yield from _leaves(item, name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif _is_number(value):
        yield json.dumps(value)


def _filled(value: Any, texts: Iterator[str], key: str = "") -> Any:  # noqa: ANN401 (JSON)
    if isinstance(value, str):
        parts = _string_parts(value, key)
        new = parts.fold([next(texts) for _ in parts.texts])
        return value if new == value else new
    if isinstance(value, Mapping):
        return _filled_object(value, texts)
    if isinstance(value, list | tuple):
        return [_filled(item, texts) for item in value]
    if _is_number(value):
        spelled = next(texts)
        return value if spelled == json.dumps(value) else spelled
    return value


def _filled_object(value: Mapping[str, Any], texts: Iterator[str]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for name, item in value.items():
        new = next(texts)
        while new in filled:  # two keys became the same placeholder; both values stay
            new += "_"
        filled[new] = _filled(item, texts, name)
    return filled


def _string_parts(value: str, key: str) -> Unfolded:
    nested = key == _ARGUMENTS and not isinstance(value, _Literal)
    return unfold_arguments(value) if nested else unfold_text(value)


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
    return json.dumps(value, ensure_ascii=False)
