"""The scheme `gumbel`: take the candidate with the largest ln(u) / P.

Averaged over the key, each token has exactly its own probability; given the key, the token is
certain. Source: Aaronson 2022; Kirchenbauer et al. and vLLM name it Gumbel-max.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upright.watermark.numbers import Numbers, unit

Floats = NDArray[np.float64]


def draw(probabilities: Floats, numbers: Numbers) -> int:
    """Return the place of the drawn candidate.

    Args:
        probabilities: shape (n,).
        numbers: shape (n,), of the same candidates.
    """
    # A candidate without probability scores minus infinity.
    with np.errstate(divide="ignore", over="ignore"):
        scores = np.log(unit(numbers)) / probabilities
    return int(scores.argmax())
