"""Made-up models that read texts in the tests: of words, and of letters."""

import re
import string

import numpy as np
from tests.watermark.letterer import Letterer

from upright.generate import Token

SIZE = 64
ALPHABET = f"{string.ascii_letters} .,:!?'-"


class Worder:
    """An engine whose tokens are words; the next one is likely near the one before."""

    name = "worder"
    digest = "sha256:worder"

    def __init__(self):
        self.reads = 0

    def tokens(self, text):
        return [
            Token(sum(found.group().strip().encode()) % SIZE, found.start(), found.end())
            for found in re.finditer(r"\s*\S+", text)
        ]

    async def read(self, tokens, visit, *, after=()):
        self.reads += 1
        for at in range(1, len(tokens)):
            visit(at, logits(tokens[at - 1]))


def logits(before):
    far = np.abs(np.arange(SIZE) - before)
    return (-0.2 * np.minimum(far, SIZE - far)).astype(np.float32)


class Typist(Letterer):
    """An engine whose tokens are letters, a space and marks, and that knows the made-up model."""

    name = "typist"

    def tokens(self, text):
        return [
            Token(
                ALPHABET.index(sign) if sign in ALPHABET else ord(sign) % len(ALPHABET), at, at + 1
            )
            for at, sign in enumerate(text)
        ]

    def placed(self, tokens):
        text = typed(tokens)
        return text, self.tokens(text)


def typed(tokens):
    """Return what a `Typist`'s tokens spell."""
    return "".join(ALPHABET[token] for token in tokens)
