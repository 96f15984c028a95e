"""What a file is, by its name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """How a file is read."""

    LINES = "lines"
    TABLE = "table"
    PARQUET = "parquet"
    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    CODE = "code"


PACKED = {".gz": "gzip", ".zst": "zstd"}
"""Endings of compressed files; what stands before says what is in them."""

_KINDS = {
    Kind.LINES: "jsonl ndjson",
    Kind.TABLE: "csv tsv",
    Kind.PARQUET: "parquet",
    Kind.TEXT: "txt md rst",
    Kind.HTML: "html htm xhtml",
    Kind.PDF: "pdf",
}
LANGUAGES = {
    "bash": "sh bash", "c": "c h", "cpp": "cc cpp cxx hpp hh", "csharp": "cs", "go": "go",
    "java": "java", "javascript": "js jsx mjs cjs", "julia": "jl", "kotlin": "kt kts", "lua": "lua",
    "perl": "pl pm", "php": "php", "python": "py pyi", "r": "r", "ruby": "rb", "rust": "rs",
    "scala": "scala", "sql": "sql", "swift": "swift", "typescript": "ts tsx",
}  # fmt: skip
"""Endings of source files, by the language they are in."""

_BY_ENDING = {f".{end}": kind for kind, ends in _KINDS.items() for end in ends.split()}
_LANGUAGE = {f".{end}": name for name, ends in LANGUAGES.items() for end in ends.split()}


def packing(path: Path) -> str:
    """Return how a file is compressed: `gzip`, `zstd`, or ""."""
    return PACKED.get(path.suffix.lower(), "")


def kind_of(path: Path) -> Kind | None:
    """Return what a file is, compressed or not; None for what upright does not read."""
    ending = _ending(path)
    return Kind.CODE if ending in _LANGUAGE else _BY_ENDING.get(ending)


def language_of(path: Path) -> str:
    """Return the language of a source file."""
    return _LANGUAGE[_ending(path)]


def _ending(path: Path) -> str:
    return (path.with_suffix("") if packing(path) else path).suffix.lower()
