"""From logits to a drawn token: pure functions on arrays.

The order is part of what a policy declares and never changes:

1. repetition penalty over the tokens already drawn,
2. temperature,
3. top-k, then top-p,
4. a draw by inverse cumulative distribution.

A mask on protected runs and the balance of groups act between 1 and 2, a watermark between
3 and 4. Nothing is cut before step 3: the whole vocabulary takes part.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.generate.types import Sampling

Floats = NDArray[np.float64]
Logits = NDArray[np.float32]
Tokens = NDArray[np.int64]

GREEDY = 1e-4
"""Up to this temperature the likeliest token is taken; below it single precision gives out."""

_SEED_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Distribution:
    """The distribution that is really sampled.

    Attributes:
        tokens: shape (n,), the ids of the tokens that can be drawn, rising.
        probabilities: shape (n,), their probabilities; they sum to 1.
        kept: the share of the mass before top-k and top-p that is left after them.
    """

    tokens: Tokens
    probabilities: Floats
    kept: float


def random_stream(seed: int, choice: int) -> np.random.Generator:
    """Return the random numbers of one answer: Philox keyed by the seed and the choice."""
    key = np.array([seed & _SEED_MASK, choice], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))


def distribution(logits: Logits, sampling: Sampling, drawn: Collection[int] = ()) -> Distribution:
    """Return the distribution over the next token.

    Args:
        logits: shape (vocabulary,), from the model; left unchanged.
        sampling: how tokens are drawn.
        drawn: ids of the tokens of this answer so far; the prompt is not penalised, since
            a grounded answer has to repeat its sources.
    """
    scores = penalise(logits, drawn, sampling.repetition_penalty)
    if sampling.temperature <= GREEDY:
        best = np.array([int(scores.argmax())], dtype=np.int64)
        return Distribution(best, np.ones(1), kept=softmax_share(scores, int(best[0])))
    return truncate(temper(scores, sampling.temperature), sampling.top_k, sampling.top_p)


def penalise(logits: Logits, drawn: Collection[int], penalty: float) -> Logits:
    """Lower the logits of drawn tokens: divided by `penalty` if positive, else multiplied.

    Source: Keskar et al. 2019, CTRL, section 4.1, in the sign-aware form in common use.
    """
    if penalty == 1.0 or not drawn:
        return logits
    at = np.fromiter(drawn, dtype=np.int64, count=len(drawn))
    scores = logits.copy()
    values = scores[at]
    scores[at] = np.where(values > 0, values / penalty, values * penalty)
    return scores


def temper(scores: Logits, temperature: float) -> Logits:
    """Return unnormalised weights exp((score - max) / temperature), the largest being 1."""
    weights: Logits = scores - scores.max()
    weights *= np.float32(1.0 / temperature)
    np.exp(weights, out=weights)
    return weights


def truncate(weights: Logits, top_k: int, top_p: float) -> Distribution:
    """Keep the `top_k` heaviest tokens (0: all), then the fewest whose mass reaches `top_p`.

    Among tokens of equal weight the lower ids are kept. Weights are single precision, which
    halves the time of a step; every sum is double.
    """
    tokens: Tokens | None = None
    kept, mass = weights, _mass(weights)
    whole = mass
    if 0 < top_k < weights.size:
        tokens = _heaviest(weights, top_k)
        kept = weights[tokens]
        mass = _mass(kept)
    if top_p < 1.0:
        at = _nucleus(kept, mass, top_p)
        tokens, kept = at if tokens is None else tokens[at], kept[at]
        mass = _mass(kept)
    if tokens is None:
        tokens = np.arange(weights.size)
    return Distribution(tokens, kept.astype(np.float64) / mass, kept=min(mass / whole, 1.0))


def draw(chances: Distribution, uniform: float) -> int:
    """Return the token whose interval on [0, 1) holds `uniform`, a number in [0, 1)."""
    edges = np.cumsum(chances.probabilities)
    at = int(np.searchsorted(edges, uniform * edges[-1], side="right"))
    return int(chances.tokens[min(at, chances.tokens.size - 1)])


def log_softmax(logits: Logits) -> Floats:
    """Return natural log-probabilities, shape (…, vocabulary), at temperature 1."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    total = np.exp(wide.astype(np.float32)).sum(axis=-1, keepdims=True, dtype=np.float64)
    logs: Floats = wide - np.log(total)
    return logs


def softmax_share(logits: Logits, token: int) -> float:
    """Return the probability of one token at temperature 1."""
    weights = temper(logits, 1.0)
    return float(weights[token]) / _mass(weights)


def entropy(logits: Logits) -> float:
    """Return the entropy of the model's whole distribution, in nats."""
    logs = log_softmax(logits)
    return float(-(np.exp(logs) * logs).sum())


def leading(values: Floats, count: int) -> Tokens:
    """Return the positions of the `count` largest values, largest first."""
    count = min(count, values.size)
    if count == 0:
        return np.empty(0, dtype=np.int64)
    at = np.argpartition(values, values.size - count)[values.size - count :]
    return at[np.lexsort((at, -values[at]))]


def _mass(weights: Logits) -> float:
    return float(weights.sum(dtype=np.float64))


def _heaviest(weights: Logits, count: int) -> Tokens:
    """Return the positions of exactly `count` weights, rising; among equals the first ones."""
    bar = np.partition(weights, weights.size - count)[weights.size - count]
    above = np.flatnonzero(weights > bar)
    level = np.flatnonzero(weights == bar)[: count - above.size]
    return np.sort(np.concatenate([above, level]))


def _nucleus(weights: Logits, mass: float, top_p: float) -> Tokens:
    """Return the positions of the fewest weights that reach a share of `mass`, rising.

    The vocabulary is never sorted. Tokens lighter than (1 - p) / n of the mass weigh less than
    1 - p together, so that the others reach p without them: only those are sorted.
    """
    bar = min((1.0 - top_p) * mass / weights.size, float(weights.max()))
    candidates = np.flatnonzero(weights >= bar)
    values = weights[candidates]
    sums = np.cumsum(np.sort(values)[::-1], dtype=np.float64)
    # The first prefix whose mass reaches the share, never more than there is.
    size = min(int(np.searchsorted(sums, top_p * mass)) + 1, candidates.size)
    return candidates[_heaviest(values, size)]
