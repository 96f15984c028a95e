"""A model of pronouns whose chances are known: it believes in the shares of professions."""

from __future__ import annotations

import re

import numpy as np

from upright.generate import Piece
from upright.generate.balance import balancer
from upright.generate.balance_words import professions
from upright.generate.types import Token

WORDS = [" she", " he", " they", " She", " He", " They", " her", " him", " his"]
PIECES = [*WORDS, *(chr(code) for code in range(32, 127)), "\n"]
AT = {text: token for token, text in enumerate(PIECES)}
_PIECE = re.compile(rf"(?:{'|'.join(WORDS)})\b|.|\n")
_JOBS = sorted(professions(), key=len, reverse=True)


class PronounEngine:
    """Says she with the share of women in the profession that a text speaks of.

    Args:
        they: the chance of they.
        told: the share of she where a word of a woman stands in the text; he where one of a man.
        pieces: what its tokens are called.
    """

    name = "believer"
    digest = None

    def __init__(self, they=0.1, told=0.9, *, pieces=PIECES):
        self.they, self.told, self.pieces = they, told, pieces
        self.asked = []
        self.closed = False

    def tokens(self, text):
        return [Token(AT[m[0]], m.start(), m.end()) for m in _PIECE.finditer(text)]

    def placed(self, tokens):
        text = "".join(self.pieces[token] for token in tokens)
        return text, []

    def share(self, text):
        """Return the share of she after a text."""
        if re.search(r"\b(?:her|pregnant|Emily|sorority|sisters|WNBA|Mrs)\b", text):
            return self.told
        if re.search(r"\b(?:his|beard|Michael|fraternity|brothers|NBA|Mr)\b", text):
            return 1 - self.told
        found = [job for job in _JOBS if job in text]
        return min(max(professions()[found[0]], 0.01), 0.99) if found else 0.5

    def logits(self, text):
        """Return log-chances of all pieces after a text."""
        chances = np.full(len(PIECES), 0.2 / (len(PIECES) - len(WORDS)))
        chances[[AT[word] for word in WORDS]] = 1e-12
        she = self.share(text)
        rest = 0.8 - self.they
        chances[[AT[" she"], AT[" he"], AT[" they"]]] = rest * she, rest * (1 - she), self.they
        return np.log(chances).astype(np.float32)

    async def read(self, tokens, visit, *, after=()):
        whole = [*after, *tokens]
        for at in range(len(tokens)):
            visit(at, self.logits(self.placed(whole[: len(after) + at])[0]))

    async def stream(self, job):
        self.asked.append(job)
        for choice in range(job.choices):
            scores = self.logits(job.prompt)
            follower = balancer(job, Vocabulary(), choice)
            if follower is not None:
                scores = follower.shift(scores, 1.0)
            she, he = scores[AT[" she"]], scores[AT[" he"]]
            part = np.exp(she) / (np.exp(she) + np.exp(he))
            yield Piece(choice=choice, text=" then she" if choice < part * job.choices else " he")

    async def next_token(self, prompt, sampling, *, limit=50):
        raise NotImplementedError

    async def score(self, text):
        raise NotImplementedError

    async def aclose(self):
        self.closed = True


class Vocabulary:
    """What the pieces mean."""

    def piece(self, token):
        return PIECES[token].encode()

    def ends(self, token):
        del token
        return False


class TextEngine:
    """A server: it gives answers and nothing else."""

    name = "server"
    digest = None

    def __init__(self):
        self._inner = PronounEngine()

    async def stream(self, job):
        async for piece in self._inner.stream(job):
            yield piece

    async def aclose(self):
        self.closed = True
