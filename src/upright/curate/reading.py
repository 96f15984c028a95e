"""Read files of every kind as records with their place."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from upright.curate.errors import InputError
from upright.curate.inputs import Input
from upright.curate.kinds import Kind, language_of, packing
from upright.curate.pages import text_of_html, text_of_pdf
from upright.curate.shards import LONGEST, Reject, without_mark
from upright.terms import MissingExtraError

_DAMAGED = (EOFError, OSError, zlib.error)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Read:
    """A record as it stands in a file.

    Attributes:
        fields: with `text`, as far as the file has one.
        line: of the (decompressed) file, from 1, the last of a row; the row of Parquet; 0 for a
            whole file.
        start: first byte in the decompressed file; 0 where the kind has no such places.
        end: one past the last byte.
    """

    fields: dict[str, Any]
    line: int
    start: int
    end: int


def records_of(item: Input) -> Iterator[Read | Reject]:
    """Yield the records of a file, and a reject for what is none.

    Where a file is damaged, what stands before the damage is given first.

    Raises:
        MissingExtraError: for Parquet, PDF or Zstandard without the extra `curate`.
    """
    kind = item.kind
    if kind is Kind.PARQUET:
        yield from _parquet(item)
        return
    with item.path.open("rb") as raw:
        stream = opened(raw, packing(item.path))
        if kind is Kind.LINES:
            yield from _lines(item, stream)
        elif kind is Kind.TABLE:
            yield from _table(item, stream)
        else:
            yield _whole(item, stream)


def opened(raw: BinaryIO, packed: str) -> BinaryIO:
    """Return a stream of the decompressed bytes.

    Raises:
        MissingExtraError: for Zstandard without the extra `curate`.
    """
    if packed == "gzip":
        return io.BufferedReader(_Gzip(gzip.GzipFile(fileobj=raw)), _BLOCK)
    if packed == "zstd":
        try:
            import zstandard  # noqa: PLC0415 (an extra)
        except ModuleNotFoundError as error:
            raise MissingExtraError("a .zst file", "curate", missing=str(error.name)) from None
        reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        return io.BufferedReader(_Zstandard(reader), _BLOCK)
    return raw


class _Gzip(io.RawIOBase):
    """A reader that gives what stands before a break, and only then the break.

    `GzipFile.read` fills what it is asked for, and loses it all if the file breaks off on the way.
    """

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 (what the base class says)
        found = self._file.read1(len(buffer))
        buffer[: len(found)] = found
        return len(found)


class _Zstandard(io.RawIOBase):
    """A reader whose errors are those of a file."""

    def __init__(self, reader: Any) -> None:  # noqa: ANN401 (of an optional package)
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 (what the base class says)
        import zstandard  # noqa: PLC0415 (an extra)

        try:
            return int(self._reader.readinto(buffer))
        except zstandard.ZstdError as error:
            raise OSError(f"not Zstandard any more: {error}") from None


def pieces(stream: BinaryIO) -> Iterator[tuple[int, int, bytes | None]]:
    """Yield number, first byte and bytes of each line; None for the bytes of one too long.

    Raises:
        OSError, EOFError, zlib.error: where the file is damaged.
    """
    number, start = 1, 0
    while piece := stream.readline(LONGEST + 1):
        length = len(piece)
        if length > LONGEST and not piece.endswith(b"\n"):
            while rest := stream.readline(_BLOCK):
                length += len(rest)
                if rest.endswith(b"\n"):
                    break
            yield number, start, None
        else:
            yield number, start, piece
        number, start = number + 1, start + length


def _lines(item: Input, stream: BinaryIO) -> Iterator[Read | Reject]:
    number, start = 0, 0
    try:
        for number, start, piece in pieces(stream):
            if piece is None:
                why = f"a line longer than the {LONGEST:,} bytes that are read"
                yield Reject(item.name, number, start, start, why)
            elif piece.strip():
                line = piece if start else without_mark(piece)
                begin = start + len(piece) - len(line)
                yield _line(item, number, begin, line.rstrip(b"\r\n"))
    except _DAMAGED as error:
        yield Reject(item.name, number + 1, start, start, f"damaged from here on: {error}")


def _line(item: Input, number: int, start: int, piece: bytes) -> Read | Reject:
    end = start + len(piece)
    try:
        fields = json.loads(piece.decode())
    except UnicodeDecodeError as error:
        return Reject(item.name, number, start, end, f"not UTF-8 at byte {error.start} of the line")
    except (ValueError, RecursionError) as error:
        return Reject(item.name, number, start, end, f"not JSON: {error}")
    if not isinstance(fields, dict):
        why = f"{type(fields).__name__} where an object is wanted"
        return Reject(item.name, number, start, end, why)
    return Read(fields, number, start, end)


def _table(item: Input, stream: BinaryIO) -> Iterator[Read | Reject]:
    tab = item.path.name.lower().removesuffix(item.path.suffix if packing(item.path) else "")
    rows = csv.DictReader(
        _decoded(stream), delimiter="\t" if tab.endswith(".tsv") else ",", strict=True
    )
    try:
        for row in rows:
            if None in row or None in row.values():
                why = "not as many fields as the heading has"
                yield Reject(item.name, rows.line_num, 0, 0, why)
            else:
                yield Read(dict(row), rows.line_num, 0, 0)
    except UnicodeDecodeError as error:
        why = f"damaged from here on: not UTF-8 ({error.reason})"
        yield Reject(item.name, rows.line_num + 1, 0, 0, why)
    except (csv.Error, *_DAMAGED) as error:
        yield Reject(item.name, rows.line_num, 0, 0, f"damaged from here on: {error}")


def _decoded(stream: BinaryIO) -> Iterator[str]:
    csv.field_size_limit(LONGEST)
    for line in stream:
        yield line.decode("utf-8-sig")


def _parquet(item: Input) -> Iterator[Read | Reject]:
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        from pyarrow import parquet  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise MissingExtraError("a Parquet file", "curate", missing=str(error.name)) from None
    number = 0
    try:
        with parquet.ParquetFile(item.path) as table:
            for batch in table.iter_batches(batch_size=512):
                for row in batch.to_pylist():
                    number += 1
                    yield Read(_plain(row), number, 0, 0)
    except (pa.ArrowException, *_DAMAGED) as error:
        why = str(error).strip().splitlines()[0]
        yield Reject(item.name, number + 1, 0, 0, f"damaged from here on: {why}")


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as JSON; what JSON has no word for becomes a string."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(row), default=str))
    return plain


def _whole(item: Input, stream: BinaryIO) -> Read | Reject:
    try:
        raw = stream.read(LONGEST + 1)
    except _DAMAGED as error:
        return Reject(item.name, 0, 0, 0, f"damaged: {error}")
    if len(raw) > LONGEST:
        return Reject(item.name, 0, 0, 0, f"longer than the {LONGEST:,} bytes that are read")
    fields: dict[str, Any] = {"id": item.name}
    try:
        if item.kind is Kind.HTML:
            fields["text"] = text_of_html(raw)
        elif item.kind is Kind.PDF:
            fields["text"] = text_of_pdf(raw)
        else:
            fields["text"] = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Reject(item.name, 0, error.start, error.start, f"not UTF-8 at byte {error.start}")
    except InputError as error:
        return Reject(item.name, 0, 0, len(raw), error.problem)
    if item.kind is Kind.CODE:
        fields["language"] = language_of(item.path)
    return Read(fields, 0, 0, len(raw))
