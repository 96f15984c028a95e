"""The next word as a use really draws it: its pronouns balanced, as they are while it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from upright.generate.balance import Balancer
from upright.generate.balance_reading import Reading
from upright.generate.balance_share import Balance
from upright.generate.decode import printable
from upright.generate.reading import EngineVocabulary
from upright.generate.sampler import (
    Distribution,
    Floats,
    Logits,
    Tokens,
    distribution,
    entropy,
    leading,
    log_softmax,
)
from upright.generate.types import Candidate, NextToken, ReadingEngine, Sampling


@dataclass(frozen=True, slots=True)
class NextDrawn:
    """The next-word distribution after a text, before and after a use has shaped it.

    Attributes:
        own: of the model: whole vocabulary, temperature 1. It holds the likeliest words, and
            those that are among the likeliest to be drawn.
        drawn: the probability of each word that may be drawn, by token id.
        moved: whether balancing changed anything: the text leaves a gender open.
    """

    own: NextToken
    drawn: Mapping[int, float]
    moved: bool


def follow(engine: ReadingEngine, text: str, balance: Balance) -> Balancer:
    """Return what balances the word after a text."""
    reading = Reading()
    reading.feed(text)
    return Balancer(balance, EngineVocabulary(engine), reading)


def expected(
    logits: Logits, sampling: Sampling, balancer: Balancer | None
) -> tuple[Distribution, bool]:
    """Return the distribution of the next word, and whether balancing changed it.

    Where greedy decoding tosses a coin, it is that over both sides of the coin.

    Args:
        logits: shape (vocabulary,), from the model; left unchanged.
        sampling: how tokens are drawn.
        balancer: has read what stands before; None balances nothing.
    """
    if balancer is None:
        return distribution(logits, sampling), False
    ways = balancer.ways(logits, sampling.temperature)
    moved = ways[0][1] is not logits
    found = [(share, distribution(scores, sampling)) for share, scores in ways]
    if len(found) == 1:
        return found[0][1], moved
    return _mixed(found, logits.size), moved


async def next_drawn(
    engine: ReadingEngine, text: str, sampling: Sampling, balance: Balance, *, limit: int = 50
) -> NextDrawn:
    """Return the distribution after a text, taken literally, as a use draws from it.

    Raises:
        EngineError: as the engine's `read`.
    """
    found: list[NextDrawn] = []
    balancer = follow(engine, text, balance)

    def visit(_: int, logits: Logits) -> None:
        chances, moved = expected(logits, sampling, balancer)
        drawn = dict(zip(chances.tokens.tolist(), chances.probabilities.tolist(), strict=True))
        own: Floats = np.exp(log_softmax(logits))
        likeliest = chances.tokens[leading(chances.probabilities, limit)]
        found.append(NextDrawn(_own(engine, logits, own, limit, likeliest), drawn, moved))

    before = [token.id for token in engine.tokens(text)]
    # The distribution before any token that might follow.
    await engine.read([0], visit, after=before)
    return found[0]


async def next_token(
    engine: ReadingEngine, text: str, sampling: Sampling, balance: Balance, *, limit: int = 50
) -> NextToken:
    """Return what may be drawn after a text, as `TokenEngine.next_token` does, but balanced.

    Raises:
        EngineError: as the engine's `read`.
    """
    found = await next_drawn(engine, text, sampling, balance, limit=limit)
    own = {one.token_id: one for one in found.own.candidates}
    tokens, chances = list(found.drawn), np.array(list(found.drawn.values()))
    first = [tokens[at] for at in leading(chances, limit)]
    return NextToken(
        candidates=tuple(replace(own[at], probability=found.drawn[at]) for at in first),
        covered=sum(own[at].probability for at in first),
        entropy=found.own.entropy,
    )


def _own(engine: ReadingEngine, logits: Logits, own: Floats, limit: int, more: Tokens) -> NextToken:
    first = leading(own, limit).tolist()
    ids = sorted({*first, *map(int, more)}, key=lambda token: (-own[token], token))
    return NextToken(
        candidates=tuple(
            Candidate(token, printable(engine.placed([token])[0].encode()), float(own[token]))
            for token in ids
        ),
        covered=float(own[ids].sum()),
        entropy=entropy(logits),
    )


def _mixed(found: Sequence[tuple[float, Distribution]], size: int) -> Distribution:
    """Return the mixture of some distributions over `size` tokens."""
    whole = np.zeros(size)
    for share, chances in found:
        whole[chances.tokens] += share * chances.probabilities
    tokens = np.flatnonzero(whole)
    kept = sum(share * chances.kept for share, chances in found)
    return Distribution(tokens, whole[tokens], kept=kept)
