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
        tokens: shape (n,), the token ids that can be drawn.
        probabilities: shape (n,), their probabilities; they sum to 1. Where top-k or top-p
            cut, the most probable stands first; otherwise token ids rise.
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


def temper(scores: Logits, temperature: float) -> Floats:
    """Return unnormalised weights exp((score - max) / temperature), the largest being 1."""
    # exp runs in single precision (half the time); sums and shares are double.
    scaled: Logits = (scores - scores.max()) / np.float32(temperature)
    return np.exp(scaled).astype(np.float64)


def truncate(weights: Floats, top_k: int, top_p: float) -> Distribution:
    """Keep the `top_k` heaviest tokens (0: all), then the fewest whose mass reaches `top_p`.

    Tokens of equal weight are taken in the order of their ids.
    """
    whole = float(weights.sum())
    if not 0 < top_k < weights.size and top_p >= 1.0:
        return Distribution(np.arange(weights.size), weights / whole, kept=1.0)
    tokens = _heaviest(weights, top_k) if 0 < top_k < weights.size else _nucleus(weights, top_p)
    ordered = tokens[np.argsort(-weights[tokens], kind="stable")]
    mass = np.cumsum(weights[ordered])
    if top_p < 1.0:
        base = float(mass[-1]) if 0 < top_k < weights.size else whole
        # The first prefix whose mass reaches the share, never empty, never more than there is.
        size = min(int(np.searchsorted(mass, top_p * base)) + 1, ordered.size)
        ordered, mass = ordered[:size], mass[:size]
    return Distribution(ordered, weights[ordered] / mass[-1], kept=float(mass[-1]) / whole)


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
    return float(weights[token] / weights.sum())


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


def _heaviest(weights: Floats, count: int) -> Tokens:
    """Return exactly `count` tokens, ids rising; among equals the lower ids."""
    bar = np.partition(weights, weights.size - count)[weights.size - count]
    above = np.flatnonzero(weights > bar)
    level = np.flatnonzero(weights == bar)[: count - above.size]
    return np.sort(np.concatenate([above, level]))


def _nucleus(weights: Floats, top_p: float) -> Tokens:
    """Return a superset of the nucleus, ids rising, without sorting the vocabulary.

    Tokens lighter than (1 - p) / V of the whole weigh less than 1 - p together, so that those
    left always reach p; a lighter token can be in no smallest set.
    """
    bar = (1.0 - top_p) * float(weights.sum()) / weights.size
    return np.flatnonzero(weights >= min(bar, float(weights.max())))
