"""p-values of many questions asked at once: what is found among many must be surer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted so that any false finding at all is as rare as said.

    Holds however the tests depend on each other.

    Args:
        p_values: one of each question.

    Source:
        Holm 1979.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = p[order] * np.arange(len(p), 0, -1)
    return _back(np.minimum(np.maximum.accumulate(steps), 1.0), order)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted so that the share of false ones among the findings is as said.

    Holds for independent tests and for those that lean the same way.

    Args:
        p_values: one of each question.

    Source:
        Benjamini and Hochberg 1995.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    return _back(np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0), order)


def _back(ordered: np.ndarray, order: np.ndarray) -> list[float]:
    adjusted = np.empty(len(ordered))
    adjusted[order] = ordered
    return [float(value) for value in adjusted]


CORRECTIONS = {"holm": holm, "bh": benjamini_hochberg}
"""Ways to correct for many questions, by name."""
