"""What a stretch of text shows of its language: its letters, and its small words.

Small words are what every sentence of a language needs and what nobody borrows; a list of thirty to
a hundred is enough (Ingle, "A language identification table", The Incorporated Linguist, 1976).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import chain

from upright.guard.detectors.tables import Table, table
from upright.guard.model.languages import MEASURED_LANGUAGES

LEAST_LETTERS = 20
"""Fewer letters show no language."""

LEAST_WORDS = 4
"""Fewer different words show no language."""

_DENSE = 3
_SHARE = 0.25
_MANY = 40
_OWN_WORDS = 2
_LITTLE_ENGLISH = 0.1
_RUNNING = 0.5
_KANA = 0.1
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*'?")
_AROUND = " \t\"'“”‘„«»‹›()[].,;:!?…¡¿*_~-–—、。，！？」「"  # noqa: RUF001 (quotation marks, dashes)
_LONGEST_WORD = 30


@dataclass(frozen=True, slots=True)
class Sighting:
    """A language that a stretch of text seems to be in.

    Attributes:
        language: its name, or that of its writing system.
        share: probability in [0, 1].
    """

    language: str
    share: float


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a stretch of text, without addresses, names of variables and the like.

    Attributes:
        spelled: as they stand.
        kinds: different ones, in small letters; the elided beginning of `l'air` is one too.
        others: how many tokens with a letter are no words.
    """

    spelled: tuple[str, ...]
    kinds: frozenset[str]
    others: int

    @property
    def enough(self) -> bool:
        """Say whether these can show a language, and are more than what is no word."""
        return (
            len(self.kinds) >= LEAST_WORDS
            and len(self.spelled) > self.others
            and sum(map(len, self.spelled)) >= LEAST_LETTERS
        )

    @property
    def running(self) -> bool:
        """Say whether these are a sentence rather than a list of names or a headline."""
        return sum(word[0].islower() for word in self.spelled) >= _RUNNING * len(self.spelled)

    @property
    def hardly_english(self) -> bool:
        """Say whether there is at most a small word of English among many."""
        return len(self.kinds & lists().english) <= _LITTLE_ENGLISH * len(self.kinds)


@dataclass(frozen=True, slots=True)
class _Script:
    name: str
    letters: re.Pattern[str]
    weight: int


@dataclass(frozen=True, slots=True)
class Lists:
    """Small words by language.

    Attributes:
        english: of English.
        others: of each language that was not measured, by its name.
        telling: of one of those, and not of English.
    """

    english: frozenset[str]
    others: dict[str, frozenset[str]]
    telling: frozenset[str]


def rows() -> Table:
    """Return the table of languages."""
    return table("languages.toml")


@cache
def lists() -> Lists:
    """Return the small words."""
    data = rows().data
    english = frozenset(data["english"]["words"].split())
    others = {
        row["name"]: frozenset(row["words"].split())
        for code, row in data["language"].items()
        if code not in MEASURED_LANGUAGES
    }
    return Lists(english, others, frozenset(chain(*others.values())) - english)


@cache
def _scripts() -> tuple[_Script, ...]:
    return tuple(
        # A letter on its own is a sign of mathematics or of a face.
        _Script(row["name"], re.compile(f"[{row['letters']}]{{2,}}"), _DENSE if dense else 1)
        for row in rows().data["script"]
        for dense in [row.get("dense", False)]
    )


def words_of(text: str) -> Words:
    """Return the words of a stretch of text."""
    spelled: list[str] = []
    others = 0
    for token in text.replace("’", "'").replace("—", " ").split():  # noqa: RUF001 (an apostrophe)
        word = token.strip(_AROUND)
        if token[0] not in "@#" and len(word) <= _LONGEST_WORD and _WORD.fullmatch(word):
            spelled.append(word)
        elif _LETTER.search(token):
            others += 1
    kinds = {word.lower() for word in spelled}
    kinds |= {word[: word.index("'") + 1] for word in kinds if "'" in word}
    return Words(tuple(spelled), frozenset(kinds), others)


def by_letters(text: str) -> Sighting | None:
    """Return the language that letters other than Latin ones show, if there are enough of them."""
    counts: Counter[str] = Counter()
    for script in _scripts():
        found = sum(map(len, script.letters.findall(text)))
        if found:
            counts[script.name] = found * script.weight
    seen = counts.total()
    if seen < LEAST_LETTERS:
        return None
    latin = sum(1 for letter in text if letter < "\u0250" and letter.isalpha())
    share = seen / (seen + latin)
    if share < _SHARE and seen < _MANY:
        return None
    name = "Japanese" if counts["Japanese"] > _KANA * seen else counts.most_common(1)[0][0]
    return Sighting(name, round(min(0.99, 0.7 + share / 2), 2))


def by_words(words: Words) -> Sighting | None:
    """Return the language that small words show, if they are none of English."""
    known = lists()
    telling = words.kinds & known.telling
    if len(telling) < _OWN_WORDS or not words.enough:
        return None
    english = len(words.kinds & known.english)
    hits = {name: len(words.kinds & own) for name, own in known.others.items()}
    name = max(hits, key=hits.__getitem__)
    ahead = hits[name] - english
    if len(telling & known.others[name]) < _OWN_WORDS or ahead < _OWN_WORDS:
        return None
    if hits[name] == _OWN_WORDS and not words.running:
        return None
    if hits[name] < _SHARE * len(words.kinds):
        return None
    return Sighting(name, round(min(0.99, 1 - 0.5**ahead), 2))


def by_signs(words: Words) -> Sighting | None:
    """Return that it is not English where small letters with signs stand in many words."""
    signed = {word for word in words.spelled if not word.isascii() and word[0].islower()}
    few = len(signed) < _OWN_WORDS or len(signed) < _SHARE * len(words.kinds)
    if few or not words.enough or not words.hardly_english:
        return None
    return Sighting("a language other than English", round(min(0.99, 1 - 0.5 ** len(signed)), 2))
