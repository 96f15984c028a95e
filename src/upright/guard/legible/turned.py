"""Words turned by thirteen letters of the alphabet, or written backwards."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from upright.guard.legible.lexicon import common, disguised, is_known, pairs_of_words

_WORD = re.compile("[A-Za-z]+")
_SPELT = re.compile("[a-z]+")
_FEWEST = 3
_SHARE = 0.4
_LONG_ENOUGH = 5
_FAR = 96


@dataclass(slots=True)
class _Run:
    """Words in a row of which none is English as it stands and some are once turned."""

    start: int = 0
    end: int = 0
    words: int = 0
    hits: int = 0
    strong: bool = False
    seen: set[str] = field(default_factory=set)

    def add(self, match: re.Match[str], *, strong: bool) -> None:
        if not self.hits:
            self.start, self.words = match.start(), 0
        self.end = match.end()
        self.words += 1
        self.hits += 1
        self.strong = self.strong or strong
        self.seen.add(match.group().lower())

    def counts(self) -> bool:
        several = len(self.seen) >= _FEWEST and self.hits >= _SHARE * self.words
        return self.strong or several


def turned(text: str, longest: int) -> Iterator[tuple[int, int, str, str]]:
    """Yield start, end, meaning and kind of stretches that are English once they are turned.

    A stretch begins and ends with a word that is a common one when turned and not as it stands;
    between them are such words and unknown ones. It holds three of them at least, or one that
    people disguise.

    Args:
        text: any text.
        longest: bound on a stretch, in code points.
    """
    words: list[re.Match[str]] = []
    spelt = set(_SPELT.findall(text.lower()))
    for kind, table in _tables().items():
        if table.keys().isdisjoint(spelt):
            continue
        words = words or list(_WORD.finditer(text))
        for start, end in _stretches(words, table, _TURNS[kind], longest):
            plain = _TURNS[kind](text[start:end])
            yield start, end, _in_order(plain) if kind == "reversed" else plain, kind


def _stretches(
    words: list[re.Match[str]], table: dict[str, bool], turn: Turn, longest: int
) -> Iterator[tuple[int, int]]:
    run = _Run()
    for match in words:
        word = match.group().lower()
        strong = table.get(word)
        too_far = match.end() - run.start > longest or match.start() - run.end > _FAR
        plain = strong is None and len(word) > 1 and is_known(word) and not is_known(turn(word))
        if plain or (run.hits and too_far):
            if run.counts():
                yield run.start, run.end
            run = _Run()
        if strong is None:
            run.words += 1
        else:
            run.add(match, strong=strong)
    if run.counts():
        yield run.start, run.end


@cache
def _tables() -> dict[str, dict[str, bool]]:
    """Return for each kind the turned words that are not English as they stand.

    The value says whether one of them is enough.
    """
    return {
        kind: {
            turn(word): word in disguised() and len(word) >= _LONG_ENOUGH
            for word in common() | disguised()
            if len(word) > 1 and not is_known(turn(word))
        }
        for kind, turn in _TURNS.items()
    }


def _in_order(plain: str) -> str:
    """Return a text read backwards, its words in the order in which they make more sense."""
    words = plain.split()
    pairs = pairs_of_words()
    forwards = sum(pair in pairs for pair in itertools.pairwise(map(str.lower, words)))
    words.reverse()
    backwards = sum(pair in pairs for pair in itertools.pairwise(map(str.lower, words)))
    return " ".join(words) if backwards > forwards else plain


def _rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


def _backwards(text: str) -> str:
    return text[::-1]


Turn = Callable[[str], str]
_TURNS: dict[str, Turn] = {"rot13": _rot13, "reversed": _backwards}
