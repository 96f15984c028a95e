"""Detectors whose every finding depends on a bounded window: law 1 by construction.

A scan that looks at most `reach` characters to the right of a finding's start, and at will to
the left, has an honest reach. A tail then says from where on the end of a text is still open;
everything before it has met a character that ends it.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import final

from upright.guard.detectors.growing import growing
from upright.terms import Finding, Record, hazard_of_rule


@dataclass(frozen=True, slots=True)
class Hit:
    """A finding before its detector has signed it.

    Attributes:
        start: first code point.
        end: one past the last.
        score: probability in [0, 1] that it is right.
        severity: 0 to 4.
        why: the explanation; never repeats the found text.
    """

    start: int
    end: int
    score: float
    severity: int
    why: str


Scan = Callable[[str], Iterator[Hit]]
Tail = Callable[[str], int]
Judge = Callable[["re.Match[str]"], Hit | None]
Presence = Callable[[str], bool]


_OPENING = 16


@final
class LocalDetector:
    """A detector made of a scan and a tail.

    Args:
        rule: its rule id.
        version: changes whenever findings can change.
        reach: how many characters from a finding's start on the scan may look at.
        scan: yields the hits of a text in the order of their starts, no two overlapping.
        tail: returns a position from which on hits may still change; all starts before it
            are final. The detector itself sees to it that it is at least `len - reach`.
        present: a quick test that is False only for texts in which the scan finds nothing.
        hazard: of its findings, where the rule alone does not say it.
    """

    def __init__(
        self,
        rule: str,
        *,
        version: str,
        reach: int,
        scan: Scan,
        tail: Tail,
        present: Presence | None = None,
        hazard: str | None = None,
    ) -> None:
        self._rule = rule
        self._version = version
        self._reach = reach
        self._scan = scan
        self._tail = tail
        self._present = present
        self._hazard = hazard or hazard_of_rule(rule)

    @property
    def rule(self) -> str:
        """Stable id of the rule."""
        return self._rule

    @property
    def reach(self) -> int:
        """Code points from a finding's start that can matter to it."""
        return self._reach

    @property
    def version(self) -> str:
        """Changes whenever findings can change."""
        return self._version

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start."""
        present = self._present
        return [
            self._findings(record.text) if present is None or present(record.text) else []
            for record in records
        ]

    def settled(self, text: str) -> int:
        """Return a position up to which all is final, whatever follows."""
        return max(0, len(text) - self._reach, self._tail(text))

    def hits(self, text: str) -> Iterator[Hit]:
        """Yield the hits of one text, unsigned."""
        if self._present is None or self._present(text):
            yield from self._scan(text)

    def _findings(self, text: str) -> list[Finding]:
        return [
            Finding(
                rule=self._rule,
                hazard=self._hazard,
                severity=hit.severity,
                score=hit.score,
                start=hit.start,
                end=hit.end,
                explanation=hit.why,
            )
            for hit in self._scan(text)
        ]


def matching(
    rule: str,
    pattern: str,
    judge: Judge,
    *,
    alphabet: str,
    reach: int,
    version: str = "1",
    flags: re.RegexFlag = re.NOFLAG,
    present: Presence | None = None,
    opening: str | None = None,
    numeric: bool = False,
) -> LocalDetector:
    """Make a detector from a bounded pattern and a judge of its matches.

    Args:
        rule: its rule id.
        pattern: finds candidates; at most `reach` characters wide, its look-ahead included,
            in the syntax that `growing` reads.
        judge: turns a match into a hit inside it, or None. It may read the text to the left
            of the match and nothing to the right of it.
        alphabet: character class that holds every character of every match; it makes the
            search for open matches short.
        reach: bound on the pattern's width.
        version: changes whenever findings can change.
        flags: of the pattern.
        present: quick test, see LocalDetector.
        opening: pattern of a beginning, at most 16 characters wide, that every match has. It
            spares the search for open matches where the alphabet is that of ordinary prose.
        numeric: every hit holds a digit, so that texts are searched near their digits only.
    """
    compiled = re.compile(pattern, flags)

    def scan(text: str) -> Iterator[Hit]:
        position = 0
        for first, last in near_digits(text, reach) if numeric else ((0, len(text)),):
            position = max(position, first)
            # No match that starts up to `last` looks further than this.
            end = last + reach + 1
            while (match := compiled.search(text, position, end)) and match.start() <= last:
                hit = judge(match)
                if hit is not None:
                    yield hit
                # What is refused hides nothing that begins inside it.
                position = match.start() + 1 if hit is None else max(hit.end, match.start() + 1)

    tail = open_match(pattern, alphabet, reach, flags=flags, opening=opening)
    return LocalDetector(rule, version=version, reach=reach, scan=scan, tail=tail, present=present)


@lru_cache(maxsize=64)
def _runs_of_digits(text: str) -> tuple[tuple[int, int], ...]:
    # Many detectors ask the same of one text.
    return tuple(match.span() for match in re.finditer(r"\d+", text))


def near_digits(text: str, reach: int) -> list[tuple[int, int]]:
    """Return where matches of at most `reach` characters that hold a digit can start.

    Returns:
        First and last start of each stretch, in order, none touching another.
    """
    stretches: list[tuple[int, int]] = []
    for start, end in _runs_of_digits(text):
        first = max(0, start - reach + 1)
        if stretches and first <= stretches[-1][1] + 1:
            stretches[-1] = (stretches[-1][0], end - 1)
        else:
            stretches.append((first, end - 1))
    return stretches


def open_match(
    pattern: str,
    alphabet: str,
    reach: int,
    *,
    flags: re.RegexFlag = re.NOFLAG,
    opening: str | None = None,
) -> Tail:
    """Return a tail: the start of the first match that may still grow; see `matching`."""
    run = open_run(alphabet, reach)

    @cache
    def still_open() -> re.Pattern[str]:
        # Only streams ask; to compile it for each detector is half of building a guard.
        return re.compile(growing(pattern), flags)

    begins = re.compile(opening, flags) if opening else None

    def tail(text: str) -> int:
        start = run(text)
        if begins is not None:
            first = begins.search(text, start)
            late = max(start, len(text) - _OPENING)
            start = late if first is None else min(first.start(), late)
        match = still_open().search(text, start)
        return len(text) if match is None else match.start()

    return tail


def open_run(alphabet: str, longest: int) -> Tail:
    """Return a tail: the start of the last run of `alphabet`, at most `longest` from the end."""
    backwards = re.compile(f"{alphabet}{{0,{longest}}}")

    def tail(text: str) -> int:
        match = backwards.match(text[: -longest - 1 : -1])
        return len(text) - (match.end() if match else 0)

    return tail


def merged(
    rule: str,
    parts: Sequence[LocalDetector],
    *,
    tail: Tail,
    present: Presence | None = None,
) -> LocalDetector:
    """Make one detector of several that speak of the same rule.

    Where findings overlap, the one that starts first stands, and of those that start together
    the longest. The tail is that of all parts together.
    """

    def scan(text: str) -> Iterator[Hit]:
        floor = 0
        streams = [part.hits(text) for part in parts]
        for hit in heapq.merge(*streams, key=lambda hit: (hit.start, -hit.end)):
            if hit.start >= floor:
                yield hit
                floor = hit.end

    return LocalDetector(
        rule,
        version="+".join(part.version for part in parts),
        reach=max(part.reach for part in parts),
        scan=scan,
        tail=tail,
        present=present,
    )


@lru_cache(maxsize=64)
def _count_of_digits(text: str) -> int:
    # Many detectors ask the same of one text. An ASCII digit is a byte of its own in UTF-8.
    raw = text.encode("utf-8", "surrogatepass")
    return len(raw) - len(raw.translate(None, b"0123456789"))


def digits(at_least: int) -> Presence:
    """Return the test whether so many ASCII digits stand in a text."""
    return lambda text: _count_of_digits(text) >= at_least


def contains(*marks: str) -> Presence:
    """Return the test whether any of the marks stands in a text."""

    def present(text: str) -> bool:
        for mark in marks:  # noqa: SIM110 (three times as quick as any() over a generator)
            if mark in text:
                return True
        return False

    return present


def cue_before(words: str, distance: int) -> Callable[[re.Match[str]], bool]:
    """Return the test whether a cue stands within `distance` characters before a match.

    Args:
        words: pattern of the cues, case ignored.
        distance: in characters, from the end of the text before the match.
    """
    cue = re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)

    def near(match: re.Match[str]) -> bool:
        start = match.start()
        return cue.search(match.string, max(0, start - distance), start) is not None

    return near
