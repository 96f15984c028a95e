"""An engine of sixty characters, each a token, that knows the made-up model."""

import numpy as np
from tests.watermark.texts import SIZE, chances, written

from upright.generate import Candidate, NextToken, Piece, Token
from upright.generate.reading import check_ids
from upright.watermark import Marker

LETTERS = [chr(0x4E00 + number) for number in range(SIZE)]


class Letterer:
    """An engine whose tokens are single characters, and that knows the made-up model."""

    name = "letterer"
    digest = None

    def __init__(self):
        self.reads = 0
        self.length = 90

    async def stream(self, job):
        """Write as the made-up model does, marked where the job says so."""
        for choice in range(job.choices):
            seed = 1 + choice + (job.sampling.seed or 0)
            marker = None if job.mark is None else Marker(job.mark, subkey=seed)
            for token in written(marker, self.length, seed):
                yield Piece(choice, text=LETTERS[token], tokens=(token,), completion_tokens=1)
            yield Piece(choice, finish_reason="stop", prompt_tokens=1)

    async def next_token(self, prompt, sampling, *, limit=50):
        shares = chances([token.id for token in self.tokens(prompt)])
        order = np.argsort(-shares)[:limit]
        some = tuple(Candidate(int(at), LETTERS[at], float(shares[at])) for at in order)
        return NextToken(some, covered=1.0, entropy=2.0)

    async def score(self, text):
        return []

    async def aclose(self):
        """Hold nothing."""

    def tokens(self, text):
        return [
            Token(LETTERS.index(c) if c in LETTERS else 0, i, i + 1) for i, c in enumerate(text)
        ]

    def placed(self, tokens):
        check_ids(tokens, SIZE)
        text = "".join(LETTERS[token] for token in tokens)
        return text, self.tokens(text)

    async def read(self, tokens, visit, *, after=()):
        self.reads += 1
        whole = [*after, *tokens]
        for at in range(0 if after else 1, len(tokens)):
            with np.errstate(divide="ignore"):
                visit(at, np.log(chances(whole[: len(after) + at])).astype(np.float32))
