"""A made-up corpus of real words, and answers into which passages of it were planted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _data import rows
from numpy.typing import NDArray

BOOKS = "corpora/books_public_domain.jsonl.gz"
_WORDS = 560
_ANSWER = 450
_RARE = 40_000
"""With the books' words fewer than 65,536, which is what a peer can number."""
_SHARE_RARE = 0.02


@dataclass(frozen=True)
class Answer:
    """A text with planted passages.

    Attributes:
        text: the text; 450 words.
        numbers: of its words.
        spans: first and last character, as [first, last), of each planted passage as long as it
            can be, and the document that holds it.
        words: the same in words.
    """

    text: str
    numbers: list[int]
    spans: dict[tuple[int, int], str]
    words: dict[tuple[int, int], str]


class Corpus:
    """Documents of words drawn one by one as books have them, so that no passage is in two.

    Args:
        size: bytes of text.
        seed: of all draws.
    """

    def __init__(self, size: int, seed: int = 20261127) -> None:
        self._draw = np.random.default_rng(seed)
        running = [
            word
            for book in rows(BOOKS)
            for word in re.findall(r"\S+", book["text"])
            if re.fullmatch(r"[A-Za-z]+[,.;]?", word)
        ]
        made = [f"{''.join(chr(97 + int(digit)) for digit in str(n))}x" for n in range(_RARE)]
        self._forms = np.array([*running, *made], dtype=object)
        self._running = len(running)
        numbers: dict[str, int] = {}
        plain = (re.sub(r"\W", "", form).lower() for form in self._forms)
        self.number = np.array([numbers.setdefault(one, len(numbers)) for one in plain])
        self.documents: list[NDArray[np.int32]] = []
        self.bytes = 0
        while self.bytes < size:
            forms = self._drawn(int(self._draw.integers(_WORDS // 2, _WORDS * 3 // 2)))
            self.documents.append(forms.astype(np.int32))
            self.bytes += len(self.text(forms))

    def _drawn(self, count: int) -> NDArray[np.int64]:
        forms = self._draw.integers(0, self._running, count)
        rare = self._draw.random(count) < _SHARE_RARE
        forms[rare] = self._running + self._draw.integers(0, _RARE, int(rare.sum()))
        return forms

    def text(self, forms: NDArray[np.int32]) -> str:
        """Return words as a text."""
        return " ".join(self._forms[forms])

    def texts(self) -> Iterator[str]:
        """Yield the documents' texts."""
        return map(self.text, self.documents)

    def write(self, path: Path) -> None:
        """Write the corpus as lines of id and text."""
        with path.open("w", encoding="utf-8") as file:
            for at, text in enumerate(self.texts()):
                file.write(
                    json.dumps({"id": f"d{at}", "text": text, "owner": f"o{at % 97}"}) + "\n"
                )

    def answer(self, planted: int) -> Answer:
        """Return an answer with so many passages of 8 to 60 words, apart from each other."""
        parts, places, at = [], [], 0
        for _ in range(planted):
            between = self._drawn(int(self._draw.integers(6, 20)))
            number = int(self._draw.integers(len(self.documents)))
            document = self.documents[number]
            length = int(self._draw.integers(8, 61))
            start = int(self._draw.integers(len(document) - length))
            at += len(between)
            places.append((at, number, start, length))
            parts += [between, document[start : start + length]]
            at += length
        forms = np.concatenate([*parts, self._drawn(max(6, _ANSWER - at))])
        words = dict(self._grown(forms, *place) for place in places)
        pieces = [
            form.upper() if self._draw.random() < 0.1 else form for form in self._forms[forms]
        ]
        starts = np.concatenate(([0], np.cumsum([len(piece) + 1 for piece in pieces])))
        bare = [len(re.sub(r"\W", "", piece)) for piece in pieces]
        spans = {
            (int(starts[first]), int(starts[last - 1] + bare[last - 1])): name
            for (first, last), name in words.items()
        }
        return Answer(" ".join(pieces), self.number[forms].tolist(), spans, words)

    def _grown(
        self, forms: NDArray[np.int64], at: int, number: int, start: int, length: int
    ) -> tuple[tuple[int, int], str]:
        """Return a planted passage as long as both texts go on alike."""
        here, there = self.number[forms], self.number[self.documents[number]]
        before = 0
        while before < min(at, start) and here[at - before - 1] == there[start - before - 1]:
            before += 1
        end, there_end = at + length, start + length
        while end < len(here) and there_end < len(there) and here[end] == there[there_end]:
            end, there_end = end + 1, there_end + 1
        return (at - before, end), f"d{number}"
