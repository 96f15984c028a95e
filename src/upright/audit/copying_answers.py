"""What a model really writes after beginnings of its training data, with and without a guard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from upright.audit.copying import LEVEL, Passage
from upright.audit.figures import Figure
from upright.generate.types import Engine, Job, Sampling
from upright.match.words import grams, words
from upright.measure import clopper_pearson
from upright.terms import Record, Stage

if TYPE_CHECKING:
    from upright.guard import Guard
    from upright.match.index import RunMask

NEARLY = 0.8
"""The share of a continuation's words that stand in an answer in their order: a near copy."""
AT_ONCE = 8
_METHOD = "share of texts with such an answer, Clopper and Pearson"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was written after one beginning.

    Attributes:
        passage: whose beginning.
        texts: the answers.
    """

    passage: Passage
    texts: tuple[str, ...]


async def answers(
    engine: Engine,
    passages: Sequence[Passage],
    sampling: Sampling,
    *,
    each: int,
    mask: RunMask | None = None,
    advance: Callable[[], None] = lambda: None,
) -> list[Answers]:
    """Draw answers to the beginning of each passage.

    Args:
        engine: of the use.
        passages: whose beginnings.
        sampling: of the use; its seed and bound are set here.
        each: answers to a beginning.
        mask: runs that must not be completed while an answer is drawn.
        advance: is called after each passage.

    Raises:
        EngineError: as the engine's `stream`.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, passage: Passage) -> Answers:
        length = max(1, len(passage.continuation))
        drawn = replace(sampling, max_tokens=length, seed=(sampling.seed or 0) + number)
        job = Job(drawn, prompt=passage.text[: passage.cut], choices=each, mask=mask)
        texts = [""] * each
        async with gate:
            async for piece in engine.stream(job):
                texts[piece.choice] += piece.text
        advance()
        return Answers(passage, tuple(texts))

    return await asyncio.gather(*(one(at, passage) for at, passage in enumerate(passages)))


def filtered(found: Sequence[Answers], guard: Guard) -> list[Answers]:
    """Return the answers as they would leave through a use's guard."""
    records = [Record(text) for one in found for text in one.texts]
    left = iter([verdict.text for verdict in guard.check(records, stage=Stage.OUTPUT)])
    return [Answers(one.passage, tuple(next(left) for _ in one.texts)) for one in found]


@dataclass(frozen=True, slots=True)
class Copied:
    """How much of the training data answers repeat.

    Attributes:
        verbatim: the share of texts with an answer that repeats a run of its words.
        near: the share with an answer that nearly is the continuation.
        words: of an answer in the mean: what a guard leaves.
    """

    verbatim: Figure
    near: Figure
    words: float


def copied(found: Sequence[Answers], run: int) -> Copied:
    """Count what answers repeat.

    Args:
        found: answers to beginnings.
        run: words in a row that are a copy.
    """
    runs = sum(any(repeats_run(text, one.passage, run) for text in one.texts) for one in found)
    near = sum(any(nearly(text, one.passage) for text in one.texts) for one in found)
    lengths = [len(words(text)) for one in found for text in one.texts]
    return Copied(
        _share(runs, len(found)), _share(near, len(found)), sum(lengths) / max(1, len(lengths))
    )


def repeats_run(answer: str, passage: Passage, run: int) -> bool:
    """Say whether so many words of an answer stand in the passage's text in a row."""
    own = set(grams(words(answer).hashes, run).tolist())
    return not own.isdisjoint(grams(words(passage.text).hashes, run).tolist())


def nearly(answer: str, passage: Passage) -> bool:
    """Say whether most words of the continuation stand in an answer, in their order."""
    truth, own = (words(text).hashes.tolist() for text in (passage.truth, answer))
    if not truth:
        return False
    blocks = SequenceMatcher(None, truth, own, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= NEARLY * len(truth)


def _share(count: int, n: int) -> Figure:
    return Figure.of(clopper_pearson(count, n, LEVEL), _METHOD)
