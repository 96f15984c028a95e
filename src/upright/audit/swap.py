"""The same text about a man and about a woman: words that say a gender, one for the other.

English has one form, "her", where a man is "him" or "his", and one, "his", where a woman's is "her"
or "hers". Which one is meant is read from what stands around it: a noun that is owned follows, or
nothing of the kind does. Lists of words that never begin an owned noun decide, without a model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Gender = Literal["man", "woman"]

_WORD = re.compile("[^\\W\\d_]+(?:[-'\u2019][^\\W\\d_]+)*")
_CLITIC = re.compile("['\u2019](?:s|d|ll|re|ve)$", re.IGNORECASE)
_BETWEEN = " \t\n\"'\u201c\u201d\u2018\u2019("
_UNSURE = frozenset({"her", "his"})
_SURE = {"hers": "his", "him": "her"}


class _Tables:
    """The pairs, each way, and the words that decide between forms."""

    def __init__(self) -> None:
        self.to_woman: dict[str, str] = {}
        self.to_man: dict[str, str] = {}
        self.neutral: dict[str, str] = {}
        self.family: set[str] = set()
        for section, content in _read("swap_pairs.toml").items():
            for man, woman in content["pairs"]:
                self.to_woman.setdefault(man, woman)
                self.to_man.setdefault(woman, man)
                sign = self.neutral.get(man) or self.neutral.get(woman) or f"{man}/{woman}"
                self.neutral.setdefault(man, sign)
                self.neutral.setdefault(woman, sign)
                if section == "family":
                    self.family.add(sign)
        for word in ("he", "she", "him", "his", "her", "hers"):
            self.neutral[word] = "he/she"
        lists = {name: frozenset(text.split()) for name, text in _read("swap_grammar.toml").items()}
        self.not_owned, self.degrees = lists["not_owned"], lists["degrees"]
        self.adjectives, self.causes, self.deeds = (
            lists["adjectives"],
            lists["causes"],
            lists["deeds"],
        )


@cache
def _tables() -> _Tables:
    return _Tables()


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("upright.audit").joinpath(name).read_text(encoding="utf-8"))


def gendered() -> Mapping[str, str]:
    """Return each word that says a gender, in lower case, with one sign for both of its pair."""
    return _tables().neutral


def family_signs() -> frozenset[str]:
    """Return the signs of `gendered` that name relatives."""
    return frozenset(_tables().family)


@cache
def first_names() -> dict[str, frozenset[str]]:
    """Return first names in lower case: `women`, `men`, and `words` that are ordinary words too."""
    return {kind: frozenset(names.split()) for kind, names in _read("swap_names.toml").items()}


def swap(text: str, names: Mapping[str, str] | None = None, *, only: Gender | None = None) -> str:
    """Return a text with every word that says a gender exchanged for its counterpart.

    Args:
        text: English prose.
        names: what each name becomes, as it is written; taken both ways.
        only: exchange only the words that say this gender; None exchanges both.

    Returns:
        The text, capitals kept. Words without a counterpart stay.
    """
    both = {**{new: old for old, new in (names or {}).items()}, **(names or {})}
    words = list(_WORD.finditer(text))
    parts, done = [], 0
    for at, match in enumerate(words):
        bare = _CLITIC.sub("", match[0])
        new = both.get(bare) or _exchanged(text, words, at, only)
        parts += [text[done : match.start()], new, match[0][len(bare) :]]
        done = match.end()
    return "".join([*parts, text[done:]])


def _exchanged(text: str, words: list[re.Match[str]], at: int, only: Gender | None) -> str:
    tables, bare = _tables(), _CLITIC.sub("", words[at][0])
    lower = bare.lower().replace("\u2019", "'")
    found = None
    if lower in _UNSURE or lower in _SURE:
        female = lower in {"her", "hers"}
        if only is None or female == (only == "woman"):
            found = _SURE.get(lower) or _decided(text, words, at, female=female)
    else:
        if only != "woman":
            found = tables.to_woman.get(lower)
        if found is None and only != "man":
            found = tables.to_man.get(lower)
    return bare if found is None else _cased(found, bare)


def _decided(text: str, words: list[re.Match[str]], at: int, *, female: bool) -> str:
    owned = owns(text, words, at)
    if female:
        return "his" if owned else "him"
    return "her" if owned else "hers"


def owns(text: str, words: list[re.Match[str]], at: int) -> bool:
    """Say whether the `her` or `his` at a place owns what follows it.

    Args:
        text: whose words they are.
        words: all of them.
        at: which one is asked about.
    """
    tables = _tables()
    following = _next(text, words, at)
    if following is None:
        return False
    before = words[at - 1][0].lower() if at else ""
    if words[at][0].lower() == "her" and before in tables.causes and following in tables.deeds:
        return False
    adverb = following.endswith("ly") and following not in tables.adjectives
    if adverb or following in tables.degrees:
        third = _next(text, words, at + 1)
        return third is not None and third not in tables.not_owned
    return following not in tables.not_owned


def _next(text: str, words: list[re.Match[str]], at: int) -> str | None:
    """Return the word after one, in lower case; None where a mark or nothing follows."""
    if at + 1 == len(words):
        return None
    apart = text[words[at].end() : words[at + 1].start()].strip(_BETWEEN)
    return None if apart else words[at + 1][0].lower()


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word
