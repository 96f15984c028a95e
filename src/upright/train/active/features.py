"""Texts as hashed counts of words, pairs of words and runs of letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

WIDTH: Final = 8192
"""Columns of the features; different n-grams may share one (Weinberger et al. 2009)."""

_WORD = re.compile(r"\w+|[^\w\s]")
_RUN: Final = 4
_SIGN: Final = 1 << 31


def features(texts: Sequence[str]) -> Matrix:
    """Return texts as rows of length 1, shape (n, WIDTH); a text without a word is all zeros.

    Counts enter by their logarithm, and a bit of the hash gives the sign, so that n-grams that
    share a column do not add up.
    """
    rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for gram, count in Counter(_grams(text)).items():
            code = crc32(gram.encode("utf-8", "surrogatepass"))
            row[code % WIDTH] += (1 if code & _SIGN else -1) * (1 + np.log(count))
        length = float(np.sqrt(row @ row))
        if length:
            row /= length  # noqa: PLW2901 (in place: the row is a view)
    return rows


def _grams(text: str) -> Iterator[str]:
    words = _WORD.findall(text.lower())
    yield from words
    for left, right in pairwise(words):
        yield f"{left} {right}"
    for word in words:
        framed = f"<{word}>"
        for start in range(len(framed) - _RUN + 1):
            yield framed[start : start + _RUN]
