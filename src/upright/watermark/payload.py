"""Sixteen bits inside a mark: Reed-Muller code of order 2 and length 32.

Each context carries one bit of the code word, whose place its keyed number says: the coin is
turned over where the bit is 1. Any two code words differ in at least 8 of 32 places.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from upright.terms import ConfigError

BITS = 16
LENGTH = 32
_VARIABLES = 5


def code_word(payload: int) -> NDArray[np.bool_]:
    """Return the code word of a payload, shape (32,).

    Raises:
        ConfigError: for a number that needs more than 16 bits.
    """
    if not 0 <= payload < 1 << BITS:
        raise ConfigError(f"the payload {payload} does not fit into {BITS} bits", mend="0 to 65535")
    bits = (payload >> np.arange(BITS)) & 1
    return ((bits @ _generator()) % 2).astype(np.bool_)


def decode(votes: NDArray[np.float64]) -> int:
    """Return the payload whose code word agrees best with the votes.

    Args:
        votes: shape (32,); the sum over the contexts of each place of +1 for a token that was
            drawn as the unturned coin says and -1 for one of the other half.
    """
    return int((_words() @ votes).argmax())


@cache
def _generator() -> NDArray[np.int64]:
    """Return the rows of the code: all products of at most two of five variables."""
    points = (np.arange(LENGTH)[None, :] >> np.arange(_VARIABLES)[:, None]) & 1
    rows = [np.ones(LENGTH, dtype=np.int64), *points]
    rows += [points[i] * points[j] for i, j in combinations(range(_VARIABLES), 2)]
    return np.array(rows)


@cache
def _words() -> NDArray[np.int8]:
    """Return all code words as signs, shape (65536, 32): +1 for a bit 0."""
    bits = (np.arange(1 << BITS)[:, None] >> np.arange(BITS)[None, :]) & 1
    return (1 - 2 * ((bits @ _generator()) % 2)).astype(np.int8)
