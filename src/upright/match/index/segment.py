"""One part of an index: the tokens of some works, and where their grams stand.

A segment never changes. Its arrays lie in files that are mapped into memory, or in memory alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.match.index.errors import DamagedIndexError
from upright.match.index.tokens import Offsets, Values, forms_of
from upright.match.index.works import Document, Kind

ARRAYS = {
    "values": "<u4",  # what each token is
    "gaps": "u1",  # characters between the end of the token before and its start
    "lengths": "u1",  # its characters
    "wide": "<u8",  # pairs: twice the token's place, plus 1 for its length; the real number
    "grams": "<u4",  # kept grams, rising
    "positions": "<u4",  # the place of the first token of each
    "bounds": "<u8",  # where the tokens of each document begin, and the end
    "names": "<u8",  # numbers for the ids of the documents, rising
    "numbers": "<u4",  # which document each of these names
    "offsets": "<u8",  # where each document's line begins, and the end
    "lines": "u1",  # the documents, one JSON object a line
}
"""The files of a segment and the numbers in them."""
WIDE = 255
"""Stands for a gap or a length that is found under `wide`."""

Array = NDArray[Any]


def name_number(name: str) -> int:
    """Return the number under which a document's id is looked up."""
    raw = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "little")


@dataclass(frozen=True)
class Segment:
    """The tokens of some works.

    Attributes:
        name: of its folder.
        kind: of all its works.
        arrays: see `ARRAYS`.
        removed: numbers of documents that were taken out.
    """

    name: str
    kind: Kind
    arrays: Mapping[str, Array]
    removed: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.arrays["values"])

    @property
    def documents(self) -> int:
        """How many works it has, those taken out included."""
        return len(self.arrays["bounds"]) - 1

    def forms_at(self, positions: Offsets) -> Values:
        """Return what the tokens at some places are in normal form, in the same shape."""
        return forms_of(self.arrays["values"][positions], self.kind)

    @cached_property
    def bounds(self) -> Offsets:
        """Where the tokens of each document begin, and the end, shape (documents + 1,)."""
        return self.arrays["bounds"].astype(np.int64)

    @cached_property
    def gone(self) -> NDArray[np.bool_]:
        """Whether each document was taken out, shape (documents,)."""
        flags = np.zeros(self.documents, np.bool_)
        flags[sorted(self.removed)] = True
        return flags

    def numbers_at(self, positions: Offsets) -> Offsets:
        """Return which document each token belongs to."""
        return np.searchsorted(self.bounds, positions, side="right") - 1

    def line(self, number: int) -> bytes:
        """Return what is remembered of a document, as it is written."""
        start, end = (int(at) for at in self.arrays["offsets"][number : number + 2])
        return self.arrays["lines"][start:end].tobytes()

    def document(self, number: int) -> Document:
        """Return what is remembered of a document.

        Raises:
            DamagedIndexError: if it cannot be read.
        """
        try:
            return Document(**json.loads(self.line(number)))
        except (TypeError, ValueError):
            raise DamagedIndexError(f"{self.name}/lines: document {number} is no line") from None

    def find(self, name: str) -> int | None:
        """Return the number of a document that was not taken out, by its id."""
        names, wanted = self.arrays["names"], np.uint64(name_number(name))
        at = int(np.searchsorted(names, wanted))
        while at < len(names) and names[at] == wanted:
            number = int(self.arrays["numbers"][at])
            if number not in self.removed and self.document(number).id == name:
                return number
            at += 1
        return None

    def listed(self) -> Iterator[tuple[int, Document]]:
        """Yield the documents that were not taken out, with their numbers."""
        for number in range(self.documents):
            if number not in self.removed:
                yield number, self.document(number)

    def places(self, number: int) -> tuple[Offsets, Offsets]:
        """Return where the tokens of a document begin and end in its text, in characters."""
        first, last = int(self.bounds[number]), int(self.bounds[number + 1])
        gaps = self.arrays["gaps"][first:last].astype(np.int64)
        lengths = self.arrays["lengths"][first:last].astype(np.int64)
        wide = self.arrays["wide"].reshape(-1, 2)
        low, high = np.searchsorted(wide[:, 0], np.array([2 * first, 2 * last], np.uint64))
        for at, value in wide[low:high].astype(np.int64):
            (lengths if at % 2 else gaps)[at // 2 - first] = value
        ends = np.cumsum(gaps + lengths)
        return ends - lengths, ends


def open_segment(
    folder: Path, name: str, kind: Kind, sizes: Mapping[str, int], removed: frozenset[int]
) -> Segment:
    """Map a segment's files into memory.

    Args:
        folder: of the segment.
        name: of the segment.
        kind: of its works.
        sizes: the bytes that each file must have.
        removed: numbers of documents that were taken out.

    Raises:
        DamagedIndexError: naming the file, if one is shorter or longer.
        FileNotFoundError: if one is not there.
    """
    arrays: dict[str, Array] = {}
    for file, form in ARRAYS.items():
        path = folder / file
        size = path.stat().st_size
        if size != sizes[file]:
            raise DamagedIndexError(f"{path} has {size} bytes and should have {sizes[file]}")
        arrays[file] = np.asarray(np.memmap(path, form, "r")) if size else np.empty(0, form)
    return Segment(name, kind, arrays, removed)
