"""The audit of a guard: what its scores and its rules make of lines that people labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from upright.audit.figures import Figure
from upright.audit.hazards import chosen_hazards
from upright.audit.lines import Lines
from upright.audit.sample import LEVEL, Sample
from upright.audit.scoring import score_texts
from upright.terms import Stage

if TYPE_CHECKING:
    from upright.policy import Policy


@dataclass(frozen=True, slots=True)
class Subject:
    """What was audited, on what.

    Attributes:
        use: name of the use case.
        policy: the policy's digest.
        guard: the guard's digest.
        stage: where the texts stood.
        hazards: keys of the hazards that counted.
        threshold: score from which a line counts as flagged; None where the rules decide.
        file: name of the data.
        sha256: of the data.
        lines: how many were read.
        positive: how many of them are positive.
        unscored: how many got no answer from a detector and are in no figure.
    """

    use: str
    policy: str
    guard: str
    stage: Stage
    hazards: tuple[str, ...]
    threshold: float | None
    file: str
    sha256: str
    lines: int
    positive: int
    unscored: int

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        by_rules = self.threshold is None
        return {
            "use_case": self.use,
            "policy": self.policy,
            "guard": self.guard,
            "stage": self.stage.value,
            "hazards": list(self.hazards),
            "flagged": "by the rules" if by_rules else f"score of at least {self.threshold:g}",
            "file": self.file,
            "sha256": self.sha256,
            "lines": self.lines,
            "positive": self.positive,
            "unscored": self.unscored,
        }


@dataclass(frozen=True, slots=True)
class GuardAudit:
    """All figures of one audit.

    Attributes:
        subject: what was audited, on what.
        sample: the scored lines.
        figures: of all lines, by name.
    """

    subject: Subject
    sample: Sample
    figures: dict[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """Return the public shape: the figures of all lines by name, and all else beside them."""
        return {
            **self.subject.to_json(),
            "level": LEVEL,
            **{name: figure.to_json() for name, figure in self.figures.items()},
            "actions": self.sample.decided(),
        }


def audit_guard(
    policy: Policy,
    lines: Lines,
    *,
    stage: Stage = Stage.OUTPUT,
    hazards: Sequence[str] = (),
    threshold: float | None = None,
    workers: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> GuardAudit:
    """Have the guard of a use read labelled lines, and measure it.

    Args:
        policy: the use.
        lines: what people labelled.
        stage: where the texts stand.
        hazards: globs of hazards or detector rules; see `chosen_hazards`.
        threshold: lines with at least this score count as flagged; None leaves it to the rules.
        workers: worker processes.
        advance: called after each text.

    Raises:
        ConfigError: for hazards that are none, or a guard that cannot be built.
        UnscoredError: where detectors gave no answer for more than one text in a hundred.
    """
    chosen = chosen_hazards(policy, stage, hazards)
    scores = score_texts(
        policy, lines.texts, hazards=chosen, stage=stage, workers=workers, advance=advance
    )
    sample = Sample.of(lines, scores, threshold)
    subject = Subject(
        use=policy.use_case.name,
        policy=policy.digest,
        guard=scores.guard,
        stage=stage,
        hazards=chosen,
        threshold=threshold,
        file=lines.name,
        sha256=lines.sha256,
        lines=len(lines.texts),
        positive=sum(lines.positive),
        unscored=len(lines.texts) - len(sample.lines),
    )
    return GuardAudit(subject, sample, sample.overall())
