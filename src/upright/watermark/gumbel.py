"""The scheme `gumbel`: take the candidate with the largest ln(u) / P.

Averaged over the key, each token has exactly its own probability; given the key, the token is
certain. Source: Aaronson 2022; Kirchenbauer et al. and vLLM name it Gumbel-max.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upright.watermark.numbers import Numbers, unit
from upright.watermark.split import PART

Floats = NDArray[np.float64]


def draw(probabilities: Floats, numbers: Numbers) -> int:
    """Return the place of the drawn candidate.

    Args:
        probabilities: shape (n,).
        numbers: shape (n,), of the same candidates.
    """
    best, place = -np.inf, 0
    # A candidate without probability scores minus infinity.
    with np.errstate(divide="ignore", over="ignore"):
        for start in range(0, numbers.size, PART):
            part = slice(start, start + PART)
            scores = np.log(unit(numbers[part])) / probabilities[part]
            at = int(scores.argmax())
            if scores[at] > best:
                best, place = scores[at], start + at
    return place
