"""Copies of code, renamed or not, in a text that may still be growing.

Runs of equal masked tokens are joined as far as they go and then verified: names must return at
the same places, and enough of the run must not stand in much unrelated code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from upright.match.code import NAME, CodeTokens
from upright.match.code.familiar import GRAM, distances
from upright.match.code.runs import LEAST_UNFAMILIAR, WHOLE, Prepared, verified
from upright.match.index.copies import Counts, Found
from upright.match.index.near import LONGEST, Copy
from upright.match.index.reading import Reading
from upright.match.index.runs import Pieces
from upright.match.index.segment import Segment
from upright.match.index.tokens import forms_of_hashes, spellings_of

_NAME = forms_of_hashes(np.array([NAME], np.uint64))[0]


@dataclass(frozen=True, slots=True)
class _Block:
    """Tokens in a row that are equal in their masked form."""

    document: int
    first: int
    position: int
    length: int


@dataclass(frozen=True, slots=True)
class CodeWatch:
    """What is looked for in code.

    Attributes:
        run: tokens in a row that are a copy.
        counts: says of a work whether copies of it are a finding.
    """

    run: int
    counts: Counts = lambda _: True

    def copies(self, reading: Reading) -> list[Found]:
        """Return the copies in a text, by their place; none inside another."""
        found = sorted(
            (self._found(reading, segment, copy) for segment, copy in self.verified(reading)),
            key=lambda one: (one.start, -one.end, one.source.id),
        )
        kept: list[Found] = []
        for one in found:
            if self.counts(one.source) and not (kept and one.end <= kept[-1].end):
                kept.append(one)
        return kept

    def settled(self, reading: Reading) -> int:
        """Return a position up to which all copies are final, whatever follows the text."""
        starts = reading.tokens.starts
        whole = reading.complete == len(starts)
        edge = len(reading.text) if whole else int(reading.closes[-1])
        held = [reading.cut, *starts[max(0, reading.complete - self.run + 1) :].tolist()]
        held += [
            int(starts[block.first])
            for _, blocks in self._blocks(reading)
            for block in blocks
            if block.first + block.length >= reading.complete
        ]
        return min((at for at in held if edge - at <= LONGEST), default=len(reading.text))

    def verified(self, reading: Reading) -> Iterator[tuple[Segment, Copy]]:
        """Yield each copy with the segment that its work is in."""
        code = reading.tokens.code
        if code is None:
            return
        text: Prepared | None = None
        for segment, blocks in self._blocks(reading):
            for block in blocks:
                text = text or _prepared(code, reading)
                if _may_tell(text, segment, block):
                    yield from ((segment, one) for one in self._parts(text, segment, block))

    def _parts(self, text: Prepared, segment: Segment, block: _Block) -> Iterator[Copy]:
        shift = int(segment.bounds[block.document])
        work = _work(text, segment, block)
        start = block.position - shift
        for run in verified(work, text, start, block.first, block.length, shortest=self.run):
            yield Copy(
                document=block.document,
                first=run.b_start,
                last=run.b_start + run.length,
                position=run.a_start + shift,
                end=run.a_start + shift + run.length,
                matched=run.length - run.exceptions,
            )

    def _blocks(self, reading: Reading) -> Iterator[tuple[Segment, list[_Block]]]:
        for segment, pieces in reading.pieces(self.run):
            yield segment, list(_joined(reading, pieces, self.run))

    def _found(self, reading: Reading, segment: Segment, copy: Copy) -> Found:
        return Found(
            start=int(reading.tokens.starts[copy.first]),
            end=int(reading.tokens.ends[copy.last - 1]),
            source=segment.document(copy.document),
            exact=copy.matched == copy.last - copy.first,
            score=round(copy.score, 4),
            tokens=copy.last - copy.first,
        )


def _joined(reading: Reading, pieces: Pieces, run: int) -> Iterator[_Block]:
    """Yield the runs that follow each other in one work, joined as far as they may be."""
    order = np.lexsort((pieces.at, pieces.positions - pieces.at, pieces.documents))
    starts, closes = reading.tokens.starts, reading.closes
    first = last = -1
    before: tuple[int, int] | None = None
    for row in order.tolist():
        at, position = int(pieces.at[row]), int(pieces.positions[row])
        line = (int(pieces.documents[row]), position - at)
        if closes[at + run - 1] - starts[at] > LONGEST:
            continue
        fits = closes[at + run - 1] - starts[first] <= LONGEST
        if before is not None and (line != before or at != last + 1 or not fits):
            yield _Block(before[0], first, first + before[1], last + run - first)
            before = None
        if before is None:
            before, first = line, at
        last = at
    if before is not None:
        yield _Block(before[0], first, first + before[1], last + run - first)


def _prepared(code: CodeTokens, reading: Reading) -> Prepared:
    """Return the text with what verification needs, its names numbered as in an index."""
    made = Prepared.of(code)
    return replace(made, tokens=replace(code, names=spellings_of(reading.tokens.values)[0]))


def _may_tell(text: Prepared, segment: Segment, block: _Block) -> bool:
    """Say quickly whether a run can have enough that unrelated code does not have."""
    size = int(segment.bounds[block.document + 1] - segment.bounds[block.document])
    telling = text.unfamiliar[block.first : block.first + block.length - GRAM + 1].sum()
    return bool(telling >= LEAST_UNFAMILIAR or block.length >= WHOLE * size)


def _work(text: Prepared, segment: Segment, block: _Block) -> Prepared:
    """Return a work with what verification needs.

    Its own k-grams are not kept, but in the run they are those of the text.
    """
    low, high = (int(at) for at in segment.bounds[block.document : block.document + 2])
    values = segment.arrays["values"][low:high]
    names, called = spellings_of(values)
    size = high - low
    hashes = np.where(values >> np.uint32(16) == _NAME, np.uint64(NAME), np.uint64(0))
    none = np.zeros(size, np.int32)
    tokens = replace(text.tokens, hashes=hashes, names=names, starts=none, ends=none)
    grams, unfamiliar = np.zeros(size, np.uint64), np.zeros(size, np.bool_)
    here = slice(block.first, block.first + block.length - GRAM + 1)
    there = slice(block.position - low, block.position - low + block.length - GRAM + 1)
    grams[there], unfamiliar[there] = text.grams[here], text.unfamiliar[here]
    return Prepared(tokens, distances(tokens), grams, unfamiliar, called)
