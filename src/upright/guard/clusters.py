"""Overlapping findings become one cluster, and the strictest action of a cluster stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upright.terms import Action, Outcome

# Actions that take text away from its place in the answer and put a notice there.
WITHHOLDING = frozenset({Action.REPLACE, Action.REVIEW, Action.BLOCK})


@dataclass(frozen=True, slots=True)
class Cluster:
    """A stretch of text that is altered as one.

    Attributes:
        start: first code point of the earliest span.
        end: one past the last code point of the farthest span.
        outcome: the one that decides: strictest action, then earliest, then longest.
    """

    start: int
    end: int
    outcome: Outcome

    @property
    def action(self) -> Action:
        """What is done with the stretch."""
        return self.outcome.action

    def joined(self, outcome: Outcome) -> Cluster:
        """Return the cluster with one more overlapping outcome in it."""
        end = max(self.end, outcome.finding.end)
        return Cluster(self.start, end, min(self.outcome, outcome, key=_precedence))


def alters(action: Action) -> bool:
    """Say whether an action changes the text; `allow` and `flag` do not."""
    return action.strictness >= Action.PSEUDONYMISE.strictness


def cluster(outcomes: Iterable[Outcome]) -> list[Cluster]:
    """Return the clusters of all outcomes that alter text, from left to right, disjoint.

    Spans that only touch are not merged: each keeps its own placeholder.
    """
    altering = [outcome for outcome in outcomes if alters(outcome.action)]
    altering.sort(key=lambda outcome: (outcome.finding.start, -outcome.finding.end))
    clusters: list[Cluster] = []
    for outcome in altering:
        span = outcome.finding
        if clusters and span.start < clusters[-1].end:
            clusters[-1] = clusters[-1].joined(outcome)
        else:
            clusters.append(Cluster(span.start, span.end, outcome))
    return clusters


def _precedence(outcome: Outcome) -> tuple[int, int, int, str]:
    span = outcome.finding
    return (-outcome.action.strictness, span.start, -span.end, span.rule)
