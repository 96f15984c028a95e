"""Reading the list of Kirchenbauer et al. 2023, as exactly as upright's own marks are read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from _generations import KGW, key

from upright.watermark import Mark
from upright.watermark.statistics import binomial_tail


def kgw_value(number: int, tokens: Sequence[int], size: int) -> float:
    """Return the exact p-value of the green list; each pair of tokens counts once.

    Args:
        number: of the text, which says whose key was used.
        tokens: ids.
        size: of the vocabulary.
    """
    marker = KGW(Mark(key(number)), 0)
    seen: dict[tuple[int, int], bool] = {}
    for before, token in pairwise(tokens):
        if (before, token) not in seen:
            seen[before, token] = bool(marker.greens([before], size)[token])
    return binomial_tail(sum(seen.values()), len(seen))
