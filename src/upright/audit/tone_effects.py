"""How large the differences between two groups of texts are, with limits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upright.audit.tone_tests import Design
from upright.measure import student
from upright.measure.intervals import Interval

Floats = NDArray[np.float64]

LEVEL = 0.95
DRAWS = 1000
_NONE = 1e-12


def effects(values: Floats, first: NDArray[np.bool_], design: Design) -> list[Interval]:
    """Return the standardised difference of each column, first group less second.

    Args:
        values: shape (n, columns).
        first: whether each text is of the first group, shape (n,).
        design: labels and strata. With pairs or strata those are drawn again, else texts.

    Returns:
        For each column the difference of means in pooled standard deviations (Cohen's d), with the
        limits of the percentile bootstrap, widened for few texts (Hesterberg 2015, section 5.3,
        the expanded percentile interval). A column that never varies has 0, surely.
    """
    spread = np.sqrt((values[first].var(axis=0) + values[~first].var(axis=0)) / 2)
    # Groups that each never vary, and differ, are measured by what they vary together.
    spread = np.where(spread > _NONE, spread, values.std(axis=0))
    scaled = values / np.where(spread > _NONE, spread, np.inf)
    paired = len(design.sizes) > 1
    weights = _weights(first, design, paired=paired)
    if paired:
        label = design.labels[:, 0]
        top = np.zeros((len(design.sizes), values.shape[1]))
        np.add.at(top, design.strata, label[:, None] * scaled)
        drawn = (weights @ top) / np.maximum(weights @ design.spread, 1e-12)[:, None]
        n = len(design.sizes)
    else:
        drawn = weights @ scaled
        n = int(min(first.sum(), (~first).sum()))
    tail = student.tail(LEVEL, n)
    low, high = np.quantile(drawn[1:], [tail, 1 - tail], axis=0)
    found = drawn[0]
    return [
        Interval(float(d), float(min(d, a)), float(max(d, b)), n, LEVEL)
        for d, a, b in zip(found, low, high, strict=True)
    ]


def _weights(first: NDArray[np.bool_], design: Design, *, paired: bool) -> Floats:
    """Return what each stratum, or each text, weighs in each draw; the first row is as it is."""
    numbers = np.random.default_rng(design.seed + 2)
    if paired:
        count = len(design.sizes)
        drawn = numbers.multinomial(count, np.full(count, 1 / count), size=DRAWS)
        return np.vstack([np.ones(count), drawn]).astype(np.float64)
    weights = np.zeros((DRAWS + 1, len(first)))
    for own, sign in ((first, 1.0), (~first, -1.0)):
        size = int(own.sum())
        drawn = numbers.multinomial(size, np.full(size, 1 / size), size=DRAWS)
        weights[:, own] = sign * np.vstack([np.ones(size), drawn]) / size
    return weights


def size_of(found: Interval) -> Interval:
    """Return the size of a difference, whichever group is above."""
    low = 0.0 if found.low <= 0.0 <= found.high else min(abs(found.low), abs(found.high))
    high = max(abs(found.low), abs(found.high))
    return Interval(abs(found.value), low, high, found.n, found.level)
