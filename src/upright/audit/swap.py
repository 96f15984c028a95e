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
from typing import Literal

Gender = Literal["man", "woman"]

_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_AMBIGUOUS = frozenset({"her", "his"})
_SIMPLE = {"hers": "his", "him": "her"}
_CLITIC = re.compile(r"['’](?:s|d|ll|re|ve)$", re.IGNORECASE)

# What cannot follow an owner: the pronoun then stands for the person, or for what is hers.
_NOT_OWNED = frozenset(
    """
    a an the this that these those some any no every each either neither both all another enough
    i you he she it we they me him us them my your his her its our their who whom whose which what
    in on at by for with about against between into through during before after above below to from
    up down out off over under again of as than near beside besides beyond toward towards upon
    within without since until till along across around behind despite except like onto per via
    among amongst
    and or but nor so yet if because although though unless while whereas when where why how whether
    is are was were be been being am has have had do does did will would shall should can could may
    might must
    not never also too very just even always often sometimes usually still already soon now then
    here there today tomorrow yesterday tonight once twice together apart back away home forward
    anymore anyway instead alone either more much well better most almost such quite sooner round
    justice credit trouble
    """.split()  # noqa: SIM905 (a list of words is easier to read so)
)
# Words of that list which an owned noun may begin with all the same, and what must follow them.
_DEGREES = frozenset({"very", "more", "much", "well", "better", "once", "then", "still", "most"})
# Words in "ly" that name or describe what is owned.
_LY = frozenset(
    "ally belly bully curly daily early elderly family folly friendly homily holy lovely "
    "lonely lively monthly only reply rally silly supply ugly weekly yearly".split()
)
# Who sees, hears, lets or makes somebody do: what follows is what that person does.
_CAUSES = frozenset(
    """
    see sees saw seen seeing watch watches watched watching hear hears heard hearing let lets letting
    make makes made making help helps helped helping feel feels felt notice noticed
    """.split()  # noqa: SIM905 (as above)
)
_DOES = frozenset(
    """
    go come leave leaving do be take get make run walk speak talk sing dance play work stand sit fall
    cry smile laugh know see feel think eat drink sleep grow become succeed win lose write read learn
    finish begin start try move die live pass enter return choose decide understand realise realize
    find keep stay say tell give prepare build lead achieve going coming doing taking getting running
    walking speaking talking singing dancing playing working standing sitting falling crying smiling
    """.split()  # noqa: SIM905 (as above)
)


class _Tables:
    """The pairs, each way."""

    def __init__(self) -> None:
        raw = files("upright.audit").joinpath("swap_pairs.toml").read_text(encoding="utf-8")
        table = tomllib.loads(raw)
        self.to_woman: dict[str, str] = {}
        self.to_man: dict[str, str] = {}
        self.neutral: dict[str, str] = {}
        self.family: set[str] = set()
        for section, content in table.items():
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


@cache
def _tables() -> _Tables:
    return _Tables()


def gendered() -> Mapping[str, str]:
    """Return each word that says a gender, in lower case, with one sign for both of its pair."""
    return _tables().neutral


def family_signs() -> frozenset[str]:
    """Return the signs of `gendered` that name relatives."""
    return frozenset(_tables().family)


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
    tables = _tables()
    words = list(_WORD.finditer(text))
    parts, done = [], 0
    for at, match in enumerate(words):
        word = match[0]
        bare = _CLITIC.sub("", word)
        tail = word[len(bare) :]
        new = both.get(bare) or _exchanged(text, words, at, bare, tables, only)
        parts += [text[done : match.start()], new, tail]
        done = match.end()
    return "".join([*parts, text[done:]])


def _exchanged(
    text: str,
    words: list[re.Match[str]],
    at: int,
    bare: str,
    tables: _Tables,
    only: Gender | None,
) -> str:
    lower = bare.lower().replace("’", "'")
    if lower in _AMBIGUOUS or lower in _SIMPLE:
        female = lower in {"her", "hers"}
        if only is not None and female != (only == "woman"):
            return bare
        if lower in _SIMPLE:
            return _cased(_SIMPLE[lower], bare)
        owned = owns(text, words, at)
        theirs = ("his" if owned else "him") if female else ("her" if owned else "hers")
        return _cased(theirs, bare)
    found = None
    if only != "woman":
        found = tables.to_woman.get(lower)
    if found is None and only != "man":
        found = tables.to_man.get(lower)
    return bare if found is None else _cased(found, bare)


def owns(text: str, words: list[re.Match[str]], at: int) -> bool:
    """Say whether the `her` or `his` at a place owns what follows it.

    Args:
        text: whose words they are.
        words: all of them.
        at: which one is asked about.
    """
    if at + 1 == len(words):
        return False
    here, following = words[at], words[at + 1]
    if text[here.end() : following.start()].strip(" \t\n\"'“”‘’("):
        return False
    second = following[0].lower()
    before = words[at - 1][0].lower() if at else ""
    if here[0].lower() == "her" and before in _CAUSES and second in _DOES:
        return False
    if second in _DEGREES or (second.endswith("ly") and second not in _LY):
        if at + 2 == len(words):
            return False
        third = words[at + 2]
        apart = text[following.end() : third.start()].strip()
        return not apart and third[0].lower() not in _NOT_OWNED
    return second not in _NOT_OWNED


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word
