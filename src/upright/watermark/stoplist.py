"""Phrases that many people write, and that are therefore no evidence.

The same tokens in the same context have the same coin in every text. A phrase that stands in many
texts lets all of them err together under one key, so it is not scored in any. Which phrases these
are is fixed by public texts and by no key: the list is a file of this package, which
`scripts/stoplist.py` writes. It holds 32 bits of a hash of what a context and its token spell, so
that it fits the texts of any tokenizer as far as that cuts them alike, and no text can be read
from it. It is made for contexts of four tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

FILE = "stoplist.bin"
_BYTES = 4


def phrase_number(phrase: str) -> int:
    """Return the number that stands for a phrase in the list: 32 bits of its BLAKE2b hash."""
    digest = hashlib.blake2b(
        phrase.encode("utf-8", "replace"), digest_size=_BYTES, person=b"upright phrases"
    )
    return int.from_bytes(digest.digest(), "little")


def common_places(text: str, places: Sequence[tuple[int, int]], width: int) -> frozenset[int]:
    """Return which tokens of a text end a common phrase.

    Args:
        text: what the tokens spell.
        places: for each token its first character and one past its last.
        width: tokens of a context; the phrase is the context and the token.
    """
    phrases = [
        phrase_number(text[places[at - width][0] : places[at][1]])
        for at in range(width, len(places))
    ]
    known = np.isin(np.array(phrases, dtype=np.uint32), _numbers())
    return frozenset((known.nonzero()[0] + width).tolist())


@cache
def _numbers() -> NDArray[np.uint32]:
    """Return the list, rising."""
    content = files("upright.watermark").joinpath(FILE).read_bytes()
    return np.frombuffer(content, dtype="<u4").astype(np.uint32)
