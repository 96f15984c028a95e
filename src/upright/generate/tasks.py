"""What the scheduler is asked to do: write an answer, score a text, look at the next token."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from upright.generate.decode import Decoder, Vocabulary, next_token, printable
from upright.generate.sampler import Logits, log_softmax
from upright.generate.types import EngineError, NextToken, Piece, Sampling, TokenLogprob

Sink = Callable[[Piece | EngineError], None]


class _Sequence:
    """What all tasks share."""

    every = False
    solitary = False

    def __init__(self, tokens: Sequence[int], fail: Callable[[EngineError], None]) -> None:
        self.tokens = tokens
        self.cancelled = False
        self.fail = fail


class WriteTask(_Sequence):
    """Writes one answer and hands out its pieces.

    Args:
        tokens: the prompt.
        decoder: draws the tokens.
        sink: takes pieces, or the error that ends them; called in the scheduler's thread.
        solitary: see `Task`.
    """

    def __init__(
        self, tokens: Sequence[int], decoder: Decoder, sink: Sink, *, solitary: bool
    ) -> None:
        super().__init__(tokens, sink)
        self.solitary = solitary
        self._decoder = decoder
        self._sink = sink

    def advance(self, logits: Logits) -> int | None:
        """Draw a token and hand out what it settles."""
        token, piece = self._decoder.step(logits)
        self._sink(piece)
        return token


class LookTask(_Sequence):
    """Describes the distribution after a prompt."""

    def __init__(
        self,
        tokens: Sequence[int],
        sampling: Sampling,
        vocabulary: Vocabulary,
        limit: int,
        done: Callable[[NextToken | EngineError], None],
    ) -> None:
        super().__init__(tokens, done)
        self._sampling = sampling
        self._vocabulary = vocabulary
        self._limit = limit
        self._done = done

    def advance(self, logits: Logits) -> int | None:
        """Describe the distribution; nothing follows."""
        self._done(next_token(logits, self._sampling, self._vocabulary, self._limit))
        return None


class ReadTask(_Sequence):
    """Hands out the logits before each token of a text.

    Args:
        tokens: what stands before the text, and the text.
        first: the place of the first token whose logits are wanted; at least 1.
        visit: takes the place of a token and the logits before it.
        done: called with None at the end, or with the error.
    """

    every = True

    def __init__(
        self,
        tokens: Sequence[int],
        first: int,
        visit: Callable[[int, Logits], None],
        done: Callable[[EngineError | None], None],
    ) -> None:
        super().__init__(tokens, done)
        self._first = first
        self._visit = visit
        self._done = done
        self._at = 0

    def advance(self, logits: Logits) -> int | None:
        """Take the logits after the next token, which are those before the one that follows."""
        self._at += 1
        if self._at == len(self.tokens):
            self._done(None)
        elif self._at >= self._first:
            self._visit(self._at, logits)
        return None


class ScoreTask(_Sequence):
    """Gives each token of a text, after the first, its log-probability."""

    every = True

    def __init__(
        self,
        tokens: Sequence[int],
        vocabulary: Vocabulary,
        done: Callable[[list[TokenLogprob] | EngineError], None],
    ) -> None:
        super().__init__(tokens, done)
        self._vocabulary = vocabulary
        self._done = done
        self._scores: list[TokenLogprob] = []

    def advance(self, logits: Logits) -> int | None:
        """Score the token that follows; the logits after the last one are not needed."""
        at = len(self._scores) + 1
        if at < len(self.tokens):
            token = self.tokens[at]
            text = printable(self._vocabulary.piece(token))
            self._scores.append(TokenLogprob(text, float(log_softmax(logits)[token])))
        else:
            self._done(self._scores)
        return None
