"""What detectors say of a text, and how they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from upright.guard.answers import (
    MalformedError,
    checked_batch,
    checked_findings,
    checked_position,
    checked_share,
)
from upright.guard.detector import Detector, Scorer
from upright.terms import Action, DetectorError, Finding, Record, hazard_of_rule


class Tagger(Protocol):
    """Gives findings their context; see `upright.guard.context`."""

    def __call__(self, text: str, findings: Sequence[Finding]) -> tuple[list[Finding], int]:
        """Return the findings with their context, and up to where all contexts are final."""
        ...


@dataclass(frozen=True, slots=True)
class Scan:
    """What the detectors found in one text. It can travel between processes.

    Attributes:
        findings: of all detectors, ordered by start.
        settled: all findings that start before it are final, whatever text follows.
        errors: detectors that gave no answer.
        scores: hazards with a calibrated probability, where one was asked for.
    """

    findings: tuple[Finding, ...] = ()
    settled: int = 0
    errors: tuple[DetectorError, ...] = ()
    scores: tuple[tuple[str, float], ...] = ()


@dataclass(slots=True)
class _Draft:
    """The scan of one record while it is made."""

    record: Record
    on_error: Action
    settled: int
    findings: list[Finding] = field(default_factory=list)
    errors: dict[str, DetectorError] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)

    def fail(self, rule: str, kind: str) -> None:
        self.errors.setdefault(rule, DetectorError(rule, kind, self.on_error))

    def tag(self, tagger: Tagger, *, partial: bool) -> None:
        self.findings.sort(key=lambda finding: (finding.start, finding.end, finding.rule))
        self.findings, final = tagger(self.record.text, self.findings)
        if partial:
            self.settled = min(self.settled, final)

    def finished(self) -> Scan:
        return Scan(
            tuple(self.findings),
            self.settled,
            tuple(self.errors.values()),
            tuple(self.scores.items()),
        )


def scan(
    detectors: Sequence[Detector],
    records: Sequence[Record],
    *,
    tagger: Tagger,
    on_error: Action,
    partial: bool = False,
    scored: bool = False,
    starting: Callable[[int], None] = lambda _: None,
) -> list[Scan]:
    """Ask every detector about every record.

    Args:
        detectors: in the order in which they are asked.
        records: the texts.
        tagger: gives findings their context.
        on_error: what a failure counts as.
        partial: more text may follow each record, so final positions are wanted.
        scored: probabilities are wanted of the detectors that give them.
        starting: told the index of each detector just before it is asked.
    """
    drafts = [_Draft(record, on_error, len(record.text)) for record in records]
    for index, detector in enumerate(detectors):
        starting(index)
        _find(detector, drafts, partial=partial, scored=scored)
    for draft in drafts:
        draft.tag(tagger, partial=partial)
    return [draft.finished() for draft in drafts]


def _find(detector: Detector, drafts: Sequence[_Draft], *, partial: bool, scored: bool) -> None:
    """Ask one detector; a batch that fails is asked again text by text, to spare the others."""
    try:
        batch = checked_batch(detector.find([draft.record for draft in drafts]), len(drafts))
        answers = [
            _checked(detector, draft.record.text, findings, partial=partial)
            for draft, findings in zip(drafts, batch, strict=True)
        ]
        if scored and isinstance(detector, Scorer):
            _score(detector, detector.rule, drafts)
    except Exception as error:  # noqa: BLE001 (whatever a detector raises is its failure alone)
        if len(drafts) == 1:
            drafts[0].fail(detector.rule, _kind(error))
        else:
            for draft in drafts:
                _find(detector, [draft], partial=partial, scored=scored)
        return
    for draft, (findings, settled) in zip(drafts, answers, strict=True):
        draft.findings.extend(findings)
        draft.settled = min(draft.settled, settled)


def _score(scorer: Scorer, rule: str, drafts: Sequence[_Draft]) -> None:
    hazard = hazard_of_rule(rule)
    scores = checked_batch(scorer.scores([draft.record for draft in drafts]), len(drafts))
    for draft, score in zip(drafts, scores, strict=True):
        draft.scores[hazard] = max(draft.scores.get(hazard, 0.0), checked_share(score))


def _checked(
    detector: Detector, text: str, findings: object, *, partial: bool
) -> tuple[list[Finding], int]:
    checked = checked_findings(detector.rule, findings, len(text))
    if not partial:
        return checked, len(text)
    return checked, checked_position(detector.settled(text), len(text))


def _kind(error: Exception) -> str:
    return "malformed" if isinstance(error, MalformedError) else "exception"
