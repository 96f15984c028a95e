"""How well decisions fit labels: precision, recall, false alarms, F1."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.measure.intervals import Interval, clopper_pearson

Bools = NDArray[np.bool_]

EXACT = "share; Clopper and Pearson"
F1 = "from the share of hits among lines that are flagged or positive; Clopper and Pearson"


@dataclass(frozen=True, slots=True)
class Decisions:
    """How many lines were flagged, and how many should have been.

    Attributes:
        hits: flagged and positive.
        false_alarms: flagged and not positive.
        misses: positive and not flagged.
        rejections: neither.
    """

    hits: int
    false_alarms: int
    misses: int
    rejections: int

    @classmethod
    def of(cls, positive: Bools, flagged: Bools) -> Decisions:
        """Count.

        Args:
            positive: which lines are positive, shape (n,).
            flagged: which lines were flagged, shape (n,).

        Raises:
            ValueError: for shapes that differ.
        """
        if positive.shape != flagged.shape:
            raise ValueError(f"{positive.shape} labels and {flagged.shape} decisions do not fit")
        hits = int((positive & flagged).sum())
        positives, all_flagged = int(positive.sum()), int(flagged.sum())
        return cls(
            hits=hits,
            false_alarms=all_flagged - hits,
            misses=positives - hits,
            rejections=len(positive) - positives - all_flagged + hits,
        )

    def precision(self, level: float = 0.95) -> Interval:
        """Return the share of positive lines among the flagged ones."""
        return clopper_pearson(self.hits, self.hits + self.false_alarms, level)

    def recall(self, level: float = 0.95) -> Interval:
        """Return the share of flagged lines among the positive ones."""
        return clopper_pearson(self.hits, self.hits + self.misses, level)

    def false_positive_rate(self, level: float = 0.95) -> Interval:
        """Return the share of flagged lines among those that are not positive."""
        return clopper_pearson(self.false_alarms, self.false_alarms + self.rejections, level)

    def f1(self, level: float = 0.95) -> Interval:
        """Return the harmonic mean of precision and recall.

        F1 = 2J / (1 + J) with J the share of hits among lines that are flagged or positive
        (Hand, Christen, Kirielle 2021); J is a share, and its limits carry over.
        """
        share = clopper_pearson(self.hits, self.hits + self.false_alarms + self.misses, level)
        value, low, high = (2 * j / (1 + j) for j in (share.value, share.low, share.high))
        return Interval(value, 0.0 if math.isnan(value) else low, high, share.n, level)
