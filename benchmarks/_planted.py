"""A corpus of made-up documents with planted near duplicates of known likeness.

Words follow Zipf's law, a third of the documents carry boilerplate, and each copy's likeness is
counted on the words as they were drawn, not by the code that is measured.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

_VOCABULARY = 60_000
_WORDS_A_DOCUMENT = 490
_BOILERPLATE = 0.3
_SHINGLE = 5


@dataclass(frozen=True)
class Planted:
    """A corpus and what was planted in it.

    Attributes:
        texts: the documents.
        pairs: (original, copy, likeness of their sets of 5-word runs).
    """

    texts: list[str]
    pairs: list[tuple[int, int, float]]


def planted(documents: int, copies: int, *, seed: int = 20261127) -> Planted:
    """Return `documents` texts of about 3.2 KB, `copies` of them near duplicates of others."""
    draw = random.Random(seed)
    vocabulary = _vocabulary(draw)
    weights = list(accumulate(1 / (rank + 2.7) for rank in range(_VOCABULARY)))
    notices = [draw.choices(vocabulary, cum_weights=weights, k=40) for _ in range(20)]
    bodies: list[list[str]] = []
    for _ in range(documents - copies):
        length = max(20, round(draw.lognormvariate(0, 0.45) * _WORDS_A_DOCUMENT))
        words = draw.choices(vocabulary, cum_weights=weights, k=length)
        if draw.random() < _BOILERPLATE:
            words = words + draw.choice(notices)
        bodies.append(words)
    pairs = []
    for origin in draw.sample(range(len(bodies)), copies):
        words = _edited(draw, bodies[origin], vocabulary, draw.random() ** 2 * 0.12)
        pairs.append((origin, len(bodies), _likeness(bodies[origin], words)))
        bodies.append(words)
    order = list(range(len(bodies)))
    draw.shuffle(order)
    place = {body: at for at, body in enumerate(order)}
    texts = [_written(draw, bodies[body]) for body in order]
    return Planted(texts, [(place[one], place[two], score) for one, two, score in pairs])


def write_lines(corpus: Planted, path: Path) -> int:
    """Write the corpus as JSON Lines with ids; return the bytes."""
    with path.open("w", encoding="utf-8") as file:
        for at, text in enumerate(corpus.texts):
            file.write(json.dumps({"id": f"doc-{at}", "text": text}) + "\n")
    return path.stat().st_size


def _vocabulary(draw: random.Random) -> list[str]:
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(letters))))
    found: dict[str, None] = {}
    while len(found) < _VOCABULARY:
        length = 1 + min(10, int(len(found) ** 0.15) + draw.randrange(4))
        word = "".join(draw.choices(letters, cum_weights=weights, k=length))
        # As in a language: no letter three times in a row.
        if not any(3 * letter in word for letter in set(word)):
            found[word] = None
    return list(found)


def _edited(draw: random.Random, words: list[str], vocabulary: list[str], rate: float) -> list[str]:
    return [draw.choice(vocabulary) if draw.random() < rate else word for word in words]


def _likeness(one: list[str], two: list[str]) -> float:
    first, second = (set(_shingles(words)) for words in (one, two))
    return len(first & second) / len(first | second)


def _shingles(words: list[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(words[at:] for at in range(_SHINGLE)), strict=False)


def _written(draw: random.Random, words: list[str]) -> str:
    """Return words as sentences, so that a reader has case and punctuation to pass over."""
    parts = []
    at = 0
    while at < len(words):
        length = draw.randrange(6, 20)
        parts.append(" ".join(words[at : at + length]).capitalize() + ".")
        at += length
    return " ".join(parts)
