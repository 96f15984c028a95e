"""Words without some of their vowels, as in "wrthlss": known words put back where one fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from upright.guard.legible.lexicon import (
    bare_masked,
    by_frequency,
    common,
    disguised,
    is_disguised,
    ordinary,
    with_endings,
)
from upright.guard.legible.mapping import Edit
from upright.guard.legible.spelling import stands_alone

_WORD = re.compile(r"(?<![\w'’@#/\\.:=&-])[A-Za-z]{2,20}(?![\w'’@/\\=&-])")  # noqa: RUF001 (an apostrophe)
_VOWEL = re.compile("[aeiou]")
_VOWELS = frozenset("aeiou")
_NONE = str.maketrans("", "", "aeiou")
_SHORT, _ACRONYM = 2, 5
# Leaving out vowels is the writer's habit where a sixth of the words cannot be English and two at
# least, or where a quarter of the words are unknown and lack vowels and one cannot be English;
# then any word that no list holds is read so too.
_FEWEST, _STRANGE_SHARE, _FOUND_SHARE = 2, 6, 4


class _Found(NamedTuple):
    """A word that no list holds, and the likeliest one it could be without some vowels."""

    start: int
    seen: str
    word: str
    strange: bool


def vowelless(text: str) -> list[Edit]:
    """Return the edits that put left-out vowels back.

    A word that stands in a list is left alone. Another is read as a known word that has the same
    consonants and more vowels: always in a text whose writer leaves out vowels again and again,
    and elsewhere only where it cannot be an English word and the other is one that people
    disguise.
    """
    total, found = 0, []
    for match in _WORD.finditer(text):
        total += 1
        seen = match.group()
        lower = seen.lower()
        if lower in _known() or (word := _fitting(lower)) is None or is_disguised(lower):
            continue
        if stands_alone(text, match.start(), match.end()):
            found.append(_Found(match.start(), seen, word, _strange(lower)))
    strange = [one for one in found if one.strange and len(one.seen) > _SHORT]
    if _habit(len(strange), len(found), total):
        chosen = [one for one in found if len(one.seen) > _SHORT or one.word in common()]
    else:
        chosen = [one for one in strange if _alone(one, text)]
    return [_edit(one) for one in chosen]


def _habit(strange: int, found: int, total: int) -> bool:
    """Say whether the writer of so many words leaves out vowels again and again."""
    if strange >= _FEWEST and _STRANGE_SHARE * strange >= total:
        return True
    return strange > 0 and found >= _FEWEST and _FOUND_SHARE * found >= total


def _alone(one: _Found, text: str) -> bool:
    """Say whether one word of a text is a disguised one, and no acronym or name."""
    if one.seen.isupper() and len(one.seen) <= _ACRONYM and not text.isupper():
        return False
    if one.word in _masked():
        return True
    likeliest = [word for word in _by_consonants()[_consonants(one.word)] if _fits(word, one.seen)]
    return len(one.seen) > _ACRONYM - 2 and all(map(is_disguised, likeliest))


def _fitting(lower: str) -> str | None:
    """Return the likeliest known word that is this one with more vowels."""
    words = _by_consonants().get(_consonants(lower), ())
    return next((word for word in words if len(word) > len(lower) and _fits(word, lower)), None)


def _fits(word: str, seen: str) -> bool:
    """Say whether a word becomes what is seen when some of its inner vowels are left out."""
    lower, at = seen.lower(), 0
    for place, letter in enumerate(word):
        if at < len(lower) and letter == lower[at]:
            at += 1
        elif place == 0 or letter not in _VOWELS:
            return False
    return at == len(lower)


def _consonants(lower: str) -> str:
    """Return the first letter and all consonants behind it."""
    return lower[0] + lower[1:].translate(_NONE)


def _strange(lower: str) -> bool:
    """Say whether letters cannot be an English word: no vowel, or a cluster that none has."""
    if _VOWEL.search(lower) is None:
        return True
    return any(part not in _clusters() for part in _parts(lower))


def _parts(lower: str) -> Iterator[str]:
    edged = f"^{lower}$"
    return (edged[at : at + 3] for at in range(len(edged) - 2))


def _edit(one: _Found) -> Edit:
    """Return the edit; a vowel that is put in comes from the letter before it."""
    origins, at = [], -1
    lower = one.seen.lower()
    for letter in one.word:
        if at + 1 < len(lower) and letter == lower[at + 1]:
            at += 1
        origins.append((one.start + at, one.start + at + 1))
    word = one.word
    if one.seen.isupper():
        word = word.upper()
    elif one.seen[0].isupper():
        word = word.capitalize()
    return Edit(one.start, one.start + len(one.seen), word, origins)


@cache
def _known() -> frozenset[str]:
    return common() | disguised() | frozenset(ordinary())


@cache
def _masked() -> frozenset[str]:
    return frozenset(form for word in bare_masked() for form in with_endings(word))


@cache
def _clusters() -> frozenset[str]:
    return frozenset(part for word in _known() for part in _parts(word))


@cache
def _by_consonants() -> dict[str, tuple[str, ...]]:
    """Return the known words by their consonants, the likeliest first.

    That is the order of the lists: the commonest words, what people disguise, all others, and
    what people disguise with endings.
    """
    bare = sorted(disguised())
    endings = [form for word in bare for form in with_endings(word)]
    table: dict[str, dict[str, None]] = {}
    for word in (*by_frequency(), *bare, *ordinary(), *endings):
        if len(word) > _SHORT:
            table.setdefault(_consonants(word), {})[word] = None
    return {consonants: tuple(words) for consonants, words in table.items()}
