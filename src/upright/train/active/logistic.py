"""A small logistic regression, exact and quick where there are fewer labels than columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from upright.train.active.features import Matrix

Floats = NDArray[np.float64]

PENALTY: Final = 0.5
"""Weight of the squared length of the coefficients against the sum of the losses."""

MOST: Final = 4_000
"""Labels that are fitted; of more, as many drawn evenly. The cost grows with their cube."""

_STEPS: Final = 25
_CLOSE: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted model.

    Attributes:
        weights: shape (WIDTH,).
        bias: added to each score.
    """

    weights: Floats
    bias: float

    def probabilities(self, rows: Matrix) -> Floats:
        """Return the probability of the label for each row, shape (n,)."""
        # A product of two precisions would copy all rows into the higher one.
        scores = rows @ self.weights.astype(rows.dtype)
        return _share(scores.astype(np.float64) + self.bias)


def fit(rows: Matrix, labels: Sequence[float] | Floats, *, penalty: float = PENALTY) -> Linear:
    """Fit a logistic regression with a squared penalty.

    The weights are sums of the rows, w = Xᵀa, so Newton's method works on one number for each
    label (the dual form of iteratively reweighted least squares: Jaakkola and Haussler 1999).
    A column of ones, penalised a tenth as much, gives the bias.

    Args:
        rows: shape (n, WIDTH), n of at least 1.
        labels: shares of votes in [0, 1], shape (n,).
        penalty: above 0.

    Raises:
        ValueError: for no rows, or as many labels as do not fit.
    """
    wanted = np.asarray(labels, dtype=np.float64)
    if len(wanted) == 0 or len(rows) != len(wanted):
        raise ValueError(f"{len(rows)} rows and {len(wanted)} labels do not fit")
    if len(wanted) > MOST:
        kept = np.linspace(0, len(wanted) - 1, MOST).astype(np.int64)
        rows, wanted = rows[kept], wanted[kept]
    kernel = (rows @ rows.T).astype(np.float64) + _BIAS
    share = _newton(kernel, wanted, penalty)
    return Linear(rows.T.astype(np.float64) @ share, float(_BIAS * share.sum()))


_BIAS: Final = 10.0


def _newton(kernel: Floats, wanted: Floats, penalty: float) -> Floats:
    """Return `a` with penalty · a = wanted - share(kernel · a)."""
    a = np.zeros(len(wanted))
    for _ in range(_STEPS):
        guessed = _share(kernel @ a)
        left = penalty * a - (wanted - guessed)
        slope = kernel * (guessed * (1 - guessed))[:, None]
        slope[np.diag_indices_from(slope)] += penalty
        step = np.linalg.solve(slope, left)
        a -= step
        if np.abs(step).max() < _CLOSE:
            break
    return a


def _share(scores: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(scores, -40, 40))))
