"""Fictitious play for rich subgroups (Kearns, Neel, Roth and Wu 2018), written from the paper.

The published code prices every creditworthy row by the group of the first one; here each row has
its own price. Learner and auditor answer with least squares, as published: a cost or a sum is
fitted, and its sign decides. The features do not change from round to round, so what is computed
of them is kept, which the published code does not do; `refit=True` fits anew each time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Round:
    """The mixture after a round.

    Attributes:
        number: from 1 on.
        cpu: seconds since the start.
        error: of the mixture on the rows learnt from.
        violation: the largest that the auditor's regression found there.
    """

    number: int
    cpu: float
    error: float
    violation: float


class Play:
    """The game on the rows that are learnt from.

    Args:
        features: shape (n, features).
        traits: of the protected attributes, shape (n, traits).
        label: 0 or 1; rates are of those labelled 0.
        bound: the violation that is allowed.
        most: what the auditor may charge in all, C in the paper.
        refit: fit each regression from nothing.
    """

    def __init__(
        self, features: Floats, traits: Floats, label: NDArray[np.int64],
        *, bound: float, most: float = 10.0, refit: bool = False,
    ) -> None:  # fmt: skip
        self._rows, self._traits = _with_one(features), _with_one(traits)
        self._label, self._negative = label, label == 0
        self._bound, self._most, self._refit = bound, most, refit
        self._learner = np.linalg.pinv(self._rows.T @ self._rows)
        held = self._traits[self._negative]
        self._auditor = np.linalg.pinv(held.T @ held)
        self.learners: list[Floats] = []

    def rounds(self, count: int) -> Iterator[Round]:
        """Play."""
        n = len(self._label)
        began = time.process_time()
        wrong = np.where(self._label == 1, -1.0, 1.0) / n
        charged, mixture = np.zeros(n), np.zeros(n)
        for number in range(1, count + 1):
            weights = self._fitted(wrong + self._most * charged / max(number - 1, 1))
            self.learners.append(weights)
            mixture += ((self._rows @ weights < 0) - mixture) / number
            violation, inside = self._worst(mixture)
            if abs(violation) > self._bound:
                share = inside[self._negative].mean()
                charged += np.where(self._negative, np.sign(violation) * (inside - share), 0.0) / n
            error = float(np.where(self._label == 1, 1 - mixture, mixture).mean())
            yield Round(number, time.process_time() - began, error, abs(violation))

    def chance(self, features: Floats, number: int) -> Floats:
        """Return how often the mixture of the first rounds decides 1 on rows, shape (n,)."""
        rows = _with_one(features)
        return np.mean([rows @ one < 0 for one in self.learners[:number]], axis=0)

    def _fitted(self, cost: Floats) -> Floats:
        if self._refit:
            return np.linalg.lstsq(self._rows, cost, rcond=None)[0]
        return self._learner @ (self._rows.T @ cost)

    def _worst(self, mixture: Floats) -> tuple[float, NDArray[np.bool_]]:
        """Return the signed violation of the subgroup that the regression points to."""
        held = mixture[self._negative]
        parts = (held - held.mean()) / len(self._label)
        slope = self._auditor @ (self._traits[self._negative].T @ parts)
        if self._refit:
            slope = np.linalg.lstsq(self._traits[self._negative], parts, rcond=None)[0]
        inside = self._traits @ slope > 0
        return float(parts[inside[self._negative]].sum()), inside


def _with_one(rows: Floats) -> Floats:
    return np.column_stack([np.ones(len(rows)), rows])
