"""Whether words with a capital name somebody, and whether the name leaves the gender open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from upright.generate.balance_words import Words

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
_BEGINS = re.compile(r"[\"\u201c\u201d:;\n\u2022*#(\[\u2014\u2013]")
_ONE_NAME = re.compile(r"\.? |-")
_ABSTRACT = ("ing", "ion", "ment", "ness", "ity", "ence", "ance", "ics", "ogy", "ly", "s")
_ADJECTIVE = ("ese", "ish", "ian", "ican", "ean")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence.

    Attributes:
        text: in lower case, without a genitive's ending.
        start: its first character.
        end: one past its last.
        capital: whether it begins with a capital.
        loud: whether it is an acronym.
        owns: whether it stood in the genitive.
        begins: whether a sentence, a quotation or a line begins with it.
    """

    text: str
    start: int
    end: int
    capital: bool
    loud: bool
    owns: bool
    begins: bool


@dataclass(frozen=True, slots=True)
class Naming:
    """What names in a sentence say.

    Attributes:
        tells: whether a name may tell a gender; a name that is not known may.
        surnames: family names behind a title, with the place of their first character.
    """

    tells: bool
    surnames: tuple[tuple[str, int], ...] = ()


def split(sentence: str) -> list[Word]:
    """Return the words of a sentence."""
    found: list[Word] = []
    end = 0
    for match in _WORD.finditer(sentence):
        raw = match[0]
        plain = raw.replace("\u2019", "'")
        bare, mark, ending = plain.partition("'")
        owns = bool(mark) and ending in {"s", "S"}
        begins = not found or _BEGINS.search(sentence, end, match.start()) is not None
        loud = len(bare) > 1 and bare.isupper()
        text = bare.lower() if owns else plain.lower()
        # A letter behind a digit is a unit: 98F.
        capital = (
            raw[0].isupper() and not sentence[max(0, match.start() - 1) : match.start()].isdigit()
        )
        found.append(Word(text, match.start(), match.end(), capital, loud, owns, begins))
        end = match.end()
    return found


def naming(sentence: str, words: Sequence[Word], known: Words) -> Naming:
    """Return what the names of a sentence say.

    Args:
        sentence: the text.
        words: of it.
        known: the tables.
    """
    if not any(word.capital and not word.loud for word in words):
        # Somebody types without capitals, or with nothing else.
        return Naming(any(word.text in known.given for word in words))
    surnames: list[tuple[str, int]] = []
    for first, last in _runs(sentence, words):
        if _is_called(sentence, words, last - 1, known) and _starts(words[first : last - 1], known):
            return Naming(tells=True)
        at = first
        while at < last and words[at].text in known.starters:
            at += 1
        if at == last:
            continue
        run, before = words[at:last], _before(sentence, words, at)
        after = words[last] if last < len(words) else None
        told = _told(run, before, after, known)
        if told is None:
            return Naming(tells=True)
        surnames += told
    return Naming(tells=False, surnames=tuple(surnames))


def _runs(sentence: str, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield first and one past last of the words with a capital that stand in a row."""
    at = 0
    while at < len(words):
        if not words[at].capital:
            at += 1
            continue
        first = at
        at += 1
        while (
            at < len(words)
            and words[at].capital
            and _ONE_NAME.fullmatch(sentence, words[at - 1].end, words[at].start)
        ):
            at += 1
        yield first, at


def _starts(words: Sequence[Word], known: Words) -> bool:
    """Say whether words only begin a sentence, if there are any."""
    return all(word.text in known.starters for word in words)


def _is_called(sentence: str, words: Sequence[Word], at: int, known: Words) -> bool:
    """Say whether a word that is a given name, and something else, is somebody's name here.

    Will, May, Sunday and Charlotte are persons where they do, are told or are called something.
    """
    word = words[at]
    before = words[at - 1].text if at else ""
    behind = sentence[word.end : word.end + 2].lstrip()
    if word.text not in known.names_too or word.loud:
        return False
    if before in known.before_dates or behind[:1].isdigit():
        return False
    if not word.begins:
        # What Will is besides begins a sentence, or has no capital.
        more = {word.text} - known.nobody - known.people
        if more or before in known.before_names or before in known.people:
            return True
    after = words[at + 1] if at + 1 < len(words) else None
    if after is None or after.capital:
        return False
    if behind.startswith(","):
        return after.text in known.articles or after.text in {"who", "whose"}
    return after.text in known.deeds or after.text.endswith("ed")


def _told(
    run: Sequence[Word], before: str, after: Word | None, known: Words
) -> list[tuple[str, int]] | None:
    """Return the family names of a run, or None where it may tell a gender."""
    texts = [word.text for word in run]
    somewhere = before in known.before_places or texts[0] not in known.given
    titled = [at for at, text in enumerate(texts) if text in known.titles or text in known.people]
    bodies = [at for at, text in enumerate(texts) if text in known.bodies]
    if somewhere and bodies:
        return _at_place(run, titled, bodies, known)
    if titled:
        return _titled(run, titled, before, known)
    if texts[0] in known.gendered_titles and (len(run) > 1 or texts[0] == "ms"):
        return None
    names = [word for word in run if word.text not in known.nobody and not word.loud]
    gendered = not known.given.isdisjoint(word.text for word in names)
    # First and last name are those of somebody whom the model may know.
    anybody = not names or (len(names) == 1 and names[0].text in known.shared)
    if not gendered and anybody:
        return []
    return None if gendered or _is_name(run, names, before, after, known) else []


def _at_place(
    run: Sequence[Word], titled: Sequence[int], bodies: Sequence[int], known: Words
) -> list[tuple[str, int]] | None:
    """Return the same for a place or a body: State Senator Maria Lopez and Dr. Hall are none."""
    behind = run[titled[-1] + 1 :] if titled else []
    if behind and behind[0].text in known.given:
        return None
    return _behind_title(behind, known) if titled and titled[-1] > bodies[-1] else []


def _titled(
    run: Sequence[Word], titled: Sequence[int], before: str, known: Words
) -> list[tuple[str, int]] | None:
    """Return the same for a run with titles or trades in it."""
    before_it = {word.text for word in run[: titled[0]]}
    if before_it & (known.given | known.gendered_titles):
        return None
    if _is_surname(run, titled[-1], before, known):
        return None
    return _behind_title(run[titled[-1] + 1 :], known)


def _before(sentence: str, words: Sequence[Word], at: int) -> str:
    """Return the word before another; a number between them ends what it belongs to."""
    if not at or any(map(str.isdigit, sentence[words[at - 1].end : words[at].start])):
        return ""
    return words[at - 1].text


def _is_surname(run: Sequence[Word], titled: int, before: str, known: Words) -> bool:
    """Say whether a trade is a family name (Beau Weaver) or a given one (Hunter Carson)."""
    if len(run) == 1 or before in known.before_places or run[titled].text in known.titles:
        return False
    if titled == 0:
        return run[0].text in known.names_too
    ordinary = known.nobody | known.people | known.titles | known.starters
    return titled == len(run) - 1 and all(word.text not in ordinary for word in run[:titled])


def _behind_title(name: Sequence[Word], known: Words) -> list[tuple[str, int]] | None:
    """Return the family name behind a title, or None where a given name stands there too."""
    spelt = [word for word in name if len(word.text) > 1]
    if not spelt:
        return []
    first = spelt[0].text
    if len(spelt) > 1 and first not in known.shared:
        return None
    if len(spelt) == 1 and first in known.given and first not in known.both:
        return None
    return [(spelt[-1].text, spelt[-1].start)]


def _is_name(
    run: Sequence[Word], names: Sequence[Word], before: str, after: Word | None, known: Words
) -> bool:
    """Say whether capitals that nobody knows are likelier a name than not."""
    if not run[0].begins:
        adjective = names[-1].text.endswith(_ADJECTIVE) and after is not None
        return before not in known.before_places and not adjective
    if len(names) > 1 or names[0].owns:
        return True
    if names[0].text.endswith(_ABSTRACT) or after is None:
        return False
    return after.text in known.verbs or after.text.endswith("ed")
