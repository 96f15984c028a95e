"""What the reading of gender knows: words of an English text, given names, professions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from upright.terms import digest

_HERE = "upright.generate"
_WORDS, _NAMES, _SHARES = _TABLES = (
    "balance_words.toml",
    "balance_names.toml",
    "balance_professions.toml",
)
PRONOUNS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("she",), ("he",)),
    (("her", "hers"), ("him", "his")),
    (("herself",), ("himself",)),
)
"""Feminine and masculine forms that stand in the same places of a sentence."""
_PRONOUNS = frozenset(form for pair in PRONOUNS for side in pair for form in side)


@dataclass(frozen=True, slots=True)
class Words:
    """The tables, ready to be asked. All words are in lower case.

    Attributes:
        evidence: words that tell the gender of somebody.
        pronouns: those of them that are pronouns.
        kin: those of them that are nouns for somebody: wife, actress.
        compound: ends of a word that tell it, such as -woman.
        exempt: words on such an end that do not.
        phrases: several words that tell it.
        signs: signs and pictures that tell it, and (f) or (M, 34) behind somebody.
        neutral: several words or signs that seem to, and do not.
        given: given names that mostly one gender bears.
        both: such names that are family names as well.
        shared: given names of women and men.
        nobody: words with a capital that name no person, places among them.
        bodies: words that make a run of capitals a place or a body.
        starters: words that begin a sentence and are no name.
        before_places: words behind which a capital names no person.
        names_too: words with a capital (months, places, trades) that are given names as well.
        before_dates: words behind which such a word is none, besides those before places.
        before_names: words behind which it is one.
        verbs: what a person at the beginning of a sentence does next.
        deeds: what else somebody does who bears such a name.
        titles: titles of either gender.
        gendered_titles: titles of one, or of a stated one.
        abbreviations: behind them a full stop ends no sentence.
        people: nouns for persons, professions among them.
        roles: those of them that anybody may be called by: the patient, the boss.
        alike: of a noun those that may be said of the same person: lawyer, attorney.
        articles: words before a noun that bring somebody in.
        definite: those of them that may mean somebody who is there already.
        predicates: behind them a noun says what somebody is.
    """

    evidence: frozenset[str]
    pronouns: frozenset[str]
    kin: frozenset[str]
    compound: tuple[str, ...]
    exempt: frozenset[str]
    phrases: re.Pattern[str]
    signs: re.Pattern[str]
    neutral: re.Pattern[str]
    given: frozenset[str]
    both: frozenset[str]
    shared: frozenset[str]
    nobody: frozenset[str]
    bodies: frozenset[str]
    starters: frozenset[str]
    before_places: frozenset[str]
    names_too: frozenset[str]
    before_dates: frozenset[str]
    before_names: frozenset[str]
    verbs: frozenset[str]
    deeds: frozenset[str]
    titles: frozenset[str]
    gendered_titles: frozenset[str]
    abbreviations: frozenset[str]
    people: frozenset[str]
    roles: frozenset[str]
    alike: Mapping[str, frozenset[str]]
    articles: frozenset[str]
    definite: frozenset[str]
    predicates: frozenset[str]

    def tells(self, word: str) -> bool:
        """Say whether a word, in lower case, tells somebody's gender."""
        return word in self.evidence or (
            word.endswith(self.compound) and word not in self.exempt and word not in self.both
        )


@cache
def shipped_words() -> Words:
    """Return the tables that come with upright."""
    table, names = _table(_WORDS), _table(_NAMES)
    nouns, capitals, people = table["nouns"], table["capitals"], table["people"]
    signs, both_genders = table["signs"], table["phrases"]["neutral"]
    feminine, masculine = _set(nouns["feminine"]), _set(nouns["masculine"])
    return Words(
        evidence=feminine | masculine | _set(table["words"]["evidence"]),
        pronouns=_PRONOUNS,
        kin=(feminine | masculine) - _PRONOUNS,
        compound=tuple(table["words"]["endings"].split()),
        exempt=_set(table["words"]["open"]),
        phrases=_pattern([*table["phrases"]["evidence"], *table["teams"]["evidence"]]),
        signs=re.compile("|".join([*signs["evidence"].split(), signs["brackets"]]), re.IGNORECASE),
        neutral=_pattern([*both_genders, *signs["neutral"], _side_by_side(feminine, masculine)]),
        given=_set(names["given"]) | _set(names["both"]),
        both=_set(names["both"]),
        shared=_set(names["shared"]),
        nobody=_set(capitals["nobody"]) | _set(capitals["places"]),
        bodies=_set(capitals["bodies"]),
        starters=_set(capitals["starters"]),
        before_places=_set(capitals["before_places"]),
        names_too=_set(capitals["names_too"]),
        before_dates=_set(capitals["before_dates"]) | _set(capitals["before_places"]),
        before_names=_set(capitals["before_names"]),
        verbs=_set(capitals["verbs"]),
        deeds=_set(capitals["deeds"]) | _set(capitals["verbs"]),
        titles=_set(capitals["titles"]),
        gendered_titles=_set(capitals["gendered_titles"]),
        abbreviations=_set(capitals["abbreviations"]),
        people=_set(people["roles"]) | _set(people["others"]) | frozenset(professions()),
        roles=_set(people["roles"]),
        alike=_alike(people["alike"]),
        articles=_set(people["articles"]),
        definite=_set(people["definite"]),
        predicates=_set(people["predicates"]),
    )


@cache
def professions() -> Mapping[str, float]:
    """Return the share of women in each profession, in [0, 1]; the source stands in the table."""
    table = _table(_SHARES)
    return {name: share / 100 for part in table.values() for name, share in part.items()}


@cache
def winogender_professions() -> tuple[str, ...]:
    """Return the sixty professions of Rudinger et al. 2018."""
    return tuple(_table(_SHARES)["winogender"])


@cache
def tables_digest() -> str:
    """Return `sha256:…` of all tables by which a text is read."""
    return digest({name: _text(name) for name in _TABLES})


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(_text(name))


def _text(name: str) -> str:
    return files(_HERE).joinpath(name).read_text(encoding="utf-8")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _alike(groups: list[str]) -> Mapping[str, frozenset[str]]:
    """Return, of each noun in some groups, all nouns that share a group with it."""
    found: dict[str, frozenset[str]] = {}
    for group in map(_set, groups):
        found |= {noun: found.get(noun, frozenset()) | group for noun in group}
    return found


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/])(?:{'|'.join(phrases)})(?![\w/])", re.IGNORECASE)


def _side_by_side(feminine: frozenset[str], masculine: frozenset[str]) -> str:
    """Return a pattern of a noun of one gender beside one of the other: women and men."""
    one, other = (
        "|".join(re.escape(word) for word in sorted(words - _PRONOUNS))
        for words in (feminine, masculine)
    )
    between = r"(?: (?:and|or|nor|&) |/)"
    return f"(?:(?:{one}){between}(?:{other})|(?:{other}){between}(?:{one}))"
