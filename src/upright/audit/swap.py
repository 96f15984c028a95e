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
_TITLES = {"lady": "lord", "miss": "mr"}
"""Words that are no title, or no word of a gender, but before a name."""
_BOTH = ("s/", "(s)")
_OF_PEOPLE = frozenset({"pronouns", "family", "people"})
_YEAR = re.compile("(?:1[89]|20)\\d\\d")
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_ADJECTIVES = ("ous", "ed")
_SHORTEST = 6  # letters of an adjective that is known by its end: not "bed", not "need"


class _Tables:
    """The pairs, each way, and the words that decide between forms."""

    def __init__(self) -> None:
        self.to_woman: dict[str, str] = {}
        self.to_man: dict[str, str] = {}
        self.neutral: dict[str, str] = {}
        self.family: set[str] = set()
        self.people: set[str] = set()
        for section, content in _read("swap_pairs.toml").items():
            for man, woman in content["pairs"]:
                if section != "marked":
                    self.to_woman.setdefault(man, woman)
                self.to_man.setdefault(woman, man)
                sign = self.neutral.get(man) or self.neutral.get(woman) or f"{man}/{woman}"
                self.neutral.setdefault(man, sign)
                self.neutral.setdefault(woman, sign)
                if section in _OF_PEOPLE:
                    self.people |= {man, woman}
                if section == "family":
                    self.family.add(sign)
        for word in ("he", "she", "him", "his", "her", "hers"):
            self.neutral[word] = "he/she"
        self.lists = {
            name: frozenset(text.split()) for name, text in _read("swap_grammar.toml").items()
        }


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
    if lower == "he" and text[: words[at].start()].lower().endswith(_BOTH):
        return bare
    if lower in _UNSURE or lower in _SURE:
        female = lower in {"her", "hers"}
        if only is None or female == (only == "woman"):
            found = _SURE.get(lower) or _decided(text, words, at, female=female)
    elif lower in _TITLES and _entitles(text, words, at):
        found = None if only == "man" else _TITLES[lower]
    elif lower != "miss":
        found = _other(lower, only)
        if found is None and "-" in lower and lower not in tables.lists["set_phrases"]:
            return "-".join(_part(part, only) for part in bare.split("-"))
    return bare if found is None else _cased(found, bare)


def _entitles(text: str, words: list[re.Match[str]], at: int) -> bool:
    """Say whether a word is a title: it and the name after it have capital letters."""
    named = _next(text, words, at) is not None and words[at + 1][0][0].isupper()
    return named and words[at][0].istitle()


def _other(lower: str, only: Gender | None) -> str | None:
    found = _tables().to_woman.get(lower) if only != "woman" else None
    return _tables().to_man.get(lower) if found is None and only != "man" else found


def _part(part: str, only: Gender | None) -> str:
    """Return what a part of "woman-owned" becomes: titles and offices say nobody's gender there."""
    found = _other(part.lower(), only) if part.lower() in _tables().people else None
    return part if found is None else _cased(found, part)


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
    lists, second = _tables().lists, _coordinated(text, words, at)
    if second is not None:
        return owns(text, words, second)
    following = _next(text, words, at)
    if following is None:
        return _dated(text, words, at)
    if following in lists["things"] and _is_thing(text, words, at):
        return True
    third = _next(text, words, at + 1)
    ends = third is None or third in lists["not_owned"]
    if words[at][0].lower() == "her" and at:
        before = words[at - 1][0].lower()
        if _is_object(before, following, ends=ends):
            return False
    adverb = following.endswith("ly") and following not in lists["adjectives"]
    if adverb or following in lists["degrees"]:
        return not ends
    return following not in lists["not_owned"]


def _is_object(before: str, following: str, *, ends: bool) -> bool:
    """Say whether "her" between two words is a person to whom something is done."""
    lists = _tables().lists
    if before in lists["causes"] and following in lists["deeds"]:
        return True
    if before in lists["gives"] and following in lists["numerals"]:
        return True
    told = following.endswith(_ADJECTIVES) and len(following) >= _SHORTEST
    return ends and before in lists["judges"] and (told or following in lists["judged"])


def _is_thing(text: str, words: list[re.Match[str]], at: int) -> bool:
    """Say whether "home", "might" and the like after an owner are what is owned."""
    if words[at][0].lower() == "his":
        return True
    before = words[at - 1][0].lower() if at else ""
    return _next(text, words, at) == "home" and before not in _tables().lists["moves"]


def _coordinated(text: str, words: list[re.Match[str]], at: int) -> int | None:
    """Return the place of the second of "his or her" and "her/his": both own the same."""
    second = at + 1
    if second < len(words) and text[words[at].end() : words[second].start()] != "/":
        second += _next(text, words, at) == "or"
        if second == at + 1 or _next(text, words, at + 1) is None:
            return None
    if second >= len(words):
        return None
    pair = {words[at][0].lower(), words[second][0].lower()}
    return second if pair == _UNSURE else None


def _dated(text: str, words: list[re.Match[str]], at: int) -> bool:
    """Say whether a number and then a word follow that are owned: "her 2020 book"."""
    if at + 1 == len(words):
        return False
    apart = text[words[at].end() : words[at + 1].start()].strip(_BETWEEN)
    if not apart.isdecimal():
        return False
    # "We paid her 40 euros", but "we paid his 40 euros" is about his, and "Her 40 euros" hers.
    sure = words[at][0] != "her" or words[at + 1][0].lower() in _ORDINALS
    return sure or _YEAR.fullmatch(apart) is not None


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
