"""The layout of a GGUF file, as far as rewriting its tensors needs it.

Source: the GGUF specification, version 3, little-endian.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from upright.terms import UprightError

ALIGNMENT = 32
F32, Q4_1, Q8_0 = 0, 3, 8
"""Tensor types."""
BLOCK = 32
"""Weights in one block of a quantised tensor."""

_BLOCK_BYTES = {F32: 4 * BLOCK, Q4_1: 20, Q8_0: 34}
_SCALARS = dict(enumerate("BbHhIif?", 0)) | {10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file.

    Attributes:
        name: as the file has it.
        shape: fastest dimension first.
        kind: its type.
        offset: bytes from the start of the data section.
    """

    name: bytes
    shape: tuple[int, ...]
    kind: int
    offset: int

    @property
    def size(self) -> int:
        """Bytes of its data."""
        return math.prod(self.shape) * _BLOCK_BYTES[self.kind] // BLOCK


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in a file.

    Attributes:
        metadata: the file's first bytes, up to the tensor table.
        tensors: the tensor table.
        data: where the data section starts.
    """

    metadata: bytes
    tensors: tuple[Tensor, ...]
    data: int


def read_layout(file: BinaryIO) -> Layout:
    """Read the layout of a file.

    Raises:
        UprightError: if it is no whole GGUF file of version 3, or has tensors of other types than
            F32, Q4_1 and Q8_0.
    """
    try:
        return _layout(file)
    except struct.error:
        raise UprightError("the GGUF file ends too early") from None


def _layout(file: BinaryIO) -> Layout:
    magic, version, tensors, entries = struct.unpack("<4sIQQ", file.read(24))
    if magic != b"GGUF" or version != 3:  # noqa: PLR2004 (the version this module reads)
        raise UprightError("not a GGUF file of version 3")
    for _ in range(entries):
        _string(file)
        _skip(file, _scalar(file, "I"))
    end = file.tell()
    table = tuple(_tensor(file) for _ in range(tensors))
    data = aligned(file.tell())
    file.seek(0)
    return Layout(file.read(end), table, data)


def relaid(tensors: tuple[Tensor, ...], kinds: dict[int, int]) -> Iterator[Tensor]:
    """Yield the tensors with their new types (old to new) and the offsets that follow."""
    offset = 0
    for tensor in tensors:
        moved = replace(tensor, kind=kinds.get(tensor.kind, tensor.kind), offset=offset)
        yield moved
        offset = aligned(offset + moved.size)


def table_bytes(tensors: tuple[Tensor, ...]) -> bytes:
    """Return the tensor table as a file holds it."""
    return b"".join(
        struct.pack("<Q", len(tensor.name))
        + tensor.name
        + struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        + struct.pack("<IQ", tensor.kind, tensor.offset)
        for tensor in tensors
    )


def aligned(position: int) -> int:
    """Return the next position where data may start."""
    return -(-position // ALIGNMENT) * ALIGNMENT


def _tensor(file: BinaryIO) -> Tensor:
    name = _string(file)
    shape = tuple(_scalar(file, "Q") for _ in range(_scalar(file, "I")))
    kind, offset = _scalar(file, "I"), _scalar(file, "Q")
    if kind not in _BLOCK_BYTES:
        raise UprightError(f"tensor {name.decode()}: type {kind} is not known here")
    return Tensor(name, shape, kind, offset)


def _string(file: BinaryIO) -> bytes:
    return file.read(_scalar(file, "Q"))


def _scalar(file: BinaryIO, kind: str) -> int:
    value: int = struct.unpack(f"<{kind}", file.read(struct.calcsize(f"<{kind}")))[0]
    return value


def _skip(file: BinaryIO, kind: int) -> None:
    """Pass over one metadata value."""
    if kind == _STRING:
        _string(file)
    elif kind == _ARRAY:
        inner, count = _scalar(file, "I"), _scalar(file, "Q")
        for _ in range(count):
            _skip(file, inner)
    else:
        file.seek(struct.calcsize(f"<{_SCALARS[kind]}"), 1)
