"""From documents to the arrays of a shard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.match.passages import anchors, documents, places, tokens
from upright.match.passages.documents import Document, Row
from upright.match.words import Hashes, words

MOST_WORDS = (1 << 24) - (1 << 16)
"""In one shard: places have three bytes, and the gaps between documents take some."""
_GAP = np.zeros(1, np.uint64)


@dataclass(frozen=True, slots=True)
class Read:
    """A document's words, and what else a shard keeps of it.

    Attributes:
        row: all but the words.
        hashes: of the words, shape (n,).
        gaps: characters before each word, shape (n,).
        lengths: of each word in characters, shape (n,).
        text_bytes: of the text in UTF-8.
    """

    row: Row
    hashes: Hashes
    gaps: NDArray[np.int32]
    lengths: NDArray[np.int32]
    text_bytes: int


def read(document: Document) -> Read:
    """Read a document's words."""
    found = words(document.text)
    before = np.concatenate((np.zeros(1, np.int32), found.ends[:-1]))
    return Read(
        documents.row_of(document),
        found.hashes,
        found.starts - before[: len(found)],
        found.ends - found.starts,
        len(document.text.encode("utf-8", "surrogatepass")),
    )


def assemble(readings: Sequence[Read], least: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of a shard that holds some documents.

    Args:
        readings: of the documents, `MOST_WORDS` words together at most.
        least: shortest passage that will be found, in words.
    """
    hashes = np.concatenate([_GAP, *_spaced(one.hashes for one in readings)])
    starts = 1 + np.cumsum([0, *(len(one.hashes) + 1 for one in readings)])
    between = np.zeros(len(hashes), np.bool_)
    between[starts - 1] = True
    numbers, arrays = tokens.number(hashes, between)
    kept = anchors.kept(hashes, least)
    within = [numbers[kept + step] != tokens.BETWEEN for step in range(anchors.GRAM)]
    kept = kept[np.logical_and.reduce(within)]
    del hashes, between
    gaps, lengths = (
        np.concatenate([_none(), *_spaced(column, _none())]).astype(np.int64)
        for column in ([one.gaps for one in readings], [one.lengths for one in readings])
    )
    return {
        **arrays,
        **places.pack(gaps, lengths, numbers),
        **anchors.pack(numbers, kept),
        **documents.pack([one.row for one in readings]),
        "start": starts.astype(np.uint32),
        "text_bytes": np.array([one.text_bytes for one in readings], np.uint32),
    }


def disassemble(arrays: dict[str, NDArray[Any]], gone: set[int]) -> list[Read]:
    """Return the documents of a shard without those that are gone."""
    read_tokens, rows = tokens.Tokens(arrays), documents.Table(arrays)
    hashes = read_tokens.hashes(read_tokens.slice(0, len(read_tokens)))
    gaps, lengths = (
        column.astype(np.int32) for column in places.Places(arrays, read_tokens).every()
    )
    starts = arrays["start"].tolist()
    return [
        Read(
            rows[number],
            hashes[start:end],
            gaps[start:end],
            lengths[start:end],
            int(arrays["text_bytes"][number]),
        )
        for number, (start, end) in enumerate(_bounds(starts))
        if number not in gone
    ]


def _bounds(starts: list[int]) -> list[tuple[int, int]]:
    """Return start and end of each document's words; one gap is between two documents."""
    return [(start, after - 1) for start, after in pairwise(starts)]


def _spaced(columns: Iterable[NDArray[Any]], gap: NDArray[Any] = _GAP) -> list[NDArray[Any]]:
    return [part for column in columns for part in (column, gap)]


def _none() -> NDArray[np.int32]:
    return np.zeros(1, np.int32)
