"""Reads the labelled data beside the repository and names it as reports must."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import sys
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of a `.jsonl.gz` file of the data folder; ends the program without it."""
    path = DATA / name
    if not path.is_file():
        sys.exit(f"{name} is not beside the repository; this benchmark needs it")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cited(name: str) -> str:
    """Return a file's name with its SHA-256, for reports."""
    return f"`{name}` (sha256 {hashlib.sha256((DATA / name).read_bytes()).hexdigest()[:16]}…)"


def prose(count: int, shortest: int, longest: int, *, seed: int) -> list[str]:
    """Return passages of books, of lengths between two bounds, drawn with a seed."""
    draw = random.Random(seed)
    books = [row["text"] for row in rows("corpora/books_public_domain.jsonl.gz")]
    passages = []
    for _ in range(count):
        book = draw.choice(books)
        length = draw.randint(shortest, longest)
        start = draw.randrange(len(book) - length)
        passages.append(book[start : start + length])
    return passages
