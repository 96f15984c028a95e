"""An index that is read: which works a text repeats, exactly and nearly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from upright.match.index.build import segment_of
from upright.match.index.code_copies import CodeWatch
from upright.match.index.errors import DamagedIndexError, WorksError
from upright.match.index.manifest import SEGMENTS, Manifest, check_files, read_manifest
from upright.match.index.near import Copy
from upright.match.index.reading import Reading, read
from upright.match.index.runs import Pieces
from upright.match.index.segment import Segment, open_segment
from upright.match.index.tokens import SHORTEST, tokens_of
from upright.match.index.works import KINDS, Document, Kind, Work
from upright.terms import ConfigError, digest

RUN = 13
"""Words in a row that count as an exact copy, unless something else is asked for."""
CODE_RUN = 25
"""Tokens of code in a row that count as a copy."""
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """A stretch of a text that stands, or nearly stands, in a work.

    Attributes:
        document: the work.
        start: its first character in the text.
        end: one past its last.
        document_start: its first character in the work.
        document_end: one past its last.
        exact: whether it is a run of as many tokens as were asked for; of code, whether every
            name returns where it does in the work.
        score: the share of the longer stretch's tokens that both have.
    """

    document: Document
    start: int
    end: int
    document_start: int
    document_end: int
    exact: bool
    score: float

    def to_json(self) -> dict[str, Any]:
        """Return the public shape; owner and licence only where they are known."""
        shape: dict[str, Any] = {
            "document": self.document.id,
            "start": self.start,
            "end": self.end,
            "document_start": self.document_start,
            "document_end": self.document_end,
            "exact": self.exact,
            "score": self.score,
        }
        more = {"owner": self.document.owner, "licence": self.document.licence}
        return shape | {name: value for name, value in more.items() if value}


class Index:
    """Works that were indexed.

    Args:
        segments: their tokens and grams.
        digest: `sha256:…`; names what the index finds.
    """

    def __init__(self, segments: Iterable[Segment], digest: str) -> None:
        self.segments = tuple(segments)
        self.digest = digest

    @classmethod
    def open(cls, folder: str | Path, *, check: bool = True) -> Self:
        """Open an index as it is now; what is changed later is not seen.

        Args:
            folder: of the index.
            check: whether to compare all files with their checksums.

        Raises:
            WorksError: where there is no index, or one of another format.
            DamagedIndexError: naming the file that is not what was written.
        """
        path = Path(folder)
        for _ in range(_TRIES):
            manifest = read_manifest(path)
            try:
                return cls(_opened(path, manifest, check=check), manifest.digest)
            except FileNotFoundError as error:
                # A writer may have merged segments since the manifest was read.
                if read_manifest(path) == manifest:
                    raise DamagedIndexError(f"{error.filename} is not there") from None
        raise WorksError(f"{folder}: it changes too fast to be read", mend="try again")

    @classmethod
    def of(cls, works: Iterable[Work]) -> Self:
        """Return an index of some works in memory."""
        listed = list(works)
        segments = [segment_of(listed, kind) for kind in KINDS]
        name = digest([[work.id, work.kind, work.text] for work in listed])
        return cls([segment for segment in segments if segment.documents], name)

    def documents(self) -> Iterator[Document]:
        """Yield what is remembered of each work."""
        for segment in self.segments:
            yield from (document for _, document in segment.listed())

    def facts(self) -> dict[str, Any]:
        """Return what the index holds and weighs."""
        weights = [sum(array.nbytes for array in one.arrays.values()) for one in self.segments]
        works = list(self.documents())
        tokens = sum(work.tokens for work in works)
        return {
            "digest": self.digest,
            "works": len(works),
            "owners": len({work.owner for work in works if work.owner}),
            "tokens": tokens,
            "segments": len(self.segments),
            "bytes": sum(weights),
            "bytes_per_token": round(sum(weights) / tokens, 3) if tokens else None,
        }

    def document(self, name: str) -> Document:
        """Return what is remembered of a work.

        Raises:
            ConfigError: if the index has none of that id.
        """
        for segment in self.segments:
            number = segment.find(name)
            if number is not None:
                return segment.document(number)
        raise ConfigError(f"no work {name!r} in the index", mend="match index list shows them")

    def read(self, text: str, kind: Kind = "text", language: str = "") -> Reading:
        """Lay a text beside the index.

        Raises:
            ConfigError: for code in a language that is unknown or cannot be guessed.
        """
        segments = [segment for segment in self.segments if segment.kind == kind]
        return read(text, tokens_of(text, kind, language), segments, kind)

    def languages(self) -> tuple[str, ...]:
        """Return the programming languages of its works of code, in alphabetical order."""
        code = (segment for segment in self.segments if segment.kind == "code")
        return tuple(sorted({one.language for part in code for _, one in part.listed()}))

    def query_code(self, text: str, language: str = "", *, run: int = CODE_RUN) -> list[Hit]:
        """Return the stretches of code that stand in works, renamed or not, by their place.

        Args:
            text: code.
            language: its programming language; "" lets it be guessed.
            run: tokens in a row that count as a copy, at least 25.

        Raises:
            ConfigError: for a shorter run, or a language that is unknown or cannot be guessed.
        """
        _check_run(run, "code")
        reading = self.read(text, "code", language)
        found = CodeWatch(run).verified(reading)
        hits = [
            _hit(reading, segment, copy, exact=copy.matched == copy.last - copy.first)
            for segment, copy in found
        ]
        return sorted(hits, key=lambda hit: (hit.start, -hit.end, hit.document.id))

    def query(self, text: str, *, run: int = RUN) -> list[Hit]:
        """Return the stretches of a text that stand in works, exactly or nearly, by their place.

        An exact stretch is as long as it can be. A near one is left out where all of it is exact.

        Args:
            text: the text.
            run: words in a row that count as an exact copy, at least 12.

        Raises:
            ConfigError: for a shorter run.
        """
        _check_run(run, "text")
        reading = self.read(text)
        hits = [
            hit for part, pieces in reading.pieces(run) for hit in _runs(reading, part, pieces, run)
        ]
        hits += _near(reading, hits)
        return sorted(hits, key=lambda hit: (hit.start, -hit.end, hit.document.id))


def _check_run(run: int, kind: Kind) -> None:
    if run < SHORTEST[kind]:
        raise ConfigError(
            f"a run of {run} is too short to be found in {kind}",
            mend=f"give {SHORTEST[kind]} or more",
        )


def _opened(folder: Path, manifest: Manifest, *, check: bool) -> list[Segment]:
    segments = []
    for entry in manifest.segments:
        path = folder / SEGMENTS / entry.name
        removed = frozenset(entry.removed)
        segments.append(open_segment(path, entry.name, entry.kind, entry.sizes, removed))
        if check:
            check_files(folder, entry)
    return segments


def _runs(reading: Reading, segment: Segment, pieces: Pieces, run: int) -> Iterator[Hit]:
    """Yield the pieces that follow each other as the stretches that they make."""
    order = np.lexsort((pieces.at, pieces.positions - pieces.at))
    at, positions = pieces.at[order], pieces.positions[order]
    documents = pieces.documents[order]
    breaks = (np.diff(at) != 1) | (np.diff(positions) != 1) | (np.diff(documents) != 0)
    firsts = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    lasts = np.concatenate((firsts[1:], [len(at)])) - 1
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True) if len(at) else ():
        copy = Copy(
            document=int(documents[first]),
            first=int(at[first]),
            last=int(at[last]) + run,
            position=int(positions[first]),
            end=int(positions[last]) + run,
            matched=int(at[last]) + run - int(at[first]),
        )
        yield _hit(reading, segment, copy, exact=True)


def _near(reading: Reading, exact: list[Hit]) -> Iterator[Hit]:
    for segment, chains in reading.chained:
        for chain in chains:
            copy = reading.near(segment, chain)
            if copy is None:
                continue
            hit = _hit(reading, segment, copy, exact=False)
            if not any(_covers(one, hit) for one in exact):
                yield hit


def _covers(exact: Hit, near: Hit) -> bool:
    same = exact.document.id == near.document.id
    return same and exact.start <= near.start and near.end <= exact.end


def _hit(reading: Reading, segment: Segment, copy: Copy, *, exact: bool) -> Hit:
    starts, ends = segment.places(copy.document)
    shift = int(segment.bounds[copy.document])
    return Hit(
        document=segment.document(copy.document),
        start=int(reading.tokens.starts[copy.first]),
        end=int(reading.tokens.ends[copy.last - 1]),
        document_start=int(starts[copy.position - shift]),
        document_end=int(ends[copy.end - 1 - shift]),
        exact=exact,
        score=round(copy.score, 4),
    )
