"""The lines that were scored, as arrays, and the figures of any part of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from upright.audit.figures import Figure
from upright.audit.lines import Lines
from upright.audit.scoring import Scores
from upright.measure import calibration, ranking
from upright.measure.decisions import EXACT, F1, Decisions
from upright.terms import Action

Bools = NDArray[np.bool_]

LEVEL = 0.95
LOW_FPR = 0.01


@dataclass(frozen=True, slots=True)
class Sample:
    """Labelled lines with what the guard says of them.

    Attributes:
        positive: the guard should act, shape (n,).
        score: shape (n,).
        flagged: the guard acts, shape (n,).
        actions: what its rules do with each line.
        lines: where the scored lines stand in the file, counted from 0, shape (n,).
    """

    positive: Bools
    score: NDArray[np.float64]
    flagged: Bools
    actions: tuple[Action, ...]
    lines: NDArray[np.int64]

    @classmethod
    def of(cls, lines: Lines, scores: Scores, threshold: float | None) -> Self:
        """Keep what was scored.

        Args:
            lines: as they were read.
            scores: one for each.
            threshold: lines with at least this score count as flagged; None leaves it to the
                use's rules.
        """
        kept = np.flatnonzero(scores.scored)
        actions = tuple(
            action for action, there in zip(scores.action, scores.scored, strict=True) if there
        )
        score = scores.score[kept]
        acted = np.array([action is not Action.ALLOW for action in actions], dtype=np.bool_)
        return cls(
            positive=np.array(lines.positive, dtype=np.bool_)[kept],
            score=score,
            flagged=acted if threshold is None else score >= threshold,
            actions=actions,
            lines=kept,
        )

    def overall(self) -> dict[str, Figure]:
        """Return the figures of all lines by name."""
        decisions = Decisions.of(self.positive, self.flagged)
        recall = ranking.recall_at_fpr(self.positive, self.score, LOW_FPR, LEVEL)
        error = calibration.calibration_error(self.positive, self.score, level=LEVEL)
        return {
            "auc": self.auc(),
            "auprc": Figure.of(
                ranking.average_precision(self.positive, self.score, LEVEL), ranking.BOOTSTRAP
            ),
            "precision": Figure.of(decisions.precision(LEVEL), EXACT),
            "recall": Figure.of(decisions.recall(LEVEL), EXACT),
            "f1": Figure.of(decisions.f1(LEVEL), F1),
            "false_positive_rate": Figure.of(decisions.false_positive_rate(LEVEL), EXACT),
            "recall_at_1pct_fpr": Figure.of(recall, ranking.AT_FPR),
            "calibration_error": Figure.of(error, calibration.CALIBRATION),
            "brier": Figure.of(
                calibration.brier(self.positive, self.score, LEVEL), calibration.BRIER
            ),
        }

    def auc(self) -> Figure:
        """Return the area under the ROC curve."""
        return Figure.of(ranking.auc(self.positive, self.score, LEVEL), ranking.DELONG)

    def decided(self) -> dict[str, dict[str, int]]:
        """Return how often the rules take each action, for both labels."""
        sides = {"positive": self.positive, "negative": ~self.positive}
        return {name: _counts(self.actions, side) for name, side in sides.items()}


def _counts(actions: Sequence[Action], side: Bools) -> dict[str, int]:
    found = Counter(action for action, here in zip(actions, side, strict=True) if here)
    return {action.value: found[action] for action in Action if found[action]}
