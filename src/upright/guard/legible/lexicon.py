"""The words that decide between readings of a disguised one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from upright.guard.detectors.tables import table

_ENDINGS = ("s", "es", "ed", "er", "ers", "ing", "in", "y", "ish", "ness")
_MASKED_ENDINGS = ("s", "es", "ed", "er", "ers", "ing", "in", "y", "head", "face")
_SHORTEST_STEM = 3
_DOUBLED = 3


@cache
def own_table() -> dict[str, Any]:
    """Return the table `words.toml` of this package."""
    return tomllib.loads(raw_table().decode("utf-8"))


def raw_table() -> bytes:
    """Return the bytes of the table."""
    return files("upright.guard.legible").joinpath("words.toml").read_bytes()


@cache
def common() -> frozenset[str]:
    """Return the commonest words of English."""
    return frozenset(by_frequency())


@cache
def by_frequency() -> tuple[str, ...]:
    """Return the commonest words of English in about the order of their frequency."""
    return tuple(own_table()["common"].split())


@cache
def ordinary() -> tuple[str, ...]:
    """Return frequent words of English prose and talk that nobody disguises, by frequency."""
    return tuple(raw_ordinary().decode("utf-8").split())


def raw_ordinary() -> bytes:
    """Return the bytes of the list: counted in books, an encyclopedia, dialogues and questions."""
    return files("upright.guard.legible").joinpath("ordinary.txt").read_bytes()


@cache
def pairs_of_words() -> frozenset[tuple[str, ...]]:
    """Return common pairs of words, which tell the order of the words of a text."""
    return frozenset(tuple(pair.split()) for pair in own_table()["pairs"].split(","))


@cache
def disguised() -> frozenset[str]:
    """Return the words that people disguise: of the toxicity table, and of this package's own."""
    listed = table("toxicity.toml").data
    return frozenset(own_table()["disguised"].split()) | frozenset(_words_in(listed))


def _words_in(rows: Any) -> Iterator[str]:  # noqa: ANN401 (whatever TOML holds)
    if isinstance(rows, str):
        yield from re.findall(r"(?<![a-z'])[a-z]{3,}(?![a-z'])", rows)
    elif isinstance(rows, list):
        for row in rows:
            yield from _words_in(row)
    elif isinstance(rows, dict):
        for name, row in rows.items():
            if name != "why":
                yield from _words_in(row)


def is_listed(word: str) -> bool:
    """Say whether a word in lower case stands as it is in one of the lists."""
    return word in common() or word in disguised()


def is_known(word: str) -> bool:
    """Say whether a word in lower case is a common one or one that people disguise."""
    return word in common() or is_disguised(word)


def is_disguised(word: str) -> bool:
    """Say whether a word in lower case, or its stem, is one that people disguise."""
    if word in disguised():
        return True
    return any(
        stem in disguised()
        for ending in _ENDINGS
        if word.endswith(ending)
        and not word.endswith("ss")
        and len(word) - len(ending) >= _SHORTEST_STEM
        for stem in _stems(word[: -len(ending)])
    )


def _stems(rest: str) -> tuple[str, ...]:
    if rest[-1] == rest[-2] and len(rest) > _DOUBLED:
        return rest, rest + "e", rest[:-1]
    return rest, rest + "e"


@cache
def masked(length: int) -> tuple[str, ...]:
    """Return the words of so many letters that are written with masks, the likeliest first."""
    words = bare_masked()
    found = [*words, *(form for word in words for form in with_endings(word))]
    return tuple(dict.fromkeys(form for form in found if len(form) == length))


@cache
def bare_masked() -> tuple[str, ...]:
    """Return the words that are written with masks, without endings."""
    return tuple(own_table()["masked"].split())


@cache
def seldom_masked(length: int) -> tuple[str, ...]:
    """Return the words of so many letters that people disguise in other ways more often."""
    found = {form for word in disguised() for form in with_endings(word)}
    return tuple(sorted(form for form in found if len(form) == length))


def with_endings(word: str) -> list[str]:
    """Return a word with endings, the bare one first."""
    forms = [word]
    for ending in _MASKED_ENDINGS:
        if ending[0] in "aeiouy" and word[-1] in "aiou":
            continue
        if ending[0] not in "aeiouy":
            forms += [] if word.endswith(ending[0]) else [word + ending]
        elif word.endswith("e"):
            forms.append(word[:-1] + ending)
        else:
            doubles = word[-1] not in "aeiouys" and word[-2] in "aeiou"
            forms += [word + ending, word + word[-1] + ending] if doubles else [word + ending]
    return forms


def looks_like_a_word(letters: str) -> bool:
    """Say whether lower-case letters could be pronounced: vowels, and never many consonants."""
    return _VOWEL.search(letters) is not None and _HARD.search(letters) is None


_VOWEL = re.compile("[aeiouy]")
_HARD = re.compile("[^aeiouy]{5}|[aeiou]{5}|[jqvx][^aeiouy]|[^aeiouy]{4}$")
