"""From logits to probabilities, and to the scores from which on something is a finding.

Both are chosen on examples that the network was not fitted to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.guard.model.heads import ATTACKS, CONTEXTS, HEADS, REQUESTS, TOXICITY
from upright.guard.model.reader import Reader
from upright.train.guard.examples import Example

# To miss one weighs as much as so many false alarms: what is found is not yet refused, its degree
# and how it is meant decide.
_WEIGHTS = dict.fromkeys(TOXICITY, 4.0)

FALSE_ALARMS = {
    **dict.fromkeys(TOXICITY, 0.1),
    **dict.fromkeys(("threat", "self_harm"), 0.02),
    **dict.fromkeys(REQUESTS, 0.002),
    **dict.fromkeys(ATTACKS, 0.005),
}
"""The share of harmless stretches that may score as high as a finding. Half of those held back are
made to look like an attack; of ordinary prose it is a fraction of this."""

_FEWEST = 20
_CLOSE, _STEPS, _PULL = 1e-6, 50, 0.5
# Shares of votes from which a text counts as harmful, and below which as harmless.
_YES, _NO = 0.5, 0.2
_NEUTRAL = {"slope": 1.0, "shift": 0.0}


def neutral_facts() -> dict[str, Any]:
    """Return what stands in for the facts while a network's own numbers are read."""
    return {
        "calibration": dict.fromkeys(HEADS, _NEUTRAL),
        "thresholds": dict.fromkeys(HEADS, 0.5),
        "context_weight": 1.0,
    }


def calibrated(reader: Reader, held: Sequence[Example]) -> dict[str, Any]:
    """Fit each head's scale and choose its threshold.

    Args:
        reader: of a network with neutral facts.
        held: examples that the network was not fitted to.

    Returns:
        The facts `calibration`, `thresholds` and `context_weight`.
    """
    facts = neutral_facts()
    read = reader.read([example.text for example in held])
    shares = np.clip(np.array([reading.heads for reading in read]), 1e-4, 1 - 1e-4)
    logits = np.log(shares / (1 - shares))
    facts["context_weight"] = _context_weight(
        np.array([reading.contexts for reading in read]),
        np.array([-1 if item.context is None else CONTEXTS.index(item.context) for item in held]),
    )
    for column, head in enumerate(HEADS):
        asked = [row for row, example in enumerate(held) if head in example.labels]
        labels = np.array([held[row].labels[head] for row in asked])
        if labels.sum() < _FEWEST:
            continue
        slope, shift = _platt(logits[asked, column], labels)
        facts["calibration"][head] = {"slope": round(slope, 4), "shift": round(shift, 4)}
        if head in FALSE_ALARMS:
            scores = _sigmoid(slope * logits[asked, column] + shift)
            facts["thresholds"][head] = _threshold(
                scores, labels, FALSE_ALARMS[head], _WEIGHTS.get(head, 1.0)
            )
    return facts


def _context_weight(contexts: NDArray[np.float64], known: NDArray[np.int64]) -> float:
    """Return by what the odds of being quoted, rejected, … are multiplied.

    Most texts that the network saw are meant; a user's need not be. The weight is the one of the
    least log loss where either is as likely.
    """
    plain = CONTEXTS.index("plain")
    meant = np.clip(contexts[:, plain], 1e-6, 1 - 1e-6)
    yes, no = meant[known == plain], meant[(known >= 0) & (known != plain)]
    if min(yes.size, no.size) < _FEWEST:
        return 1.0

    def loss(weight: float) -> float:
        return float(
            -np.log(yes / (yes + weight * (1 - yes))).mean()
            - np.log(weight * (1 - no) / (no + weight * (1 - no))).mean()
        )

    return float(min((2.0**power for power in range(6)), key=loss))


def _platt(logits: NDArray[np.float64], labels: NDArray[np.float64]) -> tuple[float, float]:
    """Return slope and shift of the logistic curve through (logit, share) (Platt 1999).

    Newton's steps, each halved until it helps; a weak pull towards no change bounds the slope
    where the labels can be told apart without an error.
    """
    design = np.stack([logits, np.ones_like(logits)])
    start = np.array([1.0, 0.0])

    def loss(point: NDArray[np.float64]) -> float:
        z = point @ design
        fit = np.logaddexp(0.0, z) - labels * z
        return float(fit.sum() + _PULL * ((point - start) ** 2).sum())

    point = start
    for _ in range(_STEPS):
        fitted = _sigmoid(point @ design)
        gradient = design @ (fitted - labels) + 2 * _PULL * (point - start)
        curve = (design * (fitted * (1 - fitted))) @ design.T + 2 * _PULL * np.eye(2)
        step = np.linalg.solve(curve, gradient)
        while loss(point - step) > loss(point) and abs(step).max() > _CLOSE:
            step = step / 2
        point = point - step
        if abs(step).max() < _CLOSE:
            break
    return float(point[0]), float(point[1])


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


def _threshold(
    scores: NDArray[np.float64], labels: NDArray[np.float64], alarms: float, weight: float = 1.0
) -> float:
    """Return the score of the best F1 among those that alarm at most so often.

    With a weight it is the F measure in which a miss counts so many times a false alarm.
    """
    harmless, harmful = scores[labels < _NO], scores[labels >= _YES]
    tried = np.round(np.arange(0.1, 0.95, 0.01), 2)
    allowed = [t for t in tried if (harmless >= t).mean() <= alarms] or [tried[-1]]

    def measure(threshold: float) -> float:
        hits = (harmful >= threshold).sum()
        missed, false = harmful.size - hits, (harmless >= threshold).sum()
        return float((1 + weight) * hits / ((1 + weight) * hits + weight * missed + false))

    return float(max(allowed, key=measure))
