"""How a policy's rules treat a finding: the first rule that fits decides."""

from __future__ import annotations

from dataclasses import dataclass

from upright.policy.catalogue import matches
from upright.policy.model import GuardRule, Policy
from upright.terms import Action, Context, Stage


@dataclass(frozen=True, slots=True)
class Reading:
    """What becomes of one finding.

    Attributes:
        action: what is done.
        rule_index: which rule decided, from 0; None where no rule spoke, which means `allow`.
        observed: what rules with `observe = true` would have done, had they not only watched.
    """

    action: Action
    rule_index: int | None
    observed: tuple[Action, ...] = ()


def read_rules(
    policy: Policy,
    rule: str,
    stage: Stage,
    *,
    severity: int = 4,
    score: float = 1.0,
    context: Context | None = None,
) -> Reading:
    """Return what the policy does with a finding of a detector rule at a stage."""
    observed: list[Action] = []
    for index, candidate in enumerate(policy.guard.rule):
        if not fits(candidate, rule, stage, severity=severity, score=score):
            continue
        action = (
            candidate.action
            if context is None
            else candidate.context.get(context, candidate.action)
        )
        if not candidate.observe:
            return Reading(action, index, tuple(observed))
        observed.append(action)
    return Reading(Action.ALLOW, None, tuple(observed))


def fits(candidate: GuardRule, rule: str, stage: Stage, *, severity: int, score: float) -> bool:
    """Whether a rule of the use-case file speaks of such a finding."""
    return (
        stage in candidate.at
        and severity >= candidate.min_severity
        and score >= candidate.min_score
        and matches(candidate.detect, rule)
    )
