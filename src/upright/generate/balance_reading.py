"""Whether a text leaves open which gender the person has of whom it speaks. English only.

Whoever reads is to be sure: a text is open only if nothing in it may tell a gender. Evidence closes
the paragraph it stands in, for everybody there. In a later paragraph of the same text a person who
is brought in anew is open again; whoever stood beside evidence stays closed, and so does every
answer to a turn that held some.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from upright.generate.balance_names import Word, naming, split
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
    """

    evidence: bool
    people: tuple[str, ...] = ()
    fresh: bool = False


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
        self._told: set[str] = set()  # people who stood beside evidence
        self._evidence = False  # in this paragraph
        self._people: list[str] = []  # of this paragraph
        self._last: tuple[str, ...] = ()  # of the last paragraph that spoke of somebody
        self._fresh = False

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
        if self._closed or self._evidence:
            return Scope(open=False)
        here = look(self._rest)
        if here.evidence:
            return Scope(open=False)
        people = [*self._people, *here.people]
        fresh = here.fresh if here.people else self._fresh
        if self._told and not (people and fresh and self._told.isdisjoint(people)):
            return Scope(open=False)
        return Scope(open=True, profession=_profession(people or self._last))

    def _advance(self) -> None:
        while (cut := _paragraph_or_sentence(self._rest)) is not None:
            sentence, self._rest, paragraph = cut
            self._read(sentence)
            if paragraph:
                self._new_paragraph()

    def _read(self, sentence: str) -> None:
        seen = look(sentence)
        self._evidence = self._evidence or seen.evidence
        if seen.people:
            self._people += seen.people
            self._fresh = seen.fresh

    def _new_paragraph(self) -> None:
        if self._evidence:
            self._told.update(self._people)
            # Evidence of nobody in particular may be about anybody who follows.
            self._closed = self._closed or not self._people
        if self._people:
            self._last = tuple(self._people)
        self._evidence, self._people, self._fresh = False, [], False


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
    spots = sorted([*_nouns(words, known), *((at, name, True) for name, at in named.surnames)])
    people = tuple(name for _, name, _ in spots)
    return Look(evidence, people, bool(spots) and spots[-1][2])


def _tells(sentence: str, words: Sequence[Word], known: Words) -> bool:
    """Say whether words or phrases tell a gender."""
    if not any(known.tells(word.text) for word in words) and not known.phrases.search(sentence):
        return False
    left = known.neutral.sub("·", sentence)
    if left == sentence:
        return True
    return any(known.tells(word.text) for word in split(left)) or bool(known.phrases.search(left))


def _nouns(words: Sequence[Word], known: Words) -> list[tuple[int, str, bool]]:
    """Return place and noun of each person, and whether somebody is brought in by it."""
    found = []
    for at, word in enumerate(words):
        pair = f"{words[at - 1].text} {word.text}" if at else ""
        noun = pair if pair in known.people else word.text
        if noun == "dr":
            found.append((word.start, "doctor", True))
        elif noun in known.people:
            found.append((word.start, noun, _is_fresh(words, at, known)))
    return found


def _is_fresh(words: Sequence[Word], at: int, known: Words) -> bool:
    for back in range(at - 1, max(-1, at - 2 - _BETWEEN), -1):
        if words[back].text in known.articles:
            return back == 0 or words[back - 1].text not in known.predicates
    return False


def _profession(people: Sequence[str]) -> str | None:
    """Return the one profession among some people."""
    shares = professions()
    found = {name for name in people if name in shares}
    return found.pop() if len(found) == 1 else None
