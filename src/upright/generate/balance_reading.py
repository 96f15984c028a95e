"""Whether a text leaves open which gender the person has of whom it speaks. English only.

Whoever reads is to be sure: a text is open only if nothing in it may tell a gender. Evidence closes
the paragraph it stands in, for everybody there, but for the plainest case in which it belongs to
somebody else. In a later paragraph of the same text a person who is brought in anew is open again;
whoever stood beside evidence stays closed under every noun that may mean the same person, and so
does every answer to a turn that held some.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from upright.generate.balance_names import Word, naming, split
from upright.generate.balance_owners import owned, subject
from upright.generate.balance_words import Words, professions, shipped_words

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE = re.compile(r"(?<=[.!?])[\"'\u201d\u2019)\]]*\s+(?=\S)|\n+(?=\S)")
_ABBREVIATED = re.compile(r"(?:^|[\s(\"\u201c])(?:[A-Z]|[A-Z][a-z]{1,3}|e\.g|i\.e|vs|etc)\.$")
_LONGEST = 4_000  # characters of one sentence; a text without full stops is cut there
_BETWEEN = 3  # words between an article and its noun


@dataclass(frozen=True, slots=True)
class Look:
    """What one sentence says.

    Attributes:
        evidence: whether something in it may tell a gender.
        people: whom it speaks of: nouns, and family names behind a title.
        fresh: whether the last of them is brought in, and not said of somebody.
        definite: whether that may be somebody who was there before: the doctor, Dr. Hanson.
        somebody: whether the evidence is a name or a noun for somebody, whom another noun may mean.
        others: whose gender it tells, if all of its evidence is that of an owner or of what
            somebody owns; None if not.
        apart: who is surely none of them.
        subject: with whom it goes on; None where that is not plain.
    """

    evidence: bool
    people: tuple[str, ...] = ()
    fresh: bool = False
    definite: bool = False
    somebody: bool = False
    others: frozenset[str] | None = None
    apart: frozenset[str] = frozenset()
    subject: str | None = None


_NOTHING = Look(evidence=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a text says at its end.

    Attributes:
        open: whether the gender is open of the person of whom it speaks there.
        profession: that person's, if the text speaks of one profession only.
    """

    open: bool
    profession: str | None = None


class Reading:
    """Follows one text.

    Each sentence is read once when it is complete; what it costs to ask does not grow with the
    text.
    """

    def __init__(self) -> None:
        self._rest = ""  # not read yet, or an unfinished sentence
        self._closed = False  # for all that follows
        self._told: set[str] = set()  # nouns of people who stood beside evidence
        self._somebody = False  # who was told has a name, or is called wife or father
        self._evidence = False  # in this paragraph
        self._loose = False  # some of which may be anybody's
        self._others: list[Look] = []  # sentences in it of which none is
        self._people: list[str] = []  # of this paragraph
        self._last: tuple[str, ...] = ()  # of the last paragraph that spoke of somebody
        self._last_look = _NOTHING  # the last sentence of this paragraph that spoke of somebody

    def feed(self, text: str) -> None:
        """Let the text go on."""
        self._rest += text

    def end_turn(self) -> None:
        """End one turn of a conversation; what it tells holds for all that follows."""
        self._advance()
        self._read(self._rest)
        self._rest = ""
        self._closed = self._closed or self._evidence or bool(self._told)
        self._new_paragraph()

    def instruct(self, text: str) -> None:
        """Take instructions: what they say of gender holds, and names in them are the writer's."""
        known = shipped_words()
        self._closed = self._closed or _tells(text, split(text), known)

    @property
    def in_word(self) -> bool:
        """Whether the text ends in a word that more letters would lengthen."""
        return self._rest[-1:].isalnum()

    def scope(self) -> Scope:
        """Return what the text says at its end."""
        self._advance()
        if self._closed or self._loose:
            return Scope(open=False)
        here = look(self._rest)
        if self._evidence or here.evidence:
            return self._beside(here)
        people = [*self._people, *here.people]
        if self._told and not (people and self._is_new(here, people)):
            return Scope(open=False)
        return Scope(open=True, profession=_profession(people or self._last))

    def _beside(self, here: Look) -> Scope:
        """Return whether the text goes on about somebody who stands beside others' evidence."""
        if here.subject is None or here.others is None or self._told:
            return Scope(open=False)
        beside = [*self._others, *([here] if here.evidence else [])]
        told = _alike(noun for one in beside for noun in one.others or ())
        if here.subject in told or not all(here.subject in one.apart for one in beside):
            return Scope(open=False)
        return Scope(open=True, profession=_profession([here.subject]))

    def _is_new(self, here: Look, people: Sequence[str]) -> bool:
        """Say whether the last of some people is none of those who were told."""
        last = here if here.people else self._last_look
        if not last.fresh or (last.definite and self._somebody):
            return False
        return self._told.isdisjoint(people)

    def _advance(self) -> None:
        while (cut := _paragraph_or_sentence(self._rest)) is not None:
            sentence, self._rest, paragraph = cut
            self._read(sentence)
            if paragraph:
                self._new_paragraph()

    def _read(self, sentence: str) -> None:
        seen = look(sentence)
        self._evidence = self._evidence or seen.evidence
        self._loose = self._loose or (seen.evidence and seen.others is None)
        if seen.evidence:
            self._others.append(seen)
        self._somebody = self._somebody or seen.somebody
        if seen.people:
            self._people += seen.people
            self._last_look = seen

    def _new_paragraph(self) -> None:
        if self._evidence:
            self._told |= _alike(self._people)
            # Evidence of nobody in particular may be about anybody who follows.
            self._closed = self._closed or not self._people
        if self._people:
            self._last = tuple(self._people)
        self._evidence = self._loose = False
        self._others, self._people, self._last_look = [], [], _NOTHING


def _paragraph_or_sentence(text: str) -> tuple[str, str, bool] | None:
    """Return the first complete sentence, what follows, and whether a paragraph ends between."""
    paragraph = _PARAGRAPH.search(text)
    end = len(text) if paragraph is None else paragraph.start()
    for match in _SENTENCE.finditer(text, 0, end):
        if not _abbreviates(text[: match.start()]):
            return text[: match.start()], text[match.end() :], False
    if paragraph is not None:
        return text[:end], text[paragraph.end() :], True
    if len(text) > _LONGEST:
        space = text.rfind(" ", 0, _LONGEST) + 1 or _LONGEST
        return text[:space], text[space:], False
    return None


def _abbreviates(before: str) -> bool:
    """Say whether a full stop belongs to an abbreviation."""
    found = _ABBREVIATED.search(before[-8:])
    if found is None:
        return False
    word = found[0].strip(' .("“\n\t')
    return len(word) == 1 or word.lower() in shipped_words().abbreviations or not word[0].isupper()


@lru_cache(maxsize=256)
def look(sentence: str) -> Look:
    """Return what one sentence says."""
    known = shipped_words()
    words = split(sentence)
    named = naming(sentence, words, known)
    evidence = named.tells or _tells(sentence, words, known)
    surnames = [_Person(at, name, fresh=True, definite=True) for name, at in named.surnames]
    spots = sorted([*_nouns(words, known), *surnames])
    last = spots[-1] if spots else _Person(0, "", fresh=False, definite=False)
    here = Look(
        evidence,
        people=tuple(one.noun for one in spots),
        fresh=last.fresh,
        definite=last.definite,
        others=frozenset(),
        subject=subject(sentence, known),
    )
    return _with_owners(here, sentence, words, known) if evidence else here


def _with_owners(here: Look, sentence: str, words: Sequence[Word], known: Words) -> Look:
    """Return what a sentence says, with whose the evidence is."""
    rest = owned(sentence, words, known)
    left = split(rest.left)
    loose = naming(rest.left, left, known).tells or _tells(rest.left, left, known)
    kin = any(word.text in known.kin for word in words)
    return replace(
        here,
        somebody=kin or naming(sentence, words, known).tells,
        others=None if loose else rest.told,
        apart=rest.apart,
        subject=subject(rest.left, known),
    )


def _tells(sentence: str, words: Sequence[Word], known: Words) -> bool:
    """Say whether words or phrases tell a gender."""
    if not _holds(sentence, words, known):
        return False
    left = known.neutral.sub("·", sentence)
    return left == sentence or _holds(left, split(left), known)


def _holds(text: str, words: Sequence[Word], known: Words) -> bool:
    """Say whether words, phrases or signs that tell a gender stand in a text."""
    return any(known.tells(word.text) for word in words) or bool(
        known.phrases.search(text) or known.signs.search(text)
    )


class _Person(NamedTuple):
    """A noun for somebody, and where it stands; see `Look`."""

    start: int
    noun: str
    fresh: bool
    definite: bool


def _nouns(words: Sequence[Word], known: Words) -> list[_Person]:
    found = []
    for at, word in enumerate(words):
        pair = f"{words[at - 1].text} {word.text}" if at else ""
        noun = pair if pair in known.people else word.text
        if noun == "dr":
            found.append(_Person(word.start, "doctor", fresh=True, definite=True))
        elif noun in known.people:
            article = _article(words, at, known)
            definite = article in known.definite
            # Anybody may be the patient or the boss.
            fresh = article is not None and not (definite and noun in known.roles)
            found.append(_Person(word.start, noun, fresh, definite))
    return found


def _article(words: Sequence[Word], at: int, known: Words) -> str | None:
    """Return the article by which somebody is brought in; None where nobody is."""
    for back in range(at - 1, max(-1, at - 2 - _BETWEEN), -1):
        if words[back].text in known.articles:
            says_what = back > 0 and words[back - 1].text in known.predicates
            return None if says_what else words[back].text
    return None


def _alike(people: Iterable[str]) -> set[str]:
    """Return some nouns with those that may be said of the same people."""
    known = shipped_words().alike
    return {other for noun in people for other in {noun, *known.get(noun, ())}}


def _profession(people: Sequence[str]) -> str | None:
    """Return the one profession among some people."""
    shares = professions()
    found = {name for name in people if name in shares}
    return found.pop() if len(found) == 1 else None
