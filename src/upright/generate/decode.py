"""One answer in the making: logits in, the next token and the text it settles out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from upright.generate.draws import Draws
from upright.generate.masking import TokenMask
from upright.generate.sampler import Floats, Logits, distribution, entropy, leading, log_softmax
from upright.generate.text import TextStream
from upright.generate.types import Candidate, NextToken, Piece, Sampling, TokenLogprob
from upright.watermark import Mark

if TYPE_CHECKING:
    from upright.generate.balance import Balancer
    from upright.match.index import Follower


class Vocabulary(Protocol):
    """What token ids mean."""

    def piece(self, token: int) -> bytes:
        """Return the bytes a token stands for; they need not be whole characters."""
        ...

    def ends(self, token: int) -> bool:
        """Whether a token ends the answer."""
        ...


@dataclass(frozen=True, slots=True)
class _Drawn:
    token: int
    end: int  # the count of characters at which its text is complete
    logprob: TokenLogprob | None


class Decoder:
    """Draws the tokens of one answer.

    Args:
        sampling: how tokens are drawn; see `Draws`.
        vocabulary: of the model.
        choice: which of the job's answers.
        logprobs: how many alternatives to report for each token; None reports none.
        room: most tokens that still fit into the engine's memory.
        mark: how the answer is marked.
        follower: knows which words must not follow each other; None where all may.
        balancer: balances pronouns; None leaves them as they are.

    Raises:
        EngineError: `bad_request` for a mark where every token is certain.
    """

    def __init__(
        self,
        sampling: Sampling,
        vocabulary: Vocabulary,
        *,
        choice: int = 0,
        logprobs: int | None = None,
        room: int | None = None,
        mark: Mark | None = None,
        follower: Follower | None = None,
        balancer: Balancer | None = None,
    ) -> None:
        mask = None if follower is None else TokenMask(follower, vocabulary)
        self._draws = Draws(sampling, choice=choice, mark=mark, mask=mask, balancer=balancer)
        self._vocabulary = vocabulary
        self._choice = choice
        self._logprobs = logprobs
        self._limit = sampling.max_tokens if room is None else min(sampling.max_tokens, room)
        self._text = TextStream(sampling.stop)
        self._waiting: deque[_Drawn] = deque()
        self._count = 0

    def step(self, logits: Logits) -> tuple[int | None, Piece]:
        """Draw one token.

        Args:
            logits: shape (vocabulary,); not kept.

        Returns:
            The token to compute next, or None when the answer is finished; and what the
            draw adds to the answer, which may be nothing yet.
        """
        token = self._draws.draw(logits)
        if self._vocabulary.ends(token):
            return None, self._piece(self._text.finish(), "stop")
        self._draws.take(token)
        self._count += 1
        raw = self._vocabulary.piece(token)
        out = self._text.feed(raw)
        self._waiting.append(_Drawn(token, self._text.settled, self._logprob(logits, token, raw)))
        if self._text.stopped:
            return None, self._piece(out, "stop")
        if self._count >= self._limit:
            out += self._text.finish()
            return None, self._piece(out, "stop" if self._text.stopped else "length")
        return token, self._piece(out, None)

    def _piece(self, text: str, finish: str | None) -> Piece:
        done = []
        while self._waiting and self._waiting[0].end <= self._text.released:
            done.append(self._waiting.popleft())
        return Piece(
            choice=self._choice,
            text=text,
            finish_reason=finish,
            tokens=tuple(item.token for item in done),
            logprobs=tuple(item.logprob for item in done if item.logprob is not None),
            completion_tokens=1,
        )

    def _logprob(self, logits: Logits, token: int, raw: bytes) -> TokenLogprob | None:
        if self._logprobs is None:
            return None
        logs = log_softmax(logits)
        top = tuple(
            (printable(self._vocabulary.piece(int(other))), float(logs[other]))
            for other in leading(logs, self._logprobs)
        )
        return TokenLogprob(printable(raw), float(logs[token]), top)


def printable(raw: bytes) -> str:
    """Return a token's text; bytes that are no whole character become U+FFFD."""
    return raw.decode("utf-8", "replace")


def next_token(logits: Logits, sampling: Sampling, vocabulary: Vocabulary, limit: int) -> NextToken:
    """Describe the distribution after a text: see `NextToken`."""
    chances = distribution(logits, sampling)
    whole: Floats = np.exp(log_softmax(logits))
    best = leading(chances.probabilities, limit)
    tokens = chances.tokens[best]
    return NextToken(
        candidates=tuple(
            Candidate(int(token), printable(vocabulary.piece(int(token))), float(probability))
            for token, probability in zip(tokens, chances.probabilities[best], strict=True)
        ),
        covered=float(whole[tokens].sum()),
        entropy=entropy(logits),
    )
