"""Phrases over words: one matcher for injection, toxicity and topics.

A phrase is a row of steps. A step names the words that fit it; it can be optional, and up to
some number of other words may stand before it. A match must end within a window after its start,
and whatever the matcher had to ask of text that is not there yet makes it open: law 1 by
construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from upright.guard.detectors.local import Hit, LocalDetector
from upright.guard.detectors.words import Words, spellings_in, words_of

# No phrase of the tables needs more; a short window keeps the tail short.
_WINDOW = 160
_ROOM = 8


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a phrase.

    Attributes:
        words: those that fit.
        beginnings: beginnings of words that fit.
        optional: whether the place may be left out.
        gap: how many other words may stand before it.
    """

    words: frozenset[str]
    beginnings: tuple[str, ...] = ()
    optional: bool = False
    gap: int = 0

    def fits(self, forms: Iterable[str]) -> bool:
        """Say whether any spelling of a word fits."""
        return any(form in self.words or form.startswith(self.beginnings) for form in forms)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A row of steps with what a match of it means.

    Attributes:
        steps: the first is neither optional nor behind a gap and has no beginnings.
        score: probability that a match is right.
        severity: 0 to 4.
        why: the explanation.
    """

    steps: tuple[Step, ...]
    score: float
    severity: int
    why: str

    @property
    def window(self) -> int:
        """How many characters a match can take."""
        own = sum(max(map(len, step.words), default=0) + _ROOM for step in self.steps)
        return max(_WINDOW, own)


def parse_steps(text: str, sets: Mapping[str, Sequence[str]] | None = None) -> tuple[Step, ...]:
    """Read a phrase as the tables write it.

    `a|b` one of several words, `@name` a set of the table, `word?` optional, `word*` a
    beginning, `~3` up to three other words.

    Raises:
        ValueError: for a phrase whose first step is optional, a beginning or behind a gap.
    """
    steps: list[Step] = []
    gap = 0
    for element in text.split():
        if element.startswith("~"):
            gap = int(element[1:])
            continue
        steps.append(_parse_step(element, sets or {}, gap))
        gap = 0
    if not steps or steps[0].optional or steps[0].beginnings or steps[0].gap:
        raise ValueError(f"a phrase must start with words it cannot do without: {text!r}")
    return tuple(steps)


def _parse_step(element: str, sets: Mapping[str, Sequence[str]], gap: int) -> Step:
    words: list[str] = []
    for name in element.removesuffix("?").split("|"):
        words += sets[name[1:]] if name.startswith("@") else [name]
    return Step(
        words=frozenset(word for word in words if not word.endswith("*")),
        beginnings=tuple(word[:-1] for word in words if word.endswith("*")),
        optional=element.endswith("?"),
        gap=gap,
    )


class _Opening:
    """What the phrases that start with one word have in common."""

    def __init__(self) -> None:
        self.phrases: list[Phrase] = []
        self._seconds: frozenset[str] = frozenset()
        self._beginnings: tuple[str, ...] = ()
        self._within = 0

    def add(self, phrase: Phrase) -> None:
        """Take in a phrase."""
        self.phrases.append(phrase)
        within = 0
        for step in phrase.steps[1:]:
            within += step.gap + 1
            self._seconds |= step.words
            self._beginnings += step.beginnings
            if not step.optional:
                break
        else:
            # Nothing has to follow, so no word that follows can refute it.
            self._within = -1
        if self._within >= 0:
            self._within = max(self._within, within)

    def is_refuted(self, words: Words, index: int) -> bool:
        """Say quickly whether the words after the first one refute all phrases for good."""
        last = index + 1 + self._within
        if last <= index or last >= len(words.forms):
            return False
        for forms in words.forms[index + 1 : last]:
            for form in forms:
                if form in self._seconds or form.startswith(self._beginnings):
                    return False
        return True


@final
class PhraseMatcher:
    """Finds phrases in a text and knows which of them are still open."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._by_first: dict[str, _Opening] = {}
        window = _WINDOW
        for phrase in phrases:
            window = max(window, phrase.window)
            for word in phrase.steps[0].words:
                self._by_first.setdefault(word, _Opening()).add(phrase)
        self.reach = window + 1

    def scan(self, text: str) -> Iterator[Hit]:
        """Yield the hits, leftmost first and longest first, none overlapping."""
        if self._by_first.keys().isdisjoint(spellings_in(text)):
            return
        words = words_of(text)
        floor = 0
        for index, phrases in self._begun(words):
            start = words.spans[index][0]
            if start < floor:
                continue
            ends = [(_match(words, phrase, index)[0], phrase) for phrase in phrases]
            last, best = max(ends, key=lambda end: (end[0], end[1].score))
            if last >= 0:
                floor = words.spans[last][1]
                yield Hit(start, floor, best.score, best.severity, best.why)

    def tail(self, text: str) -> int:
        """Return the start of the first phrase that may still begin, end or grow."""
        floor = max(0, len(text) - self.reach)
        left = min(floor, 1)
        words = words_of(text[floor - left :])
        for index, phrases in self._begun(words):
            start = words.spans[index][0]
            if start >= left and any(_match(words, phrase, index)[1] for phrase in phrases):
                return floor - left + start
        if words.spans and words.is_open(len(words.spans) - 1):
            return floor - left + max(left, words.spans[-1][0])
        return len(text)

    def _begun(self, words: Words) -> Iterator[tuple[int, list[Phrase]]]:
        """Yield the words at which a phrase may begin, with the phrases."""
        known = words.places.keys() & self._by_first.keys()
        begun = sorted((index, form) for form in known for index in words.places[form])
        for index, form in begun:
            opening = self._by_first[form]
            if not opening.is_refuted(words, index):
                yield index, opening.phrases


def _match(words: Words, phrase: Phrase, index: int) -> tuple[int, bool]:
    """Return the last word of the longest match that starts at a word, or -1, and if it is open."""
    limit = words.spans[index][0] + phrase.window
    if words.spans[index][1] > limit:
        return -1, False
    ends, still_open = {index + 1}, words.is_open(index)
    for step in phrase.steps[1:]:
        after: set[int] = set(ends) if step.optional else set()
        for end in ends:
            found, asked = _take(words, step, end, limit)
            after |= found
            still_open |= asked
        ends = after
        if not ends:
            return -1, still_open
    return max(ends) - 1, still_open


def _take(words: Words, step: Step, index: int, limit: int) -> tuple[set[int], bool]:
    """Return where the step can end if it or its gap starts at a word, and if it is open."""
    found: set[int] = set()
    for place in range(index, index + step.gap + 1):
        if not words.joined(place):
            return found, False
        if place == len(words.spans):
            return found, len(words.text) <= limit
        if words.spans[place][1] > limit:
            return found, False
        if step.fits(words.forms[place]):
            found.add(place + 1)
        if words.is_open(place):
            return found, True
    return found, False


def phrase_detector(rule: str, phrases: Iterable[Phrase], *, version: str) -> LocalDetector:
    """Make a detector of phrases."""
    matcher = PhraseMatcher(phrases)
    return LocalDetector(
        rule, version=version, reach=matcher.reach, scan=matcher.scan, tail=matcher.tail
    )
