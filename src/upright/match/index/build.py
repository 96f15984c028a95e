"""Making a segment of works."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from upright.match.index.segment import ARRAYS, WIDE, Array, Segment, name_number
from upright.match.index.tokens import (
    Offsets,
    Tokens,
    forms_of,
    grams_of,
    kept,
    tokens_of,
)
from upright.match.index.works import Document, Kind, Work


@dataclass(slots=True)
class Draft:
    """The works of one kind that will be a segment.

    Attributes:
        kind: of all of them.
        documents: what is remembered of each.
        tokens: how many all have.
    """

    kind: Kind
    documents: list[Document] = field(default_factory=list)
    tokens: int = 0
    _parts: list[dict[str, Array]] = field(default_factory=list)

    def add(self, work: Work) -> Document:
        """Take in a work; returns what will be remembered of it.

        Raises:
            ConfigError: for code in a language that is unknown or cannot be guessed.
        """
        found = tokens_of(work.text, work.kind, work.language)
        read_as = work.language if found.code is None else found.code.language
        document = Document.of(replace(work, language=read_as), len(found))
        self._parts.append(_part(found, self.kind, self.tokens))
        self.documents.append(document)
        self.tokens += len(found)
        return document

    def segment(self, name: str, removed: frozenset[int] = frozenset()) -> Segment:
        """Return the segment, in memory."""
        joined = {
            file: np.concatenate([np.empty(0, ARRAYS[file]), *(part[file] for part in self._parts)])
            for file in ("values", "gaps", "lengths", "wide", "grams", "positions")
        }
        order = np.argsort(joined["grams"], kind="stable")
        joined["grams"], joined["positions"] = joined["grams"][order], joined["positions"][order]
        sizes = [document.tokens for document in self.documents]
        joined |= table(
            [line_of(document) for document in self.documents],
            [name_number(document.id) for document in self.documents],
            sizes,
        )
        typed = {file: joined[file].astype(form, copy=False) for file, form in ARRAYS.items()}
        return Segment(name, self.kind, typed, removed)


def segment_of(works: list[Work], kind: Kind = "text") -> Segment:
    """Return a segment in memory with the works of a kind."""
    draft = Draft(kind)
    for work in works:
        if work.kind == kind:
            draft.add(work)
    return draft.segment("memory")


def line_of(document: Document) -> bytes:
    """Return what is remembered of a work, as it is written."""
    text = json.dumps(document.to_short_json(), ensure_ascii=True, separators=(",", ":"))
    return text.encode() + b"\n"


def table(lines: list[bytes], names: list[int], sizes: list[int]) -> dict[str, Array]:
    """Return the arrays of a segment's documents.

    Args:
        lines: one a document.
        names: numbers for their ids.
        sizes: how many tokens each has.
    """
    numbered = np.array(names, np.uint64)
    order = np.argsort(numbered, kind="stable")
    return {
        "bounds": _ends(sizes),
        "offsets": _ends([len(line) for line in lines]),
        "names": numbered[order],
        "numbers": order.astype(np.uint32),
        "lines": np.frombuffer(b"".join(lines), np.uint8),
    }


def _ends(sizes: list[int]) -> Array:
    return np.concatenate(([0], np.cumsum(np.array(sizes, np.uint64)))).astype(np.uint64)


def _part(found: Tokens, kind: Kind, shift: int) -> dict[str, Array]:
    """Return the arrays of one work whose first token will be number `shift`."""
    gaps = found.starts - np.concatenate(([0], found.ends[:-1]))[: len(found)]
    lengths = found.ends - found.starts
    values = forms_of(found.values, kind)
    grams = grams_of(values, kind)
    places = kept(grams, kind)
    return {
        "values": found.values,
        "gaps": np.where(_is_wide(gaps), WIDE, gaps).astype(np.uint8),
        "lengths": np.where(_is_wide(lengths), WIDE, lengths).astype(np.uint8),
        "wide": _wide(gaps, lengths, shift),
        "grams": grams[places],
        "positions": (places + shift).astype(np.uint32),
    }


def _wide(gaps: Offsets, lengths: Offsets, shift: int) -> Array:
    """Return the gaps and lengths that do not fit into a byte, each behind its place."""
    both = np.stack([gaps, lengths], axis=1).reshape(-1)
    at = np.flatnonzero(_is_wide(both))
    return np.stack([at + 2 * shift, both[at]], axis=1).astype(np.uint64).reshape(-1)


def _is_wide(sizes: Offsets) -> NDArray[np.bool_]:
    # Words that one character stands for share its place, so a gap can be -1.
    return (sizes < 0) | (sizes >= WIDE)
