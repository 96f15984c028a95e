"""A model of letters whose chances are known: each token is a character."""

from __future__ import annotations

import numpy as np

from upright.generate import Piece
from upright.generate.types import Token

LETTERS = "abcdefghijklmnopqrstuvwxyz .é"


class LetterEngine:
    """Continues the texts that it knows, and draws any letter elsewhere.

    Args:
        known: what it learnt by heart.
        sure: the chance of the next letter of a known text.
    """

    name = "letters"
    digest = None

    def __init__(self, known, sure):
        self.known, self.sure = known, sure
        self.asked = []

    def tokens(self, text):
        return [Token(LETTERS.index(sign), at, at + 1) for at, sign in enumerate(text)]

    def placed(self, tokens):
        text = "".join(LETTERS[token] for token in tokens)
        return text, self.tokens(text)

    async def read(self, tokens, visit, *, after=()):
        whole = self.placed([*after, *tokens])[0]
        for at in range(len(tokens)):
            visit(at, self._logits(whole[: len(after) + at]))

    async def stream(self, job):
        self.asked.append(job)
        end = len(job.prompt) + job.sampling.max_tokens
        for choice in range(job.choices):
            text = self.known[len(job.prompt) : end] if job.mask is None else "other words"
            yield Piece(choice=choice, text=text)

    async def next_token(self, prompt, sampling, *, limit=50):
        raise NotImplementedError

    async def score(self, text):
        raise NotImplementedError

    async def aclose(self):
        self.closed = True

    def _logits(self, before):
        chances = np.full(len(LETTERS), 1 / len(LETTERS))
        if self.known.startswith(before) and len(before) < len(self.known):
            chances[:] = (1 - self.sure) / (len(LETTERS) - 1)
            chances[LETTERS.index(self.known[len(before)])] = self.sure
        return np.log(chances).astype(np.float32)
