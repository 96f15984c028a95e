"""Training documents as they lie in files: JSON Lines, packed or not, and what `curate` wrote."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from upright.match.passages import Document
from upright.terms import ConfigError

_KINDS = ("*.jsonl", "*.jsonl.gz")


def corpus_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files of a corpus: those named, and of a folder its JSON Lines.

    Of a folder that `upright curate` wrote, that is `data/*.jsonl`.

    Raises:
        ConfigError: for a path that is not there, or a folder without such files.
    """
    return [file for path in paths for file in _files(path)]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path.resolve()]
    if not path.is_dir():
        raise ConfigError(f"{path}: no such file or folder", mend="name files of JSON Lines")
    folder = path / "data" if (path / "data").is_dir() else path
    found = sorted(file.resolve() for kind in _KINDS for file in folder.rglob(kind))
    if not found:
        raise ConfigError(
            f"{folder}: holds no *.jsonl or *.jsonl.gz", mend="name files of JSON Lines"
        )
    return found


def documents(file: Path) -> Iterator[Document]:
    """Yield a file's documents, each with the place of its line.

    A line without `id` is named by file and line.

    Raises:
        ConfigError: naming file and line, for what is no document or cannot be unpacked.
    """
    offset = 0
    number = 0
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            for number, raw in enumerate(stream, 1):
                if raw.strip():
                    yield _document(raw, file, number, offset)
                offset += len(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(
            f"{file}: cannot be read behind line {number}: {error}",
            mend="bring the file back from a copy; what was indexed before stays",
        ) from None


def _document(raw: bytes, file: Path, number: int, offset: int) -> Document:
    where = f"{file}:{number}"
    try:
        line = json.loads(raw)
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{where}: not UTF-8 at byte {error.start} of the line",
            mend="save the file as UTF-8",
        ) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: not JSON: {error}", mend="one JSON object a line") from None
    if not isinstance(line, dict) or not isinstance(line.get("text"), str):
        raise ConfigError(
            f"{where}: no string under `text`", mend='write one {"id": …, "text": …} a line'
        )
    return Document(
        id=_string(line, "id") or f"{file.name}:{number}",
        text=line["text"],
        owner=_string(line, "owner"),
        licence=_string(line, "licence"),
        file=str(file),
        offset=offset,
        length=len(raw),
    )


def _string(line: dict[str, Any], name: str) -> str:
    value = line.get(name)
    return "" if value is None else str(value)
