"""Where findings stand in the text that left, which is not the text they were found in.

A verdict's spans are offsets in the text before the guard changed it, and that text never
reaches a page. What the guard wrote is known exactly: plain text between the altered stretches,
a placeholder or a notice for each of them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from upright.console.marks import Mark
from upright.console.words import hazard_title, tone
from upright.guard.clusters import WITHHOLDING, Cluster, cluster
from upright.guard.writer import label
from upright.terms import Action, Outcome, Verdict

# These put one notice in the place of a whole text.
_WHOLE = frozenset({Action.REVIEW, Action.REPLACE})
_PSEUDONYM = re.compile(r"\[[A-Z0-9_]+_[0-9]+\]")


@dataclass(frozen=True, slots=True)
class _Edit:
    """A stretch of the old text and what stands for it in the new."""

    start: int
    end: int
    new_start: int
    new_end: int


def marks_in_source(outcomes: Sequence[Outcome]) -> list[Mark]:
    """Return the marks of findings in the very text they were found in."""
    return [
        _mark(number, outcome, outcome.finding.start, outcome.finding.end)
        for number, outcome in enumerate(outcomes, 1)
    ]


def marks_in_released(verdict: Verdict, released: str) -> list[Mark]:
    """Return the marks of a verdict's findings in the text that left.

    Args:
        verdict: of the whole text; its own text is what the guard wrote.
        released: the guard's text after a client's own values were put back, or a disclosure
            was added.
    """
    if verdict.action in _WHOLE:
        return _marks_on_notice(verdict, len(released))
    edits = _edits(cluster(verdict.outcomes), verdict.text)
    placed = [_placed(outcome, edits, len(verdict.text)) for outcome in verdict.outcomes]
    if released != verdict.text:
        bridge = _Bridge(verdict.text, released)
        placed = [(bridge.start(start), bridge.end(end)) for start, end in placed]
    return [
        _mark(number, outcome, start, end)
        for number, (outcome, (start, end)) in enumerate(
            zip(verdict.outcomes, placed, strict=True), 1
        )
    ]


def _marks_on_notice(verdict: Verdict, length: int) -> list[Mark]:
    """Return marks where a notice stands for the whole text; only what called for it is in it."""
    return [
        _mark(number, outcome, 0, length if outcome.action is verdict.action else 0)
        for number, outcome in enumerate(verdict.outcomes, 1)
    ]


def _mark(number: int, outcome: Outcome, start: int, end: int) -> Mark:
    finding = outcome.finding
    explanation = finding.explanation
    if outcome.observed:
        would = ", ".join(action.value for action in outcome.observed)
        explanation = f"{explanation} (A rule on trial would have chosen: {would}.)"
    return Mark(
        start=start,
        end=end,
        number=number,
        label=hazard_title(finding.hazard, finding.rule),
        tone=tone(finding.hazard),
        action=outcome.action.value,
        rule=finding.rule,
        explanation=explanation,
        severity=finding.severity,
    )


def _edits(clusters: Sequence[Cluster], written: str) -> list[_Edit]:
    edits: list[_Edit] = []
    old = new = 0
    for item in clusters:
        new += max(item.start - old, 0)
        if item.action in WITHHOLDING:
            edits.append(_Edit(item.start, item.end, new, len(written)))
            break
        stop = new + _placeholder_length(item, written, new)
        edits.append(_Edit(item.start, item.end, new, stop))
        old, new = item.end, stop
    return edits


def _placeholder_length(item: Cluster, written: str, at: int) -> int:
    if item.action is Action.REDACT:
        return len(label(item.outcome.finding.rule)) + len("[]")
    found = _PSEUDONYM.match(written, at)
    return found.end() - at if found else 0


def _placed(outcome: Outcome, edits: Sequence[_Edit], length: int) -> tuple[int, int]:
    """Return a finding's place in the new text.

    An altered finding has its placeholder's place, one behind a notice an empty one at the end.
    """
    start = _moved(outcome.finding.start, edits, to_end=False)
    return min(start, length), min(_moved(outcome.finding.end, edits, to_end=True), length)


def _moved(at: int, edits: Sequence[_Edit], *, to_end: bool) -> int:
    before = bisect_right([edit.start for edit in edits], at - to_end) - 1
    if before < 0:
        return at
    edit = edits[before]
    if at - to_end < edit.end:
        return edit.new_end if to_end else edit.new_start
    return edit.new_end + at - edit.end


class _Bridge:
    """Carries places from one text to a slightly different one."""

    def __init__(self, old: str, new: str) -> None:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        self._blocks = [block for block in matcher.get_opcodes() if block[1] < block[2]]
        self._length = len(new)

    def start(self, at: int) -> int:
        for tag, old, stop, new, _ in self._blocks:
            if old <= at < stop:
                return new + (at - old if tag == "equal" else 0)
        return self._length

    def end(self, at: int) -> int:
        for tag, old, stop, new, new_stop in self._blocks:
            if old < at <= stop:
                return new + at - old if tag == "equal" else new_stop
        return 0
