"""Phrases over words: one matcher for injection, toxicity and topics.

A phrase is a row of steps. A step names the words that fit it; it can be optional, and up to
`~n` other words may stand before it. Words are compared in folded forms, so case, look-alike
digits and the like do not matter where the table says so. Words and what stands between them are
bounded, so every phrase has a reach; and what the matcher had to ask of text that is not there
yet makes a match open, which is law 1 by construction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from upright.guard.detectors.local import Hit, LocalDetector

LONGEST_WORD = 40
_LONGEST_GAP = 6
# Between the words of one phrase: no end of a sentence, no empty line.
_JOINT = re.compile(r"(?:[^\w.!?\n]|_)*\n?(?:[^\w.!?\n]|_)*")


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a phrase.

    Attributes:
        words: those that fit, folded.
        beginnings: beginnings of words that fit.
        optional: whether the place may be left out.
        gap: how many other words may stand before it.
    """

    words: frozenset[str]
    beginnings: tuple[str, ...] = ()
    optional: bool = False
    gap: int = 0

    def fits(self, forms: Iterable[str]) -> bool:
        """Say whether any of a word's forms fits."""
        return any(
            form in self.words or (self.beginnings and form.startswith(self.beginnings))
            for form in forms
        )


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


def parse_steps(text: str, sets: Mapping[str, Sequence[str]] | None = None) -> tuple[Step, ...]:
    """Read a phrase as the tables write it.

    `a|b` one of several words, `@name` a set of the table, `word?` optional, `word*` a
    beginning, `~3` up to three other words.

    Raises:
        ValueError: for a phrase whose first step is optional, open or behind a gap.
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
    optional = element.endswith("?")
    words: list[str] = []
    for name in element.removesuffix("?").split("|"):
        words += sets[name[1:]] if name.startswith("@") else [name]
    return Step(
        words=frozenset(word for word in words if not word.endswith("*")),
        beginnings=tuple(word[:-1] for word in words if word.endswith("*")),
        optional=optional,
        gap=gap,
    )


def fold_case(word: str) -> tuple[str, ...]:
    """Return a word's one form: lower case, straight apostrophe."""
    return (word.casefold().replace("\u2019", "'"),)


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    forms: tuple[str, ...]
    joined: bool


@final
class PhraseMatcher:
    """Finds phrases in a text and knows which of them are still open.

    Args:
        phrases: what to find.
        inner: characters beside letters and digits that can stand inside a word.
        fold: gives the forms in which a word is compared.
    """

    def __init__(
        self,
        phrases: Iterable[Phrase],
        *,
        inner: str = "",
        fold: Callable[[str], tuple[str, ...]] = fold_case,
    ) -> None:
        letter = f"(?:[^\\W_]|[{re.escape(inner)}])" if inner else r"[^\W_]"
        self._word = re.compile(
            rf"(?<![^\W_]){letter}(?:{letter}|['\u2019](?=[^\W_])){{0,{LONGEST_WORD - 1}}}"
        )
        self._fold = fold
        self._by_first: dict[str, list[Phrase]] = {}
        most = 0
        for phrase in phrases:
            most = max(most, sum(1 + step.gap for step in phrase.steps))
            for word in phrase.steps[0].words:
                self._by_first.setdefault(word, []).append(phrase)
        self.reach = (most + 1) * (LONGEST_WORD + _LONGEST_GAP + 1)

    def scan(self, text: str) -> Iterator[Hit]:
        """Yield the hits, leftmost first and longest first, none overlapping."""
        words = _Words(text, 0, self._word, self._fold)
        floor = 0
        for index, first in enumerate(words.first_forms()):
            phrases = self._starting(first)
            if not phrases or words[index].start < floor:
                continue
            best: tuple[int, float, Phrase] | None = None
            for phrase in phrases:
                last, _ = words.match(phrase, index)
                if last is not None and (best is None or (last, phrase.score) > best[:2]):
                    best = (last, phrase.score, phrase)
            if best is not None:
                floor = words[best[0]].end
                yield Hit(words[index].start, floor, best[2].score, best[2].severity, best[2].why)

    def tail(self, text: str) -> int:
        """Return the start of the first phrase that may still begin, end or grow."""
        words = _Words(text, max(0, len(text) - self.reach), self._word, self._fold)
        for index, first in enumerate(words.first_forms()):
            if words.is_open(index):
                return words[index].start
            if any(words.match(phrase, index)[1] for phrase in self._starting(first)):
                return words[index].start
        return len(text)

    def _starting(self, forms: tuple[str, ...]) -> list[Phrase]:
        if len(forms) == 1:
            return self._by_first.get(forms[0], [])
        found: list[Phrase] = []
        for form in forms:
            found += [p for p in self._by_first.get(form, ()) if p not in found]
        return found


class _Words:
    """The words of a text from a position on."""

    def __init__(
        self,
        text: str,
        start: int,
        pattern: re.Pattern[str],
        fold: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._text = text
        self._spans = [match.span() for match in pattern.finditer(text, start)]
        self._fold = fold

    def __getitem__(self, index: int) -> _Word:
        start, end = self._spans[index]
        joined = index > 0 and self._joins(self._spans[index - 1][1], start)
        return _Word(start, end, self._fold(self._text[start:end]), joined)

    def first_forms(self) -> Iterator[tuple[str, ...]]:
        """Yield the forms of each word."""
        for start, end in self._spans:
            yield self._fold(self._text[start:end])

    def is_open(self, index: int) -> bool:
        """Say whether more text could lengthen the word."""
        end = self._spans[index][1]
        return end == len(self._text) or (
            end == len(self._text) - 1 and self._text[end] in "'\u2019"
        )

    def match(self, phrase: Phrase, index: int) -> tuple[int | None, bool]:
        """Return the last word of the longest match that starts at a word, and if it is open."""
        ends, still_open = {index + 1}, self.is_open(index)
        for step in phrase.steps[1:]:
            after: set[int] = set(ends) if step.optional else set()
            for end in ends:
                found, asked = self._take(step, end)
                after |= found
                still_open |= asked
            ends = after
            if not ends:
                return None, still_open
        return max(ends) - 1, still_open

    def _take(self, step: Step, index: int) -> tuple[set[int], bool]:
        """Return where the step can end when it or its gap starts at a word, and if it is open."""
        found: set[int] = set()
        for place in range(index, index + step.gap + 1):
            if place == len(self._spans):
                return found, self._may_go_on()
            word = self[place]
            if not word.joined:
                return found, False
            if step.fits(word.forms):
                found.add(place + 1)
            if self.is_open(place):
                return found, True
        return found, False

    def _may_go_on(self) -> bool:
        """Say whether another word could join the last one."""
        return self._joins(self._spans[-1][1], len(self._text))

    def _joins(self, start: int, end: int) -> bool:
        """Say whether what stands between two words keeps them in one phrase."""
        return end - start <= _LONGEST_GAP and bool(_JOINT.fullmatch(self._text, start, end))


def phrase_detector(
    rule: str,
    phrases: Iterable[Phrase],
    *,
    version: str,
    inner: str = "",
    fold: Callable[[str], tuple[str, ...]] = fold_case,
) -> LocalDetector:
    """Make a detector of phrases; see PhraseMatcher."""
    matcher = PhraseMatcher(phrases, inner=inner, fold=fold)
    return LocalDetector(
        rule, version=version, reach=matcher.reach, scan=matcher.scan, tail=matcher.tail
    )
