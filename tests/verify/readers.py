"""A made-up model of words, which reads texts for the statistical detector's tests."""

import re

import numpy as np

from upright.generate import Token

SIZE = 64


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
