"""Texts that wait for a person's decision, as they would leave if the person says yes."""

from __future__ import annotations

import asyncio
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from upright.guard.clusters import cluster
from upright.guard.writer import label
from upright.terms import Action, Finding, Outcome, UprightError, Verdict

if TYPE_CHECKING:
    from upright.ledger import Ledger

_GAP = "\n\n"
_PLACEHOLDER = re.compile(r"\[[A-Z0-9_]+_[0-9]+\]")


@dataclass(frozen=True, slots=True)
class Held:
    """A text with what a person must look at in it.

    Attributes:
        text: as it would leave.
        findings: with spans in that text.
    """

    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    new: str


def held_answer(raw: str, verdict: Verdict, values: Mapping[str, str]) -> Held:
    """Return a held answer as it would leave without its review.

    Spans that are to be redacted or pseudonymised are; the client's own values are back.

    Args:
        raw: what the engine wrote.
        verdict: what the guard said of it.
        values: placeholder to value, of the client's own.
    """
    edits = sorted(_edits(raw, verdict.outcomes, values), key=lambda edit: edit.start)
    starts = [edit.start for edit in edits]
    shifts = [0]
    for edit in edits:
        shifts.append(shifts[-1] + len(edit.new) - (edit.end - edit.start))

    def moved(position: int) -> int:
        before = bisect_right(starts, position - 1)
        shifted = position + shifts[before]
        # A position inside an edit moves to the end of what stands there now.
        inside = before and position < edits[before - 1].end
        return edits[before - 1].end + shifts[before] if inside else shifted

    findings = tuple(
        replace(item.finding, start=moved(item.finding.start), end=moved(item.finding.end))
        for item in verdict.outcomes
        if item.action in {Action.REVIEW, Action.FLAG}
    )
    return Held(_edited(raw, edits), tuple(item for item in findings if item.start < item.end))


def held_prompt(text: str, verdict: Verdict | None) -> Held:
    """Return a part of a held prompt with all its findings."""
    return Held(text, verdict.findings if verdict is not None else ())


def joined(parts: Iterable[Held]) -> Held:
    """Return several texts as one, with their findings moved along."""
    text = ""
    findings: list[Finding] = []
    for part in parts:
        text += _GAP if text else ""
        findings += [finding.shifted(len(text)) for finding in part.findings]
        text += part.text
    return Held(text, tuple(findings))


async def queue(ledger: Ledger, use_case: str, request: str, held: Held) -> str:
    """Put a text into the review queue, where it is encrypted, and return the item's id."""
    return await asyncio.to_thread(
        ledger.reviews.open,
        use_case,
        request,
        kind="review",
        text=held.text,
        findings=[finding.to_json() for finding in held.findings],
    )


async def released(ledger: Ledger, use_case: str, item: str, text: str) -> bool:
    """Say whether a person released this very text for this use case under an item's id."""
    if not item:
        return False
    try:
        found = await asyncio.to_thread(ledger.reviews.get, item)
    except UprightError:
        return False
    return (
        found.use_case == use_case
        and found.decision == "release"
        and found.kind == "review"
        and found.text == text
    )


def _edits(raw: str, outcomes: Sequence[Outcome], values: Mapping[str, str]) -> Iterator[_Edit]:
    lenient = [
        replace(item, action=Action.FLAG) if item.action is Action.REVIEW else item
        for item in outcomes
    ]
    altered = cluster(lenient)
    for span in altered:
        yield _Edit(span.start, span.end, f"[{label(span.outcome.finding.rule)}]")
    for match in _PLACEHOLDER.finditer(raw) if values else ():
        start, end = match.span()
        if match[0] in values and not any(a.start < end and start < a.end for a in altered):
            yield _Edit(start, end, values[match[0]])


def _edited(raw: str, edits: Sequence[_Edit]) -> str:
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += [raw[position : edit.start], edit.new]
        position = edit.end
    return "".join([*pieces, raw[position:]])
