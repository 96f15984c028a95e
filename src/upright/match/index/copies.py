"""Copies in a text that may still be growing: what is found, and up to where it is final.

A finding is never longer than `LONGEST` characters, and never depends on text further on than
that; longer copies are found in pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from upright.match.index.near import GRAM, LONGEST, Chain, Copy, may_grow
from upright.match.index.reading import TRAILING, Reading
from upright.match.index.tokens import Offsets
from upright.match.index.works import Document

REACH = LONGEST + TRAILING + 1
"""Characters from the start of a finding that can matter to it."""

Counts = Callable[[Document], bool]
_Runs = dict[int, set[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of a text that is a copy.

    Attributes:
        start: first character.
        end: one past the last.
        source: the work that most of it stands in.
        exact: whether every run in it stands in a work.
        score: the share of tokens that are the same.
        tokens: how many it has.
    """

    start: int
    end: int
    source: Document
    exact: bool
    score: float
    tokens: int


@dataclass(slots=True)
class _Stretch:
    first: int
    last: int  # the first token of the last run in it
    sources: Counter[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked for.

    Attributes:
        run: tokens in a row that are an exact copy.
        near: whether near copies are looked for too.
        counts: says of a work whether copies of it are a finding.
    """

    run: int
    near: bool = True
    counts: Counts = lambda _: True

    def copies(self, reading: Reading) -> list[Found]:
        """Return the copies in a text, by their place."""
        runs = self._runs(reading)
        found = [self._found(reading, one) for one in self._stretches(reading, runs)]
        found += self._near(reading, np.array(sorted(runs), np.int64)) if self.near else []
        return sorted(found, key=lambda one: (one.start, one.end, one.source.id))

    def settled(self, reading: Reading) -> int:
        """Return a position up to which all copies are final, whatever follows the text."""
        starts = reading.tokens.starts
        whole = reading.complete == len(starts)
        edge = len(reading.text) if whole else int(reading.closes[-1])
        held = starts[max(0, reading.complete - self.run + 1) :].tolist()
        held += [
            int(starts[one.first])
            for one in self._stretches(reading, self._runs(reading))
            if one.last + 1 + self.run > reading.complete
        ]
        grams = max(0, reading.complete - GRAM + 1)
        for _, chains in reading.chained if self.near else ():
            held += [int(starts[one.back]) for one in chains if may_grow(one, grams)]
        # What began further back than that is as long as it can be.
        return min((at for at in held if edge - at <= LONGEST), default=len(reading.text))

    def _stretches(self, reading: Reading, rows: _Runs) -> list[_Stretch]:
        """Return the runs that follow each other, joined as far as they may be."""
        found: list[_Stretch] = []
        starts, closes = reading.tokens.starts, reading.closes
        for at in sorted(rows):
            end = closes[at + self.run - 1]
            if found and at == found[-1].last + 1 and end - starts[found[-1].first] <= LONGEST:
                found[-1].last = at
            else:
                found.append(_Stretch(at, at, Counter()))
            found[-1].sources.update(rows[at])
        return found

    def _runs(self, reading: Reading) -> _Runs:
        """Return for the first token of each run the works that it stands in."""
        rows: _Runs = {}
        starts, closes = reading.tokens.starts, reading.closes
        for number, (segment, pieces) in enumerate(reading.pieces(self.run)):
            known = set(pieces.documents.tolist())
            counting = {one for one in known if self.counts(segment.document(one))}
            pairs = zip(pieces.at.tolist(), pieces.documents.tolist(), strict=True)
            for at, document in pairs:
                if document in counting and closes[at + self.run - 1] - starts[at] <= LONGEST:
                    rows.setdefault(at, set()).add((number, document))
        return rows

    def _found(self, reading: Reading, stretch: _Stretch) -> Found:
        most = max(stretch.sources.values())
        number, document = min(key for key, count in stretch.sources.items() if count == most)
        segments = [segment for segment, seeds in reading.parts if len(seeds)]
        last = stretch.last + self.run
        return Found(
            start=int(reading.tokens.starts[stretch.first]),
            end=int(reading.tokens.ends[last - 1]),
            source=segments[number].document(document),
            exact=True,
            score=1.0,
            tokens=last - stretch.first,
        )

    def _near(self, reading: Reading, runs: Offsets) -> list[Found]:
        best: dict[tuple[int, int], Found] = {}
        for segment, chains in reading.chained:
            for chain in chains:
                copy = reading.near(segment, chain)
                source = segment.document(chain.document) if copy else None
                if copy is None or source is None or not self.counts(source):
                    continue
                if self._all_exact(reading, runs, chain, copy):
                    continue
                start = int(reading.tokens.starts[copy.first])
                end = int(reading.tokens.ends[copy.last - 1])
                score, tokens = round(copy.score, 4), copy.last - copy.first
                found = Found(start, end, source, exact=False, score=score, tokens=tokens)
                if (start, end) not in best or best[start, end].score < score:
                    best[start, end] = found
        return list(best.values())

    def _all_exact(self, reading: Reading, runs: Offsets, chain: Chain, copy: Copy) -> bool:
        """Say whether all tokens of a near copy are in runs, as far as its chain may reach."""
        bound = reading.tokens.starts[chain.back] + LONGEST
        inside = runs[(runs > copy.first - self.run) & (runs < copy.last)]
        inside = inside[reading.closes[inside + self.run - 1] <= bound]
        covered = {at for first in inside.tolist() for at in range(first, first + self.run)}
        return covered.issuperset(range(copy.first, copy.last))
