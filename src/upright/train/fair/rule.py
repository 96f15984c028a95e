"""The rule that decides: one sum of chances, whose sign is the decision.

Let p be the chance of label 1 and q_g that of group g. The decision that errs least under parity of
a rate rejects where 1 - 2p + Σ μ_g w_g < 0, with w_g = (c₀ (1 - p) q_g|0 + c₁ p q_g|1) / π_g: the
price of one more decision for group g. So a rule is a few numbers, decides the same way each time,
and where q is foreseen from the other features it never sees the group itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

PARITIES = ("false_rejection", "false_positive", "true_positive", "error", "selection")
"""Rates that can be asked to be equal."""


def weights_of(parity: str, favourable: int) -> tuple[float, float]:
    """Return how a decision of 1 counts in a rate where the label is 0, and where it is 1."""
    by_label = {0: (1.0, 0.0), 1: (0.0, 1.0)}
    return {
        "false_rejection": by_label[favourable],
        "false_positive": by_label[0],
        "true_positive": by_label[1],
        "error": (1.0, -1.0),
        "selection": (1.0, 1.0),
    }[parity]


@dataclass(frozen=True, slots=True)
class Chances:
    """What is foreseen of rows.

    Attributes:
        label: chance of label 1, shape (n,).
        groups: of each attribute, the chances of its groups where the label is 0 and where it is
            1, each of shape (n, groups).
    """

    label: Floats
    groups: Mapping[str, tuple[Floats, Floats]]

    def weights(self, parity: tuple[float, float], sizes: Mapping[str, Floats]) -> Floats:
        """Return what the rule sums, shape (n, 2 + groups of all attributes).

        Args:
            parity: from `weights_of`.
            sizes: share of all rows that each group has in the base of the rate; their order is
                that of the columns.
        """
        zero, one = parity[0] * (1 - self.label), parity[1] * self.label
        columns = [1 - 2 * self.label, zero + one]
        for name, size in sizes.items():
            if_zero, if_one = self.groups[name]
            joint = zero[:, None] * if_zero + one[:, None] * if_one
            columns += list((joint / np.maximum(size, 1e-9)).T)
        return np.column_stack(columns)


@dataclass(frozen=True, slots=True)
class Rule:
    """One deterministic rule.

    Attributes:
        parity: from `weights_of`.
        sizes: share of all rows that each group has in the base of the rate, by attribute.
        prices: what the columns of `Chances.weights` are multiplied with; the first is 1.
    """

    parity: tuple[float, float]
    sizes: Mapping[str, Sequence[float]]
    prices: Sequence[float]

    def margin(self, chances: Chances) -> Floats:
        """Return how far each row is on the side of a decision of 1, shape (n,)."""
        sizes = {name: np.asarray(shares) for name, shares in self.sizes.items()}
        return np.asarray(-(chances.weights(self.parity, sizes) @ np.asarray(self.prices)))
