"""Fingerprints of texts: how alike two are, whatever is said in them."""

from __future__ import annotations

import re
from zlib import crc32

ALIKE = 0.5
"""Texts that share half of their shingles teach much the same."""

_WORD = re.compile(r"\w+")
_TOGETHER = 3


def fingerprint(text: str) -> frozenset[int]:
    """Return the hashed runs of three words of a text, or of all its words where it has fewer."""
    words = _WORD.findall(text.lower())
    runs = range(max(1, len(words) - _TOGETHER + 1))
    return frozenset(crc32(" ".join(words[at : at + _TOGETHER]).encode()) for at in runs)


def likeness(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the share of runs that two fingerprints have in common (Jaccard 1912)."""
    together = len(one | other)
    return len(one & other) / together if together else 1.0
