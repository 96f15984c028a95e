"""What the guard of a use says of texts: a score, and what its rules would do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from upright.terms import Action, Record, Stage, UprightError, Verdict, hazard_of_rule

if TYPE_CHECKING:
    from upright.policy import Policy

_MOST_UNSCORED = 0.01


class UnscoredError(UprightError):
    """Detectors gave no answer for too many texts: nothing was measured."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Scores:
    """What the guard says of each text.

    Attributes:
        guard: the guard's digest.
        score: highest score over the hazards, shape (n,).
        action: strictest action on a finding of the hazards, one of `Action` for each text.
        scored: False where a detector gave no answer, shape (n,).
    """

    guard: str
    score: NDArray[np.float64]
    action: tuple[Action, ...]
    scored: NDArray[np.bool_]


def score_texts(
    policy: Policy,
    texts: Sequence[str],
    *,
    hazards: Sequence[str],
    stage: Stage,
    workers: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> Scores:
    """Have the guard of a use read texts.

    The scores are those of `upright guard check --scores`. Detectors of other hazards are not
    asked, and what the rules do counts only for findings of the hazards.

    Args:
        policy: the use.
        texts: what is scored.
        hazards: keys of the hazards that count.
        stage: where the texts stand.
        workers: worker processes.
        advance: called after each text.

    Raises:
        ConfigError: for a guard that cannot be built.
        UnscoredError: where detectors gave no answer for more than one text in a hundred.
    """
    # Here, since they start processes and read tables, which a reader of lines does not need.
    from upright.guard import GuardPool  # noqa: PLC0415
    from upright.guard.batches import batched_scans  # noqa: PLC0415

    wanted = frozenset(hazards)
    others = _others(policy, wanted)
    score = np.zeros(len(texts))
    scored = np.ones(len(texts), dtype=np.bool_)
    actions: list[Action] = []
    with GuardPool(policy, workers, everything=True) as pool:
        records = (Record(text) for text in texts)
        scans = batched_scans(
            lambda batch: pool.submit(batch, stage, skip=others),
            records,
            deadline=pool.deadline,
            ahead=2 * workers,
        )
        for index, (record, scan) in enumerate(scans):
            verdict = pool.decide(record, scan, stage)
            score[index] = max((verdict.scores.get(key, 0.0) for key in wanted), default=0.0)
            scored[index] = not any(_matters(error.rule, wanted) for error in verdict.errors)
            actions.append(_action(verdict, wanted))
            advance()
        digest = pool.digest
    _refuse_gaps(scored)
    return Scores(digest, score, tuple(actions), scored)


def _others(policy: Policy, hazards: frozenset[str]) -> frozenset[str]:
    """Return the rules of detectors that find other hazards."""
    from upright.guard.detectors import catalogue  # noqa: PLC0415 (reads tables)

    own = [item.rule for item in policy.guard.pattern]
    topics = [f"topic.{item.name}" for item in policy.guard.topic]
    rules = (*catalogue(), *own, *topics)
    return frozenset(rule for rule in rules if not _matters(rule, hazards))


def _action(verdict: Verdict, hazards: frozenset[str]) -> Action:
    taken = (item.action for item in verdict.outcomes if item.finding.hazard in hazards)
    return max(taken, key=lambda action: action.strictness, default=Action.ALLOW)


def _matters(rule: str, hazards: frozenset[str]) -> bool:
    try:
        return hazard_of_rule(rule) in hazards
    except KeyError:  # the guard as a whole, or a detector of the use's own
        return True


def _refuse_gaps(scored: NDArray[np.bool_]) -> None:
    missing = int((~scored).sum())
    if missing > _MOST_UNSCORED * len(scored):
        raise UnscoredError(
            f"a detector gave no answer for {missing} of {len(scored)} texts",
            mend="`upright guard check` shows which; raise deadline_ms in [guard] if it is slow",
        )
