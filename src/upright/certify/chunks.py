"""Cutting a text where its own characters say so, so that an excerpt is cut as the whole is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise

SHORTEST, LONGEST = 16, 128
"""Characters of a chunk; about 48 on average. The last may be shorter."""

_MASK = 0xFFFFFFFF
# One cut in 32 characters, after the shortest.
_LIMIT = 1 << 27
_GEAR = [
    int.from_bytes(hashlib.sha256(b"upright.chunk.v1\0" + bytes([byte])).digest()[:4], "big")
    for byte in range(256)
]


def chunks(text: str) -> list[tuple[int, str]]:
    """Cut a text in NFC.

    A gear hash over the last 32 characters decides. It knows no key, so that whoever holds a
    text and its certificate can cut out an excerpt and prove it.

    Returns:
        The first character of each chunk, and its text; together they are the whole text.
    """
    cuts = [0]
    for end in [*_places(text), len(text)]:
        while end - cuts[-1] > LONGEST:
            cuts.append(cuts[-1] + LONGEST)
        if end - cuts[-1] >= SHORTEST or end == len(text):
            cuts.append(end)
    return [(start, text[start:end]) for start, end in pairwise(cuts) if start < end]


def candidates(text: str) -> Iterator[tuple[int, int]]:
    """Yield every stretch of an excerpt that may be a chunk of the whole, from left to right.

    Where the whole was cut depends on the cut before, which an excerpt does not have.
    """
    places = sorted({0, *_places(text), len(text)})
    for at, start in enumerate(places):
        for end in places[at + 1 :]:
            if end - start > LONGEST:
                break
            yield start, end


def _places(text: str) -> list[int]:
    """Return where the characters before say that a cut may be."""
    codes = text.encode() if text.isascii() else [(c ^ c >> 8) & 255 for c in map(ord, text)]
    gear, state, places = _GEAR, 0, []
    for end, code in enumerate(codes, 1):
        state = ((state << 1) + gear[code]) & _MASK
        if state < _LIMIT:
            places.append(end)
    return places
