"""Logistic regression with several classes, in numpy: the score of the statistical detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Classes = NDArray[np.int64]

PERSON, SAMPLED, INSTRUCTED = range(3)
"""Two kinds of models' texts differ from people's in different ways: those of models taught to
follow instructions are smoother, plain samples of base models err and repeat."""

NON_NATIVE = "/non-native"
_CUT = 4.0
_STEPS = 60
_CLOSE = 1e-8


@dataclass(frozen=True, slots=True)
class Odds:
    """Log-odds of either kind of model against people, from standardised features.

    Attributes:
        centre: shape (features,).
        scale: shape (features,); positive.
        weights: shape (2, features), of the classes other than people's.
        bias: shape (2,).
    """

    centre: Floats
    scale: Floats
    weights: Floats
    bias: Floats

    def standard(self, table: Floats) -> Floats:
        """Return standardised features, cut at ±4 so that no single one decides."""
        return np.clip((table - self.centre) / self.scale, -_CUT, _CUT)

    def __call__(self, table: Floats) -> Floats:
        """Return the log-odds of each row; shape (rows, features) in, (rows,) out."""
        each = self.standard(table) @ self.weights.T + self.bias
        odds: Floats = np.logaddexp.reduce(each, axis=1)
        return odds

    def distance(self, table: Floats) -> Floats:
        """Return how far each row is from the centre: root mean square of its features."""
        distances: Floats = np.sqrt(np.mean(self.standard(table) ** 2, axis=1))
        return distances


def balanced(classes: Classes, groups: NDArray[np.str_]) -> Floats:
    """Return weights, shape (rows,), under which the classes count alike.

    Among people's texts all groups count alike, however few wrote: who is rare in the data must
    not be told worse for it. Those of non-native writers, whom detectors of style wrong most
    (Liang et al. 2023), count twice. Groups of models' texts count by the root of their size.

    Args:
        classes: shape (rows,).
        groups: shape (rows,); names of non-native writers' groups end in `/non-native`.
    """
    weights = np.zeros(classes.size)
    present = np.unique(classes)
    for one in present:
        power = -1.0 if one == PERSON else -0.5
        for group in np.unique(groups[classes == one]):
            rows = (classes == one) & (groups == group)
            weights[rows] = float(rows.sum()) ** power * (2 if group.endswith(NON_NATIVE) else 1)
        rows = classes == one
        weights[rows] *= classes.size / len(present) / weights[rows].sum()
    return weights


def regress(table: Floats, classes: Classes, weights: Floats, *, ridge: float) -> Odds:
    """Return the multinomial logistic regression of three classes.

    Args:
        table: features, shape (rows, features).
        classes: shape (rows,).
        weights: shape (rows,), how much each row counts.
        ridge: penalty on the squared weights of standardised features.
    """
    total = weights.sum()
    centre = weights @ table / total
    scale = np.sqrt(weights @ (table - centre) ** 2 / total)
    blank = Odds(centre, np.where(scale > 0, scale, 1.0), np.zeros((2, 0)), np.zeros(2))
    rows = np.column_stack([blank.standard(table), np.ones(len(table))])
    wanted = np.stack([classes == one for one in (SAMPLED, INSTRUCTED)], axis=1)
    found = _newton(rows, wanted.astype(np.float64), weights, ridge)
    return Odds(centre, blank.scale, found[:, :-1], found[:, -1])


def calibrate(scores: Floats, made: NDArray[np.bool_], weights: Floats) -> tuple[float, float]:
    """Return slope and shift that turn log-odds into those at equal shares (Platt's method).

    Args:
        scores: log-odds from fits that did not see their rows, shape (rows,).
        made: whether a model wrote the text.
        weights: shape (rows,).
    """
    rows = np.column_stack([scores, np.ones(len(scores))])
    slope, shift = _newton(rows, made.astype(np.float64)[:, None], weights, _CLOSE)[0]
    return float(slope), float(shift)


def _newton(rows: Floats, wanted: Floats, weights: Floats, ridge: float) -> Floats:
    """Return coefficients, shape (classes - 1, features + 1), the last column without penalty."""
    width, kinds = rows.shape[1], wanted.shape[1]
    penalty = np.tile(np.append(np.full(width - 1, ridge), _CLOSE), kinds)
    found = np.zeros(kinds * width)
    for _ in range(_STEPS):
        odds = np.exp(rows @ found.reshape(kinds, width).T)
        chance = odds / (1 + odds.sum(axis=1, keepdims=True))
        slope = ((chance - wanted) * weights[:, None]).T @ rows
        step = np.linalg.solve(
            _bend(rows, chance, weights) + np.diag(penalty), slope.ravel() + penalty * found
        )
        found = found - step
        if np.abs(step).max() < _CLOSE:
            break
    return found.reshape(kinds, width)


def _bend(rows: Floats, chance: Floats, weights: Floats) -> Floats:
    """Return the second derivatives, shape (coefficients, coefficients)."""
    width, kinds = rows.shape[1], chance.shape[1]
    bend = np.zeros((kinds * width, kinds * width))
    for a in range(kinds):
        for b in range(kinds):
            between = chance[:, a] * ((a == b) - chance[:, b]) * weights
            block = (rows * between[:, None]).T @ rows
            bend[a * width : (a + 1) * width, b * width : (b + 1) * width] = block
    return bend
