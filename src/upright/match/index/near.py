"""Near copies: seeds that follow each other in a text as they do in a work.

Seeds of one work are chained from left to right while the next one stands at most `GAP` tokens
further on, and about as far on in the work. Beside its outer seeds a chain is followed across small
edits. It counts as a near copy if enough of the tokens between its ends are the work's. Where a
chain begins and whether a seed belongs to it depends on the text up to the seed alone, so that what
is found in a text which is still growing stays found.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from upright.match.index.seeds import Seeds
from upright.match.index.segment import Segment
from upright.match.index.tokens import GRAMS, Offsets, Values

GAP = 24
"""Tokens from one seed's beginning to the next at most."""
LONGEST = 4096
"""Characters of a finding at most; a longer copy is found in several pieces."""
GRAM = GRAMS["text"]
_BAND = 6
_COMMON = 32
"""A gram that stands in more places says nothing of a near copy."""
_CHAINS = 8
_EDGE = 20
"""Tokens that a near copy can have beside its outer seeds; at most `GAP`: so far a chain waits."""
_AGAIN = 3
_EDITS = ((1, 1), (0, 1), (1, 0), (2, 2), (1, 2), (2, 1))
"""Tokens of text and work that an edit can take: another word, one left out, one more, or two."""
_LEAST_TOKENS = 16
_LEAST_SHARE = 0.6


@dataclass(slots=True)
class Chain:
    """Seeds of one work in a row.

    Attributes:
        document: the work.
        back: the first token that their stretch can have.
        at: where each begins in the text.
        positions: where each begins in the segment.
    """

    document: int
    back: int
    at: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Copy:
    """A stretch of a text that is, or nearly is, a stretch of a work.

    Attributes:
        document: the work.
        first: the stretch's first token in the text.
        last: one past its last.
        position: its first token in the segment.
        end: one past its last there.
        matched: tokens that both have.
    """

    document: int
    first: int
    last: int
    position: int
    end: int
    matched: int

    @property
    def score(self) -> float:
        """The share of the longer stretch that both have."""
        return self.matched / max(self.last - self.first, self.end - self.position)

    @property
    def counts(self) -> bool:
        """Whether it is enough to be called a near copy."""
        return self.matched >= _LEAST_TOKENS and self.score >= _LEAST_SHARE


def telling(counts: Offsets, seeds: Seeds) -> Seeds:
    """Return the seeds whose gram stands in few places.

    Args:
        counts: for each gram of the text, in how many places of the index it stands.
        seeds: of one segment.
    """
    return seeds.of(np.flatnonzero(counts[seeds.at] <= _COMMON))


def chains(seeds: Seeds, starts: Offsets, closes: Offsets) -> list[Chain]:
    """Return the chains of a text in one segment, those with a single seed too.

    Args:
        seeds: of the text in the segment.
        starts: where the text's tokens begin, in characters.
        closes: where they have ended for good.
    """
    found: list[Chain] = []
    open_: dict[int, list[Chain]] = defaultdict(list)
    rows = zip(seeds.at.tolist(), seeds.positions.tolist(), seeds.documents.tolist(), strict=True)
    for at, position, document in rows:
        running = open_[document]
        chain = _fitting(running, at, position)
        if chain is not None and closes[at + GRAM - 1] - starts[chain.back] > LONGEST:
            running.remove(chain)
            chain = None
        if chain is None:
            near = np.searchsorted(starts, closes[at + GRAM - 1] - LONGEST // 2)
            chain = Chain(document, max(0, at - _EDGE, min(at, int(near))))
            running.append(chain)
            del running[:-_CHAINS]
            found.append(chain)
        chain.at.append(at)
        chain.positions.append(position)
    return found


def near_of(segment: Segment, forms: Values, chain: Chain, last: int) -> Copy | None:
    """Return the stretch that a chain covers, or None where that is no near copy.

    Args:
        segment: where the chain stands.
        forms: the text's tokens in normal form.
        chain: the chain.
        last: one past the last token of the text that the stretch may have.
    """
    low, high = (int(at) for at in segment.bounds[chain.document : chain.document + 2])
    first, position = chain.at[0], chain.positions[0]
    stop, end = chain.at[-1] + GRAM, chain.positions[-1] + GRAM
    if stop > last:
        return None
    same = _matched(
        forms[first:stop],
        segment.forms_at(np.arange(position, end)),
        [at - first for at in chain.at],
        [at - position for at in chain.positions],
    )
    left = _outward(
        forms[chain.back : first][::-1],
        segment.forms_at(np.arange(position - 1, max(low, position - _EDGE) - 1, -1)),
    )
    right = _outward(
        forms[stop : min(stop + _EDGE, last)],
        segment.forms_at(np.arange(end, min(end + _EDGE, high))),
    )
    copy = Copy(
        document=chain.document,
        first=first - left.text,
        last=stop + right.text,
        position=position - left.work,
        end=end + right.work,
        matched=int(same.sum()) + left.matched + right.matched,
    )
    return copy if copy.counts else None


@dataclass(frozen=True, slots=True)
class _Side:
    """How far a near copy goes on beside its outer seed."""

    text: int = 0
    work: int = 0
    matched: int = 0


def _outward(text: Values, work: Values) -> _Side:
    """Follow a text and a work from a seed outwards, across small edits.

    An edit is crossed if `_AGAIN` tokens behind it are the same again.
    """
    one, other = text.tolist(), work.tolist()
    at = there = matched = 0
    while True:
        length = _alike(one, other, at, there)
        at, there, matched = at + length, there + length, matched + length
        for more, further in _EDITS:
            if _alike(one, other, at + more, there + further) >= _AGAIN:
                at, there = at + more, there + further
                break
        else:
            return _Side(at, there, matched)


def _alike(one: list[int], other: list[int], at: int, there: int) -> int:
    """Return how many tokens are the same from two places on."""
    pairs = zip(one[at:], other[there:], strict=False)
    return next(
        (n for n, (a, b) in enumerate(pairs) if a != b),
        max(0, min(len(one) - at, len(other) - there)),
    )


def _matched(text: Values, work: Values, at: list[int], places: list[int]) -> NDArray[np.bool_]:
    """Say of each token of a stretch whether it stands in the work at its place."""
    same = np.zeros(len(text), np.bool_)
    edges = zip([-GRAM, *at], [-GRAM, *places], [*at, len(text)], [*places, len(work)], strict=True)
    for before, before_there, after, after_there in edges:
        one = text[max(before + GRAM, 0) : max(after, 0)]
        other = work[max(before_there + GRAM, 0) : max(after_there, 0)]
        both = min(len(one), len(other))
        if both and len(one) == len(other):
            same[max(before + GRAM, 0) : after] = one == other
        elif both:
            ahead = _leading(one[:both] == other[:both])
            behind = _leading(one[::-1][: both - ahead] == other[::-1][: both - ahead])
            same[before + GRAM : before + GRAM + ahead] = True
            same[after - behind : after] = True
    for start in at:
        same[start : start + GRAM] = True
    return same


def _leading(flags: NDArray[np.bool_]) -> int:
    """Return how many flags are set before the first that is not."""
    return len(flags) if flags.all() else int(flags.argmin())


def may_grow(chain: Chain, grams: int) -> bool:
    """Say whether a gram behind the first `grams` of a text can still belong to a chain."""
    return grams - chain.at[-1] <= GAP


def _fitting(running: list[Chain], at: int, position: int) -> Chain | None:
    """Return the chain that a seed belongs to: the one that it shifts least."""
    best, least = None, _BAND + 1
    for chain in running:
        ahead, further = at - chain.at[-1], position - chain.positions[-1]
        drift = abs(further - ahead)
        if 0 < ahead <= GAP and further > 0 and drift < least:
            best, least = chain, drift
    return best
