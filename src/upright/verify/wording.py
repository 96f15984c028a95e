"""Words that instructed models prefer, and those that people do, whatever the subject.

Each word's preference is the log-ratio of the shares of texts that have it, taken within each
kind of text and then averaged: what the texts are about cancels, as both sides write about it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
Words = AbstractSet[str]

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_LEAST_TEXTS = 20
_LEAST_KINDS = 3
_PRIOR = 30.0  # texts of the kind that each side is thought to have besides its own
_RARE = 0.003  # a share that makes no difference
_LEAST_SIDE = 5


def words_of(text: str) -> frozenset[str]:
    """Return the different words of a text in plain form."""
    return frozenset(_WORD.findall(text.lower()))


def vocabulary(texts: Sequence[Words], kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the words that are common enough, and in enough kinds of text, to be no subject."""
    counts = Counter(word for words in texts for word in words)
    found = Counter(
        word for kind in set(kinds) for word in set().union(*_of_kind(texts, kinds, kind))
    )
    return tuple(
        sorted(
            word
            for word, count in counts.items()
            if count >= _LEAST_TEXTS and found[word] >= _LEAST_KINDS
        )
    )


def _of_kind(
    texts: Sequence[AbstractSet[str]], kinds: Sequence[str], kind: str
) -> list[AbstractSet[str]]:
    return [words for words, own in zip(texts, kinds, strict=True) if own == kind]


def seen(texts: Sequence[Words], words: Sequence[str]) -> Rows:
    """Return which text has which word, shape (texts, words)."""
    return np.array([[word in text for word in words] for text in texts], dtype=np.bool_)


def preferences(table: Rows, made: Rows, people: Rows, kinds: NDArray[np.str_]) -> Floats:
    """Return each word's preference, shape (words,); positive for models.

    Args:
        table: from `seen`.
        made: which texts instructed models wrote.
        people: which people wrote.
        kinds: of text; one that has too few of either tells nothing.
    """
    found = []
    for kind in np.unique(kinds):
        own = kinds == kind
        if min((own & made).sum(), (own & people).sum()) < _LEAST_SIDE:
            continue
        usual = _PRIOR * table[own].mean(axis=0)
        shares = [
            (table[own & side].sum(axis=0) + usual) / ((own & side).sum() + _PRIOR) + _RARE
            for side in (made, people)
        ]
        found.append(np.log(shares[0]) - np.log(shares[1]))
    return np.mean(found, axis=0) if found else np.zeros(table.shape[1])


def wording(table: Rows, weights: Floats) -> Floats:
    """Return how each text leans, shape (texts,); comparable between lengths."""
    leaning: Floats = table @ weights / np.sqrt(np.maximum(table.sum(axis=1), 1))
    return leaning
