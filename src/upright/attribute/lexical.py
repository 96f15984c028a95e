"""Documents by the rare words they share with an answer, and near copies among them.

The score is BM25 (Robertson and Zaragoza, 2009) over three-word sequences: those that the index
keeps of both texts. What many documents share says little and weighs little.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.attribute.tier import Credit, NearCopy
from upright.match.passages import Trace
from upright.match.passages.anchors import GRAM
from upright.match.passages.shard import Shard
from upright.match.passages.tokens import Numbers

Weights = NDArray[np.float64]

_K1, _B = 1.2, 0.75
_FREQUENT = 1_000
"""What stands more often in one shard says nothing about one document."""
_STEP_WORDS = 40
"""Between two shared places of one near copy."""
_DRIFT = 16
"""Words that may be put in or left out between them."""
_LEAST_WORDS = 20
_LEAST_SHARE = 0.3
_LEAST_PLACES = 4


@dataclass(frozen=True, slots=True)
class _Terms:
    """Of one shard, which document has which place of the text, and how often; shape (n,)."""

    document: Numbers
    anchor: Numbers
    times: Numbers


class Lexical:
    """The tier of shared rare words."""

    def credits(self, trace: Trace, most: int) -> list[Credit]:
        """Return the documents that share most and rarest words with the answer."""
        terms = [_terms(trace, number) for number in range(len(trace.shards))]
        documents = sum(len(shard.table) for shard in trace.shards)
        in_documents = np.zeros(len(trace.anchors), np.int64)
        for one in terms:
            in_documents += np.bincount(one.anchor, minlength=len(trace.anchors))
        weights: Weights = np.log1p((documents - in_documents + 0.5) / (in_documents + 0.5))
        mean = trace.total / max(1, documents)
        scored = (
            (-score, number, document)
            for number, (shard, one) in enumerate(zip(trace.shards, terms, strict=True))
            for document, score in _scores(shard, one, weights, mean)
        )
        best = heapq.nsmallest(most, scored)
        return [_credit(trace, number, document, -score) for score, number, document in best]


def _terms(trace: Trace, number: int) -> _Terms:
    shared, size = trace.shared[number], max(1, len(trace.anchors))
    often = np.bincount(shared.anchor, minlength=size) > _FREQUENT
    said = ~often[shared.anchor]
    keys, times = np.unique(shared.document[said] * size + shared.anchor[said], return_counts=True)
    return _Terms(keys // size, keys % size, times)


def _scores(shard: Shard, terms: _Terms, weights: Weights, mean: float) -> list[tuple[int, float]]:
    """Return the BM25 score of each document that shares something."""
    if not len(terms.document):
        return []
    lengths: Weights = np.diff(shard.starts).astype(np.float64) - 1
    norm: Weights = _K1 * (1 - _B + (_B / mean) * lengths[terms.document])
    parts = weights[terms.anchor] * terms.times * (_K1 + 1) / (terms.times + norm)
    sums = np.bincount(terms.document, parts)
    documents = np.unique(terms.document)
    return list(zip(documents.tolist(), sums[documents].tolist(), strict=True))


def _credit(trace: Trace, number: int, document: int, score: float) -> Credit:
    row = trace.shards[number].table[document]
    near = _near_copy(trace, number, document)
    return Credit(row.id, row.owner, row.licence, score, near)


def _near_copy(trace: Trace, number: int, document: int) -> NearCopy | None:
    """Return the longest passage of a document that is the text's but for some words."""
    shared, match = trace.shared[number], trace.matches[number]
    here = shared.document == document
    pairs = sorted(
        zip(trace.anchors[shared.anchor[here]].tolist(), shared.place[here].tolist(), strict=True)
    )
    chain = max(_chains(pairs), key=lambda chain: chain[-1][0] - chain[0][0], default=[])
    if len(chain) < _LEAST_PLACES:
        return None
    (start, place), (last, last_place) = chain[0], chain[-1]
    end = last + GRAM
    looked_up = np.count_nonzero((trace.anchors >= start) & (trace.anchors <= last))
    share = len({at for at, _ in chain}) / looked_up
    exact = match.document == document
    whole = np.any(exact & (match.start <= start) & (match.end >= end))
    if whole or end - start < _LEAST_WORDS or share < _LEAST_SHARE:
        return None
    shard = trace.shards[number]
    place_words = np.array([last_place + GRAM - place])
    [from_], [to] = shard.characters(np.array([place]), place_words)
    return NearCopy(
        start=int(trace.words.starts[start]),
        end=int(trace.words.ends[end - 1]),
        document_start=int(from_),
        document_end=int(to),
        share=share,
    )


def _chains(pairs: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Return runs of shared places that go on at about the same distance in both texts."""
    chains: list[list[tuple[int, int]]] = []
    for pair in pairs:
        fitting = [chain for chain in chains if _goes_on(chain[-1], pair)]
        if fitting:
            max(fitting, key=len).append(pair)
        else:
            chains.append([pair])
    return chains


def _goes_on(before: tuple[int, int], after: tuple[int, int]) -> bool:
    step, step_there = after[0] - before[0], after[1] - before[1]
    return 0 < step <= _STEP_WORDS and step_there > 0 and abs(step - step_there) <= _DRIFT
