"""What detectors find and what a policy makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """Where a text stands when it is checked."""

    DATA = "data"
    PROMPT = "prompt"
    RETRIEVED = "retrieved"
    OUTPUT = "output"


class Action(StrEnum):
    """What a rule does with a finding, from the mildest to the strictest.

    Where actions meet in one text the strictest stands; `strictness` gives the order.
    """

    ALLOW = "allow"
    FLAG = "flag"
    PSEUDONYMISE = "pseudonymise"
    REDACT = "redact"
    REPLACE = "replace"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def strictness(self) -> int:
        """0 for `allow` up to 6 for `block`."""
        return _STRICTNESS[self]


_STRICTNESS = {action: rank for rank, action in enumerate(Action)}


class Context(StrEnum):
    """How a found passage is used, where that can be told.

    `contested` is what is meant, and of which people disagree whether it offends.
    """

    QUOTATION = "quotation"
    COUNTER_SPEECH = "counter_speech"
    REPORT = "report"
    RECLAIMED = "reclaimed"
    OPINION = "opinion"
    NEGATION = "negation"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class Finding:
    """A span that a detector found. It says what is there and decides nothing.

    Attributes:
        rule: stable id of the detector's rule, such as `pii.email`.
        hazard: key of `upright.terms.HAZARDS`.
        severity: 0 (a mention) to 4 (gravest), as the hazard's table defines.
        score: calibrated probability in [0, 1] that the finding is right.
        start: first code point of the span.
        end: one past the last code point; `start < end`.
        explanation: why, in words; never repeats the found text.
        context: how the passage is used, or None where nothing says so.
        source: for copies, the document copied from.
    """

    rule: str
    hazard: str
    severity: int
    score: float
    start: int
    end: int
    explanation: str
    context: Context | None = None
    source: str | None = None

    def shifted(self, by: int) -> Finding:
        """Return the same finding with its span moved by `by` code points."""
        return replace(self, start=self.start + by, end=self.end + by)

    def to_json(self) -> dict[str, Any]:
        """Return the public line shape; `context` and `source` only where there is one."""
        shape: dict[str, Any] = {
            "rule": self.rule,
            "hazard": self.hazard,
            "severity": self.severity,
            "score": self.score,
            "start": self.start,
            "end": self.end,
            "explanation": self.explanation,
        }
        if self.context is not None:
            shape["context"] = self.context.value
        if self.source is not None:
            shape["source"] = self.source
        return shape


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the policy decided for one finding.

    Attributes:
        finding: the finding.
        action: what is done.
        rule_index: which rule of the use-case file decided, counted from 0; None where no
            rule spoke, which means `allow`.
        observed: actions that rules with `observe = true` would have taken.
        excepted: the reason of the user's exception that dropped the finding, or "".
    """

    finding: Finding
    action: Action
    rule_index: int | None = None
    observed: tuple[Action, ...] = ()
    excepted: str = ""


@dataclass(frozen=True, slots=True)
class DetectorError:
    """A detector that gave no answer.

    Attributes:
        rule: the detector's rule id.
        kind: `exception`, `timeout`, `malformed` or `killed`.
        action: what the policy does about it (`on_error`).
    """

    rule: str
    kind: str
    action: Action

    def to_json(self) -> dict[str, str]:
        """Return the public shape."""
        return {"rule": self.rule, "kind": self.kind, "action": self.action.value}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one text.

    Attributes:
        action: the strictest action over all outcomes and errors.
        text: the text as it would leave. Under `block` it is what stands before the first
            blocked span, followed by the policy's notice; under `replace` the rule's text.
        outcomes: one per finding, in the order of their starts.
        errors: detectors that gave no answer; never empty and successful at once.
        scores: top score per hazard, whatever the thresholds.
        excepted: findings that users' exceptions dropped, each with its reason.
    """

    action: Action
    text: str
    outcomes: tuple[Outcome, ...] = ()
    errors: tuple[DetectorError, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    excepted: tuple[Outcome, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings without the decisions."""
        return tuple(outcome.finding for outcome in self.outcomes)
