"""From the bytes of a shard to records, and to rejects that say what is wrong where."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upright.curate.shards import Reject, Shard, without_mark


@dataclass(frozen=True, slots=True)
class Line:
    """A record.

    Attributes:
        number: of the line in its file, from 1.
        start: first byte in the shard.
        end: one past its last byte, without the line's end.
        fields: as they were read.
        id: its own, or `file:line`.
        text: its text.
    """

    number: int
    start: int
    end: int
    fields: dict[str, Any]
    id: str
    text: str

    @property
    def named(self) -> bool:
        """Whether the id is its own."""
        return self.fields.get("id") not in {None, ""}


class _BadLineError(ValueError):
    """What is wrong with a line."""


def _refuse(name: str) -> None:
    raise _BadLineError(f"not JSON: {name} is no JSON number")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def parse(shard: Shard, raw: bytes) -> tuple[list[Line], list[Reject]]:
    """Return the records of a shard in their order, and what is none."""
    lines: list[Line] = []
    rejects: list[Reject] = []
    start = 0
    for number, whole in enumerate(raw.split(b"\n"), shard.line):
        end = start + len(whole)
        piece = whole if shard.start + start else without_mark(whole)
        start = end - len(piece)
        if piece.strip():
            try:
                lines.append(_line(shard.name, number, start, piece))
            except _BadLineError as error:
                place = (shard.start + start, shard.start + end)
                rejects.append(Reject(shard.name, number, *place, str(error)))
        start = end + 1
    return lines, rejects


def _line(name: str, number: int, start: int, piece: bytes) -> Line:
    try:
        fields = _DECODER.decode(piece.decode())
    except UnicodeDecodeError as error:
        raise _BadLineError(f"not UTF-8 at byte {error.start} of the line") from None
    except RecursionError:
        raise _BadLineError("not JSON: nested too deeply") from None
    except json.JSONDecodeError as error:
        raise _BadLineError(f"not JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(fields, dict):
        raise _BadLineError(f"{type(fields).__name__} where an object is wanted")
    text = fields.get("text")
    if not isinstance(text, str):
        raise _BadLineError("no string under `text`")
    own = fields.get("id")
    if own is not None and (isinstance(own, bool) or not isinstance(own, str | int)):
        raise _BadLineError("`id` is neither a string nor a whole number")
    return Line(number, start, start + len(piece), fields, name_of(fields, name, number), text)


def name_of(fields: Mapping[str, Any], file: str, number: int) -> str:
    """Return a record's own id, or `file:line`."""
    own = fields.get("id")
    return f"{file}:{number}" if own is None or own == "" else str(own)


def written(fields: dict[str, Any]) -> bytes:
    """Return a record as a line, without its end; what UTF-8 cannot hold stays escaped."""
    try:
        return json.dumps(fields, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(fields).encode()
