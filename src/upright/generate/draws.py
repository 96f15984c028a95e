"""The draws of one answer: its random numbers, its mark, and what it has said so far."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from upright.generate.masking import TokenMask
from upright.generate.sampler import (
    GREEDY,
    Distribution,
    Logits,
    distribution,
    draw,
    penalise,
    random_stream,
)
from upright.generate.types import EngineError, Sampling
from upright.watermark import SUBKEYS, Mark, Marker

if TYPE_CHECKING:
    from upright.generate.balance import Balancer

_CERTAIN = Distribution(np.zeros(1, dtype=np.int64), np.ones(1), kept=1.0)


class Draws:
    """Draws one token after the other.

    Args:
        sampling: how tokens are drawn; without a seed a fresh one is taken from the system.
        choice: which of the job's answers; each has random numbers of its own.
        mark: how the answer is marked. Its sub-key comes from the answer's own random numbers,
            so that a seed repeats a marked text too.
        mask: names the tokens that must not be drawn; None where all may be.
        balancer: balances pronouns; None leaves them as they are.

    Raises:
        EngineError: `bad_request` for a mark where every token is certain.
    """

    def __init__(
        self,
        sampling: Sampling,
        *,
        choice: int = 0,
        mark: Mark | None = None,
        mask: TokenMask | None = None,
        balancer: Balancer | None = None,
    ) -> None:
        seed = secrets.randbits(64) if sampling.seed is None else sampling.seed
        self._sampling = sampling
        self._random = random_stream(seed, choice)
        self._marker = None if mark is None else self._marked(mark)
        self._mask = mask
        self._balancer = balancer
        self._drawn: list[int] = []
        self._seen: set[int] = set()

    def draw(self, logits: Logits) -> int:
        """Draw the next token; it is part of the answer only once `take` is told.

        Args:
            logits: shape (vocabulary,); not kept.
        """
        return self._next(self._chances(logits))

    def take(self, token: int) -> None:
        """Let the answer go on with a token."""
        self._seen.add(token)
        self._drawn.append(token)
        if self._mask is not None:
            self._mask.take(token)
        if self._balancer is not None:
            self._balancer.take(token)

    def repeat(self, tokens: Sequence[int]) -> None:
        """Take an answer so far as if its tokens had been drawn here, one after the other."""
        for token in tokens:
            self._next(_CERTAIN)  # uses up what the token's own draw used up
            self.take(token)

    def _chances(self, logits: Logits) -> Distribution:
        """Return the distribution without tokens that must not be drawn.

        Only tokens that could be drawn are asked about; taking some out lets others in.
        """
        penalised = penalise(logits, self._seen, self._sampling.repetition_penalty)
        chances = self._balanced(penalised)
        if self._mask is None:
            return chances
        scores = penalised
        while True:
            banned = self._mask.banned(chances.tokens, logits.size)
            banned = banned[np.isfinite(scores[banned])]
            if not banned.size:
                return _possible(chances) if scores is not penalised else chances
            scores = scores.copy() if scores is penalised else scores
            scores[banned] = -np.inf
            chances = self._balanced(scores)

    def _balanced(self, scores: Logits) -> Distribution:
        """Return what is drawn from, given the scores after penalty and mask."""
        if self._balancer is not None:
            scores = self._balancer.shift(scores, self._sampling.temperature)
        return distribution(scores, self._sampling)

    def _next(self, chances: Distribution) -> int:
        uniform = float(self._random.random())
        if self._marker is not None:
            place = self._marker.draw(chances.tokens, chances.probabilities, self._drawn, uniform)
            if place is not None:
                return int(chances.tokens[place])
        return draw(chances, uniform)

    def _marked(self, mark: Mark) -> Marker:
        if self._sampling.temperature <= GREEDY or self._sampling.top_k == 1:
            raise EngineError(
                "greedy decoding leaves no choice in which a watermark could be put",
                kind="bad_request",
                mend='ask for a temperature above 0, or set watermark.scheme = "none"',
            )
        return Marker(mark, int(self._random.integers(SUBKEYS)))


def _possible(chances: Distribution) -> Distribution:
    """Return a distribution without tokens of probability 0."""
    kept = chances.probabilities > 0
    return Distribution(chances.tokens[kept], chances.probabilities[kept], chances.kept)
