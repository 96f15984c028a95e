"""What the reading of gender knows: words of an English text, given names, professions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_HERE = "upright.generate"
PRONOUNS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("she",), ("he",)),
    (("her", "hers"), ("him", "his")),
    (("herself",), ("himself",)),
)
"""Feminine and masculine forms that stand in the same places of a sentence."""


@dataclass(frozen=True, slots=True)
class Words:
    """The tables, ready to be asked. All words are in lower case.

    Attributes:
        evidence: words that tell the gender of somebody.
        compound: ends of a word that tell it, such as -woman.
        exempt: words on such an end that do not.
        phrases: several words that tell it.
        neutral: several words that seem to, and do not.
        given: given names that mostly one gender bears.
        both: such names that are family names as well.
        shared: given names of women and men.
        nobody: words with a capital that name no person, places among them.
        bodies: words that make a run of capitals a place or a body.
        starters: words that begin a sentence and are no name.
        before_places: words behind which a capital names no person.
        verbs: what a person at the beginning of a sentence does next.
        titles: titles of either gender.
        gendered_titles: titles of one, or of a stated one.
        abbreviations: behind them a full stop ends no sentence.
        people: nouns for persons, professions among them.
        articles: words before a noun that bring somebody in.
        predicates: behind them a noun says what somebody is.
    """

    evidence: frozenset[str]
    compound: tuple[str, ...]
    exempt: frozenset[str]
    phrases: re.Pattern[str]
    neutral: re.Pattern[str]
    given: frozenset[str]
    both: frozenset[str]
    shared: frozenset[str]
    nobody: frozenset[str]
    bodies: frozenset[str]
    starters: frozenset[str]
    before_places: frozenset[str]
    verbs: frozenset[str]
    titles: frozenset[str]
    gendered_titles: frozenset[str]
    abbreviations: frozenset[str]
    people: frozenset[str]
    articles: frozenset[str]
    predicates: frozenset[str]

    def tells(self, word: str) -> bool:
        """Say whether a word, in lower case, tells somebody's gender."""
        return word in self.evidence or (
            word.endswith(self.compound) and word not in self.exempt and word not in self.both
        )


@cache
def shipped_words() -> Words:
    """Return the tables that come with upright."""
    table, names = _table("balance_words.toml"), _table("balance_names.toml")
    nouns, capitals, people = table["nouns"], table["capitals"], table["people"]
    feminine, masculine = _set(nouns["feminine"]), _set(nouns["masculine"])
    return Words(
        evidence=feminine | masculine | _set(table["words"]["evidence"]),
        compound=tuple(table["words"]["endings"].split()),
        exempt=_set(table["words"]["open"]),
        phrases=_pattern(table["phrases"]["evidence"]),
        neutral=_pattern([*table["phrases"]["neutral"], _side_by_side(feminine, masculine)]),
        given=_set(names["given"]) | _set(names["both"]),
        both=_set(names["both"]),
        shared=_set(names["shared"]),
        nobody=_set(capitals["nobody"]) | _set(capitals["places"]),
        bodies=_set(capitals["bodies"]),
        starters=_set(capitals["starters"]),
        before_places=_set(capitals["before_places"]),
        verbs=_set(capitals["verbs"]),
        titles=_set(capitals["titles"]),
        gendered_titles=_set(capitals["gendered_titles"]),
        abbreviations=_set(capitals["abbreviations"]),
        people=_set(people["roles"]) | _set(people["others"]) | frozenset(professions()),
        articles=_set(people["articles"]),
        predicates=_set(people["predicates"]),
    )


@cache
def professions() -> Mapping[str, float]:
    """Return the share of women in each profession, in [0, 1]; the source stands in the table."""
    table = _table("balance_professions.toml")
    return {name: share / 100 for part in table.values() for name, share in part.items()}


@cache
def winogender_professions() -> tuple[str, ...]:
    """Return the sixty professions of Rudinger et al. 2018."""
    return tuple(_table("balance_professions.toml")["winogender"])


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files(_HERE).joinpath(name).read_text(encoding="utf-8"))


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/])(?:{'|'.join(phrases)})(?![\w/])", re.IGNORECASE)


def _side_by_side(feminine: frozenset[str], masculine: frozenset[str]) -> str:
    """Return a pattern of a noun of one gender beside one of the other: women and men."""
    pronouns = {form for pair in PRONOUNS for side in pair for form in side}
    one, other = (
        "|".join(re.escape(word) for word in sorted(words - pronouns))
        for words in (feminine, masculine)
    )
    between = r"(?: (?:and|or|nor|&) |/)"
    return f"(?:(?:{one}){between}(?:{other})|(?:{other}){between}(?:{one}))"
