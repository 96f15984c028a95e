"""Which words of a text belong to which list of `lexicons.toml`."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from upright.audit.swap import family_signs

_LONGEST = 4  # words of the longest phrase
_SHORTEST = 2  # letters of the shortest stem


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A list of words.

    Attributes:
        name: its key.
        title: what its words speak of.
        words: whole words.
        stems: beginnings of words.
        phrases: several words that follow each other.
        opposite: the list it is read against, or None.
    """

    name: str
    title: str
    words: frozenset[str]
    stems: frozenset[str]
    phrases: frozenset[tuple[str, ...]] = field(default_factory=frozenset)
    opposite: str | None = None


@cache
def lexicons() -> dict[str, Lexicon]:
    """Return the lists that come with upright, by name."""
    text = files("upright.audit").joinpath("lexicons.toml").read_text(encoding="utf-8")
    phrases = files("upright.audit").joinpath("lexicons_phrases.toml").read_text(encoding="utf-8")
    several = tomllib.loads(phrases)
    found = {}
    for name, section in tomllib.loads(text).items():
        entries = section["words"].split()
        whole = {entry for entry in entries if not entry.endswith("*")}
        if name == "family":
            whole |= family_signs()
        found[name] = Lexicon(
            name,
            section["title"],
            frozenset(whole),
            frozenset(entry[:-1] for entry in entries if entry.endswith("*")),
            frozenset(tuple(phrase.split()) for phrase in several.get(name, ())),
            section.get("opposite"),
        )
    return found


@cache
def lists_of(word: str) -> tuple[str, ...]:
    """Return the names of the lists that a word belongs to."""
    beginnings = {word[:size] for size in range(_SHORTEST, len(word) + 1)}
    return tuple(
        name
        for name, one in lexicons().items()
        if word in one.words or not beginnings.isdisjoint(one.stems)
    )


def known_word(word: str) -> bool:
    """Say whether any list knows a word."""
    return bool(lists_of(word))


def counts(tokens: Sequence[str]) -> Counter[str]:
    """Count the words and phrases of each list in a text; a phrase counts once."""
    found: Counter[str] = Counter()
    for token in tokens:
        found.update(lists_of(token))
    starts = _phrases()
    for at, token in enumerate(tokens):
        for name, phrase in starts.get(token, ()):
            if tuple(tokens[at : at + len(phrase)]) == phrase:
                found[name] += 1
    return found


@cache
def _phrases() -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    starts: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for one in lexicons().values():
        for phrase in one.phrases:
            starts.setdefault(phrase[0], []).append((one.name, phrase))
    return starts


def words_of(names: Iterable[str]) -> list[str]:
    """Return the whole words of some lists, those without other endings, in their order."""
    return sorted({word for name in names for word in lexicons()[name].words if "/" not in word})
