"""Several segments made one, without the works that were taken out, in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from upright.match.index.build import table
from upright.match.index.manifest import SEGMENTS, Entry, sync, sync_folder
from upright.match.index.segment import ARRAYS, Array, Segment
from upright.match.index.tokens import Offsets

PART = 1 << 20
"""Numbers that are held at once, for each segment."""
_RANGE = 1 << 32


def merged(folder: Path, name: str, segments: Sequence[Segment]) -> Entry:
    """Write one segment in the place of several of one kind; returns what it weighs.

    Args:
        folder: of the index.
        name: of the new segment.
        segments: in the order in which their works shall stand.
    """
    target = folder / SEGMENTS / name
    target.mkdir(parents=True)
    sources = list(_sources(segments))
    tables = _tables(sources)
    streams: dict[str, Iterable[Array]] = {
        **{file: _tokens(sources, file) for file in ("values", "gaps", "lengths")},
        "wide": _wide(sources),
        **{file: [array] for file, array in tables.items()},
    }
    files = {file: _write(target / file, file, arrays) for file, arrays in streams.items()}
    files |= _write_grams(target, sources)
    sync_folder(target)
    sync_folder(target.parent)
    tokens, documents = files["values"][0] // 4, len(tables["numbers"])
    ordered = {file: files[file] for file in ARRAYS}
    return Entry(name, segments[0].kind, tokens, documents, (), ordered)


@dataclass(frozen=True, slots=True)
class _Source:
    """A segment on its way into another.

    Attributes:
        segment: the segment.
        kept: numbers of the documents that stay.
        shifts: for each document, what is added to the places of its tokens.
    """

    segment: Segment
    kept: Offsets
    shifts: Offsets


def _sources(segments: Iterable[Segment]) -> Iterator[_Source]:
    total = 0
    for segment in segments:
        sizes = np.diff(segment.bounds) * ~segment.gone
        starts = total + np.cumsum(sizes) - sizes
        yield _Source(segment, np.flatnonzero(~segment.gone), starts - segment.bounds[:-1])
        total += int(sizes.sum())


def _stretches(source: _Source) -> Iterator[tuple[int, int]]:
    """Yield where the tokens that stay begin and end, at most `PART` at a time."""
    bounds = source.segment.bounds
    breaks = np.flatnonzero(np.diff(source.kept) != 1) + 1
    for group in np.split(source.kept, breaks):
        if not len(group):
            continue
        first, last = int(bounds[group[0]]), int(bounds[group[-1] + 1])
        for start in range(first, last, PART):
            yield start, min(start + PART, last)


def _tokens(sources: Iterable[_Source], file: str) -> Iterator[Array]:
    for source in sources:
        for start, end in _stretches(source):
            yield source.segment.arrays[file][start:end]


def _wide(sources: Iterable[_Source]) -> Iterator[Array]:
    for source in sources:
        pairs = source.segment.arrays["wide"].reshape(-1, 2).astype(np.int64)
        numbers = source.segment.numbers_at(pairs[:, 0] // 2)
        pairs[:, 0] += 2 * source.shifts[numbers]
        yield pairs[~source.segment.gone[numbers]].astype(np.uint64).reshape(-1)


def _tables(sources: Iterable[_Source]) -> dict[str, Array]:
    lines: list[bytes] = []
    names: list[int] = []
    sizes: list[int] = []
    for source in sources:
        segment = source.segment
        by_number = np.empty(segment.documents, np.uint64)
        by_number[segment.arrays["numbers"]] = segment.arrays["names"]
        lines += [segment.line(int(number)) for number in source.kept]
        names += by_number[source.kept].tolist()
        sizes += np.diff(segment.bounds)[source.kept].tolist()
    return {
        file: array.astype(ARRAYS[file], copy=False)
        for file, array in table(lines, names, sizes).items()
    }


def _write_grams(target: Path, sources: Sequence[_Source]) -> dict[str, tuple[int, str]]:
    """Merge the sorted grams, one range of their values after the other."""
    total = sum(len(source.segment.arrays["grams"]) for source in sources)
    steps = max(1, total // PART)
    edges = [_RANGE * step // steps for step in range(steps + 1)]
    with _Output(target / "grams") as grams, _Output(target / "positions") as positions:
        for low, high in pairwise(edges):
            parts = [_between(source, low, high) for source in sources]
            joined = np.concatenate([part[0] for part in parts])
            order = np.argsort(joined, kind="stable")
            grams.write(joined[order])
            positions.write(np.concatenate([part[1] for part in parts])[order])
    return {"grams": grams.facts, "positions": positions.facts}


def _between(source: _Source, low: int, high: int) -> tuple[Array, Array]:
    """Return the grams of [low, high) that stay, with their new places."""
    grams = source.segment.arrays["grams"]
    first = int(np.searchsorted(grams, np.uint32(low)))
    last = len(grams) if high == _RANGE else int(np.searchsorted(grams, np.uint32(high)))
    places = source.segment.arrays["positions"][first:last].astype(np.int64)
    numbers = source.segment.numbers_at(places)
    stays = ~source.segment.gone[numbers]
    moved = (places + source.shifts[numbers])[stays]
    return grams[first:last][stays], moved.astype(np.uint32)


class _Output:
    """A file that knows its bytes and its checksum."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._sha = hashlib.sha256()
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sync(self._file.fileno())
        self._file.close()

    @property
    def facts(self) -> tuple[int, str]:
        """Bytes and SHA-256."""
        return self._size, self._sha.hexdigest()

    def write(self, array: Array) -> None:
        """Append an array."""
        raw = array.tobytes()
        self._file.write(raw)
        self._sha.update(raw)
        self._size += len(raw)


def _write(path: Path, file: str, arrays: Iterable[Array]) -> tuple[int, str]:
    with _Output(path) as output:
        for array in arrays:
            output.write(array.astype(ARRAYS[file], copy=False))
    return output.facts
