"""Detectors that ask the guard model: `toxicity.*`, `request.*` and two of `injection.*`.

A text is judged window by window (`upright.guard.windows`), each window in its legible form
(`upright.guard.legible`), so a finding depends on nothing further right than the window that it
stands in: law 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import final

from upright.guard.model.degrees import CONTESTED, degrees_of
from upright.guard.model.heads import CONTEXTS, HEADS, TARGETS, TOXICITY
from upright.guard.model.reader import Part, Reader, Reading, shared_reader
from upright.guard.model.words import explain
from upright.guard.windows import LONGEST, settled
from upright.terms import Context, Finding, Record, hazard_of_rule

_PLAIN = CONTEXTS.index("plain")
_TOXIC = HEADS.index("toxic")
_MARKED = 0.5
_MENTION = 1
"""Severity of what is quoted, reported, rejected or denied: a mention."""


@final
class ModelDetector:
    """Finds one kind of thing with the guard model.

    Args:
        rule: `<family>.<head>`.
        reader: the model; None for the one that comes with upright.
        degrees: the shares from which on a use counts degrees, by rule id.

    Raises:
        MissingExtraError: if the extra `guard` is not installed.
    """

    reach: int = LONGEST

    def __init__(
        self,
        rule: str,
        reader: Reader | None = None,
        *,
        degrees: Mapping[str, Sequence[float]] = {},
    ) -> None:
        self.rule = rule
        self._reader = reader or shared_reader()
        self.version = self._reader.version
        name = rule.partition(".")[2]
        self._head = HEADS.index(name)
        self._toxic = name in TOXICITY
        self._hazard = hazard_of_rule(rule)
        self._threshold: float = self._reader.facts["thresholds"][name]
        self._degrees = degrees_of(name, degrees)

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start."""
        return [
            [
                finding
                for part in self._reader.parts(record.text)
                if part.reading.heads[self._head] >= self._threshold
                for finding in self._findings(part)
            ]
            for record in records
        ]

    def settled(self, text: str) -> int:
        """Return the start of the first window that may still change."""
        return settled(text)

    def scores(self, records: Sequence[Record]) -> list[float]:
        """Return for each record the probability that it says such a thing and means it."""
        return [
            max(
                map(
                    self._meant,
                    (part.reading for part in self._reader.parts(record.text, gated=False)),
                ),
                default=0.0,
            )
            for record in records
        ]

    def _whole(self, text: str) -> tuple[Part, ...]:
        return self._reader.parts(text, gated=False)

    def _meant(self, reading: Reading) -> float:
        score = reading.heads[self._head]
        return score * reading.contexts[_PLAIN] if self._toxic else score

    def _findings(self, part: Part) -> Iterator[Finding]:
        reading = part.reading
        context = _context(reading) if self._toxic else None
        share = reading.heads[_TOXIC if self._toxic else self._head]
        severity = self._degrees.of(share)
        if context is None and self._toxic and CONTESTED[0] <= share <= CONTESTED[1]:
            context = Context.CONTESTED
        elif context is not None:
            severity = min(severity, _MENTION)
        why = explain(self.rule, self._degrees.meaning[severity], _target(reading))
        for start, end in self._places(part):
            yield Finding(
                rule=self.rule,
                hazard=self._hazard,
                severity=severity,
                score=reading.heads[self._head],
                start=start,
                end=end,
                explanation=why,
                context=context,
            )

    def _places(self, part: Part) -> list[tuple[int, int]]:
        """Return the marked stretches of a window, or all of it where none is marked."""
        window, form, reading = part
        marked: list[tuple[int, int]] = []
        for start, end, share in reading.marks if self._toxic else ():
            if share < _MARKED:
                continue
            if marked and start - marked[-1][1] <= 1:
                marked[-1] = (marked[-1][0], end)
            else:
                marked.append((start, end))
        spans = [form.span(start, end) for start, end in marked]
        return [
            (window.start + start, window.start + end)
            for start, end in spans or [(0, window.end - window.start)]
            if start < end
        ]


def _context(reading: Reading) -> Context | None:
    likeliest = max(range(len(CONTEXTS)), key=reading.contexts.__getitem__)
    return None if likeliest == _PLAIN else Context(CONTEXTS[likeliest])


def _target(reading: Reading) -> str | None:
    likeliest = max(range(len(TARGETS)), key=reading.targets.__getitem__)
    return TARGETS[likeliest] if reading.targets[likeliest] >= _MARKED else None
