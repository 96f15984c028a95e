"""Evidence that belongs to somebody else: the doctor's wife, the patient's beard.

It says nothing of whom the sentence speaks. Only the plainest case is read: what tells the gender
stands behind somebody's genitive, the sentence begins with another person and names no third, and
it ends where its subject goes on ("…, and then"). In all others the text stays closed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from upright.generate.balance_names import Word, split
from upright.generate.balance_words import Words

_REACH = 4  # words between a genitive and what is owned
_BEFORE = 3  # words between an article and its noun
_GOES_ON = re.compile(r"(?:\band|\bthen|\bbefore|, but|, so)\s*$", re.IGNORECASE)
_ASIDE = (",", "(", "-", "\u2013", "\u2014", ":")
_OWNED = "·"


@dataclass(frozen=True, slots=True)
class Owned:
    """What a sentence says without what is owned.

    Attributes:
        left: the sentence, a sign in place of each owner and what tells a gender there.
        told: nouns of those whose gender is told.
        apart: nouns of those who are surely somebody else: whose wife it is, and whoever the
            sentence begins with.
    """

    left: str
    told: frozenset[str]
    apart: frozenset[str]


def owned(sentence: str, words: Sequence[Word], known: Words) -> Owned:
    """Return a sentence without evidence that belongs to an owner in the genitive."""
    told: set[str] = set()
    apart: set[str] = set()
    parts, end, at = [], 0, 0
    while at < len(words):
        head, first = _head(words, at, known), _article(words, at, known)
        # Behind a comma it may be somebody who was named before it.
        if head is None or sentence[: words[first].start].rstrip().endswith(_ASIDE):
            at += 1
            continue
        if known.tells(words[head].text) and words[head].text not in known.kin:
            told.add(words[at].text)  # a beard is its owner's
        else:
            told.add(words[head if words[head].text in known.kin else head - 1].text)
            apart.add(words[at].text)
        parts += [sentence[end : words[first].start], _OWNED]
        end, at = words[head].end, head + 1
    left = "".join([*parts, sentence[end:]])
    first_of_all = _begins_with(left, known)
    if first_of_all is not None:
        apart.add(first_of_all)
    return Owned(left, frozenset(told), frozenset(apart))


def subject(left: str, known: Words) -> str | None:
    """Return the person with whom an unfinished sentence goes on; None if that is not plain.

    Args:
        left: the sentence without what is owned; see `owned`.
        known: the tables.
    """
    return _begins_with(left, known) if _GOES_ON.search(left) else None


def _begins_with(sentence: str, known: Words) -> str | None:
    """Return the person with whom a sentence begins, if it names no other."""
    words = split(sentence)
    if not words or words[0].text not in known.articles:
        return None
    people = [at for at, word in enumerate(words) if word.text in known.people]
    if len(people) != 1 or people[0] > _BEFORE or words[people[0]].owns:
        return None
    first = words[people[0]]
    # The owner and what is owned come after the subject, or not at all.
    return None if _OWNED in sentence[: first.start] else first.text


def _head(words: Sequence[Word], at: int, known: Words) -> int | None:
    """Return the word that tells a gender behind a genitive."""
    if not (words[at].owns and words[at].text in known.people):
        return None
    if any(word.text in known.predicates for word in words[:at]):
        return None  # the nurse is the mayor's wife
    for head in range(at + 1, min(at + 1 + _REACH, len(words))):
        word = words[head]
        if word.text in known.articles or word.owns:
            return None
        if known.tells(word.text):
            return None if word.text in known.pronouns else head
        if word.capital:
            named = words[head - 1].text in known.people and word.text in known.given
            return head if named else None
    return None


def _article(words: Sequence[Word], at: int, known: Words) -> int:
    """Return the article before an owner, or the owner."""
    for back in range(at - 1, max(-1, at - 2 - _BEFORE), -1):
        if words[back].text in known.articles:
            return back
    return at
