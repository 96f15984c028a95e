"""Cutting a text where its own characters say so, so that an excerpt is cut as the whole is."""

from __future__ import annotations

import hashlib

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
    state, start = 0, 0
    for end, code in enumerate(map(ord, text), 1):
        state = ((state << 1) + _GEAR[(code ^ code >> 8) & 255]) & _MASK
        length = end - start
        if length >= SHORTEST and (state < _LIMIT or length == LONGEST):
            cuts.append(end)
            start = end
    ends = [*cuts[1:], len(text)]
    return [(first, text[first:end]) for first, end in zip(cuts, ends, strict=True) if first < end]
