"""Copies in a text that may still be growing: what is found, and up to where it is final.

A finding is never longer than `LONGEST` characters, and never depends on text further on than
that; longer copies are found in pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from upright.match.index.near import LONGEST, may_grow, reach_back
from upright.match.index.reading import TRAILING, Reading
from upright.match.index.tokens import GRAM
from upright.match.index.works import Document

REACH = LONGEST + TRAILING + 1
"""Characters from the start of a finding that can matter to it."""

Counts = Callable[[Document], bool]


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
        exact = [self._found(reading, one) for one in self._stretches(reading)]
        found = exact + (self._near(reading, exact) if self.near else [])
        return sorted(found, key=lambda one: (one.start, one.end, one.source.id))

    def settled(self, reading: Reading) -> int:
        """Return a position up to which all copies are final, whatever follows the text."""
        starts = reading.tokens.starts
        whole = reading.complete == len(starts)
        edge = len(reading.text) if whole else int(reading.closes[-1])
        held = starts[max(0, reading.complete - self.run + 1) :].tolist()
        held += [
            int(starts[one.first])
            for one in self._stretches(reading)
            if one.last + 1 + self.run > reading.complete
        ]
        grams = max(0, reading.complete - GRAM + 1)
        for _, chains in reading.chained if self.near else ():
            held += [int(starts[reach_back(one)]) for one in chains if may_grow(one, grams)]
        # What began further back than that is as long as it can be.
        return min((at for at in held if edge - at <= LONGEST), default=len(reading.text))

    def _stretches(self, reading: Reading) -> list[_Stretch]:
        """Return the runs that follow each other, joined as far as they may be."""
        rows = self._runs(reading)
        found: list[_Stretch] = []
        starts, closes = reading.tokens.starts, reading.closes
        for at in sorted(rows):
            end = closes[at + self.run - 1]
            if end - starts[at] > LONGEST:
                continue
            if found and at == found[-1].last + 1 and end - starts[found[-1].first] <= LONGEST:
                found[-1].last = at
            else:
                found.append(_Stretch(at, at, Counter()))
            found[-1].sources.update(rows[at])
        return found

    def _runs(self, reading: Reading) -> dict[int, set[tuple[int, int]]]:
        """Return for the first token of each run the works that it stands in."""
        rows: dict[int, set[tuple[int, int]]] = {}
        for number, (segment, pieces) in enumerate(reading.pieces(self.run)):
            known = set(pieces.documents.tolist())
            counting = {one for one in known if self.counts(segment.document(one))}
            pairs = zip(pieces.at.tolist(), pieces.documents.tolist(), strict=True)
            for at, document in pairs:
                if document in counting:
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

    def _near(self, reading: Reading, exact: list[Found]) -> list[Found]:
        best: dict[tuple[int, int], Found] = {}
        for segment, chains in reading.chained:
            for chain in chains:
                copy = reading.near(segment, chain)
                source = segment.document(chain.document) if copy else None
                if copy is None or source is None or not self.counts(source):
                    continue
                start = int(reading.tokens.starts[copy.first])
                end = int(reading.tokens.ends[copy.last - 1])
                if any(one.start <= start and end <= one.end for one in exact):
                    continue
                score, tokens = round(copy.score, 4), copy.last - copy.first
                found = Found(start, end, source, exact=False, score=score, tokens=tokens)
                if (start, end) not in best or best[start, end].score < score:
                    best[start, end] = found
        return list(best.values())
