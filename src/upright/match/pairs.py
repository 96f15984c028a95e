"""How alike the two sides of each pair are, and where: the work of `upright match pairs`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from upright.match.align import Stretch, share, stretches
from upright.match.code.programs import Exercise, Program, score, shown
from upright.match.code.tokens import CodeTokens, tokens
from upright.match.words import Words, words


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts or two programs.

    Attributes:
        a: one.
        b: the other.
        language: of programs; guessed where it is empty.
        group: pairs of one name belong to one exercise; without one, those that share a program.
    """

    a: str
    b: str
    language: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A part of `a` that stands in `b`, in characters."""

    a_start: int
    a_end: int
    b_start: int
    b_end: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What is said of a pair.

    Attributes:
        score: 0 to 1. Of texts, the share of the shorter one's words that stand in the other, in
            order. Of programs, see `upright.match.code.programs.score`.
        spans: where, in the order of `a`.
    """

    score: float
    spans: list[Span]


def compare_texts(pair: Pair) -> Compared:
    """Compare two texts word for word, around small edits."""
    a, b = words(pair.a), words(pair.b)
    found = stretches(a.hashes, b.hashes)
    return Compared(share(found, len(a), len(b)), [_span(one, a, b) for one in found])


def compare_code(
    pairs: Sequence[Pair], *, advance: Callable[[], None] = lambda: None
) -> list[Compared]:
    """Compare programs, each pair against the others of its exercise.

    Args:
        pairs: all at once, since what many programs have in common proves nothing.
        advance: called after each pair.

    Raises:
        ConfigError: for an unknown language, or one that cannot be guessed.
        MissingExtraError: if the extra `match` is not installed.
    """
    read: dict[tuple[str, str | None], Program] = {}
    sides = []
    for pair in pairs:
        for text in (pair.a, pair.b):
            if (text, pair.language) not in read:
                read[text, pair.language] = Program.of(tokens(text, pair.language), text)
        sides.append((read[pair.a, pair.language], read[pair.b, pair.language]))
    exercises: dict[int, Exercise] = {}
    groups = _groups(pairs)
    for group in set(groups):
        members = [both for both, own in zip(sides, groups, strict=True) if own == group]
        exercises[group] = Exercise.of(members)
    compared = []
    for (a, b), group in zip(sides, groups, strict=True):
        spans = [_span(one, a.prepared.tokens, b.prepared.tokens) for one in shown(a, b)]
        compared.append(Compared(score(a, b, exercises[group]), spans))
        advance()
    return compared


def _groups(pairs: Sequence[Pair]) -> list[int]:
    """Return a number for each pair: that of the first pair it is connected with."""
    first: dict[tuple[str, str], int] = {}
    leads = list(range(len(pairs)))

    def lead(at: int) -> int:
        while leads[at] != at:
            leads[at] = leads[leads[at]]
            at = leads[at]
        return at

    for at, pair in enumerate(pairs):
        named = [("group", pair.group)] if pair.group is not None else None
        for key in named or [("text", pair.a), ("text", pair.b)]:
            other = lead(first.setdefault(key, at))
            own = lead(at)
            leads[max(own, other)] = min(own, other)
    return [lead(at) for at in range(len(pairs))]


def _span(one: Stretch, a: Words | CodeTokens, b: Words | CodeTokens) -> Span:
    return Span(
        int(a.starts[one.a_start]),
        int(a.ends[one.a_end - 1]),
        int(b.starts[one.b_start]),
        int(b.ends[one.b_end - 1]),
    )
