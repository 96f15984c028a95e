"""The words of some texts as columns, and how far each leans to one group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from upright.audit.tone_mask import Masked

Floats = NDArray[np.float64]

EVEN = 1e-9
"""Log odds at which a word leans to nobody."""
MOST = 4000
"""Words and pairs of words that are looked at, the most frequent ones."""
_LEAST = 3  # texts a word must stand in to be asked about
_PRIOR = 500.0  # words that the prior weighs
_ENDINGS = (
    "ations", "ation", "ingly", "edly", "ments", "ment", "ness", "fully", "ful", "ions", "ion",
    "ings", "ing", "ers", "er", "ies", "ed", "es", "ly", "s", "e",
)  # fmt: skip
_SHORTEST = 4  # letters that a stem keeps


@dataclass(frozen=True, slots=True)
class Words:
    """Words, pairs of words and stems of some texts.

    Attributes:
        names: of the columns; a stem ends in a hyphen.
        there: whether each stands in each text, shape (texts, columns).
        weighed: the same as unit rows of square-rooted counts by inverse frequency.
    """

    names: tuple[str, ...]
    there: Floats
    weighed: Floats


def words_of(texts: Sequence[Masked], *, most: int = MOST) -> Words:
    """Return the words of some texts as columns.

    Args:
        texts: masked.
        most: columns at most.
    """
    found = [Counter(_terms(text.tokens)) for text in texts]
    spread: Counter[str] = Counter()
    for one in found:
        spread.update(one.keys())
    kept = [name for name, n in spread.most_common() if n >= _LEAST][:most]
    place = {name: at for at, name in enumerate(kept)}
    there = np.zeros((len(texts), len(kept)))
    for row, one in enumerate(found):
        for name, count in one.items():
            if name in place:
                there[row, place[name]] = math.sqrt(count)
    rarity = np.log((1 + len(texts)) / np.array([1 + spread[name] for name in kept])) + 1
    weighed = there * rarity if kept else there
    norms = np.linalg.norm(weighed, axis=1, keepdims=True)
    return Words(tuple(kept), np.minimum(there, 1.0), weighed / np.maximum(norms, 1e-9))


def _terms(tokens: Sequence[str]) -> Iterable[str]:
    yield from tokens
    for first, second in pairwise(tokens):
        yield f"{first} {second}"
    for token in tokens:
        stem = stem_of(token)
        if stem != token:
            yield f"{stem}-"


def stem_of(word: str) -> str:
    """Return a word without its ending, roughly: "leading" and "leaders" both give "lead"."""
    if word[:1].isalpha() and "/" not in word:
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
                return word[: -len(ending)]
    return word


@dataclass(frozen=True, slots=True)
class Lean:
    """How far a word leans to one group.

    Attributes:
        log_odds: logarithm of the ratio of its odds, first group over second, under the prior.
        z: the same in standard deviations.
        first: how often it stands in the first group's texts.
        second: in the second's.
    """

    log_odds: float
    z: float
    first: int
    second: int


def leans(texts: Sequence[Masked], first: Sequence[bool]) -> dict[str, Lean]:
    """Return the log-odds of each word and pair of words with an informative Dirichlet prior.

    Args:
        texts: masked.
        first: whether each is of the first group.

    Source:
        Monroe, Colaresi and Quinn 2008, equations 15 to 22; the prior is the counts of all texts,
        scaled to 500 words.
    """
    found = (Counter[str](), Counter[str]())
    for text, own in zip(texts, first, strict=True):
        found[0 if own else 1].update(_terms(text.tokens))
    return {
        **_leans(found, pairs=False),
        **_leans(found, pairs=True),
    }


def _leans(found: tuple[Counter[str], Counter[str]], *, pairs: bool) -> dict[str, Lean]:
    ours, theirs = ({name: n for name, n in one.items() if (" " in name) == pairs} for one in found)
    n, m = sum(ours.values()), sum(theirs.values())
    if not n or not m:
        return {}
    told = {}
    if ours.keys() == theirs.keys() and len(ours) == 1:
        return {name: Lean(0.0, 0.0, ours[name], theirs[name]) for name in ours}
    for name in ours.keys() | theirs.keys():
        a, b = ours.get(name, 0), theirs.get(name, 0)
        prior = _PRIOR * (a + b) / (n + m)
        odds = math.log((a + prior) / (n + _PRIOR - a - prior)) - math.log(
            (b + prior) / (m + _PRIOR - b - prior)
        )
        told[name] = Lean(odds, odds / math.sqrt(1 / (a + prior) + 1 / (b + prior)), a, b)
    return told
