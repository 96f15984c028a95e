"""The audit of a guard: what its scores and its rules make of lines that people labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from upright.audit.figures import Figure
from upright.audit.gates import Gate, bounds_of, judged
from upright.audit.hazards import chosen_hazards
from upright.audit.identities import IdentityTerms
from upright.audit.lines import Lines
from upright.audit.parts import (
    Identities,
    Part,
    by_category,
    by_functionality,
    by_identity,
    members,
)
from upright.audit.sample import LEVEL, Bools, Sample
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
        figures: of all lines, by name; one that a gate bounds carries the gate's verdict.
        categories: figures of each kind of text; None where no field says the kind.
        identities: how texts about different people fare; None where nothing says about whom.
        functionalities: share flagged of what each line tests; None where no field says it.
        gates: bounds of the use, judged.
    """

    subject: Subject
    sample: Sample
    figures: dict[str, Figure]
    categories: tuple[Part, ...] | None = None
    identities: Identities | None = None
    functionalities: tuple[Part, ...] | None = None
    gates: tuple[Gate, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the public shape: the figures of all lines by name, and all else beside them."""
        shape: dict[str, Any] = {
            **self.subject.to_json(),
            "level": LEVEL,
            **{name: figure.to_json() for name, figure in self.figures.items()},
            "actions": self.sample.decided(),
        }
        if self.categories is not None:
            shape["categories"] = [part.to_json() for part in self.categories]
        if self.identities is not None:
            shape["identities"] = self.identities.to_json()
        if self.functionalities is not None:
            shape["functionalities"] = [
                {**part.to_json(), "label": "positive" if part.positive else "negative"}
                for part in self.functionalities
            ]
        return shape | {"gates": [gate.to_json() for gate in self.gates]}


def audit_guard(
    policy: Policy,
    lines: Lines,
    *,
    stage: Stage = Stage.OUTPUT,
    hazards: Sequence[str] = (),
    threshold: float | None = None,
    terms: IdentityTerms | None = None,
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
        terms: finds identity groups in the texts, beside those that a field names.
        workers: worker processes.
        advance: called after each text.

    Raises:
        ConfigError: for hazards that are none, or a guard that cannot be built.
        UnscoredError: where detectors gave no answer for more than one text in a hundred.
    """
    chosen = chosen_hazards(policy, stage, hazards)
    groups = _groups(lines, terms)
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
    return _measured(policy, subject, sample, lines, groups)


def _measured(
    policy: Policy,
    subject: Subject,
    sample: Sample,
    lines: Lines,
    groups: Sequence[tuple[str, ...]],
) -> GuardAudit:
    def parts(names: Sequence[tuple[str, ...]]) -> dict[str, Bools]:
        return members(names, sample.lines)

    figures = sample.overall()
    identities = by_identity(sample, parts(groups)) if groups else None
    gates = judged(bounds_of(policy, groups=bool(groups)), figures, identities)
    for gate in gates:
        if gate.figure in figures:
            figures[gate.figure] = replace(
                figures[gate.figure],
                verdict=gate.judgement.verdict,
                n_needed=gate.judgement.n_needed,
            )
    tested = lines.functionalities
    return GuardAudit(
        subject=subject,
        sample=sample,
        figures=figures,
        categories=by_category(sample, parts(lines.categories)) if lines.categories else None,
        identities=identities,
        functionalities=by_functionality(sample, parts(tested)) if tested else None,
        gates=gates,
    )


def _groups(lines: Lines, terms: IdentityTerms | None) -> list[tuple[str, ...]]:
    """Return the identity groups of each line, from its field and from its words."""
    if terms is None:
        return lines.groups
    named = lines.groups or [()] * len(lines.texts)
    return [
        tuple(dict.fromkeys((*mine, *terms.find(text))))
        for mine, text in zip(named, lines.texts, strict=True)
    ]
