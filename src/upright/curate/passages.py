"""Passages of n words: few marks of each text, so that whatever stands in two is seen.

Of every passage at least one shorter run is marked, the same one wherever the passage stands
(winnowing: Schleimer, Wilkerson and Aiken, 2003). So a passage that stands too often has a mark
that does, and texts without such a mark need no second look.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upright.match import words as normal
from upright.match.words import Hashes

Places = NDArray[np.int64]


def run_length(words: int) -> int:
    """Return how many words a mark covers, for passages of so many words."""
    return (words + 1) // 2


def marks(hashes: Hashes, bounds: Places, words: int) -> tuple[Hashes, Places]:
    """Return the marks of many texts, and at which word each begins.

    Args:
        hashes: of the words, one text behind the other.
        bounds: where each text's words begin, shape (texts + 1,).
        words: of a passage.
    """
    run = run_length(words)
    found = normal.grams(hashes, run)
    window = words - run + 1
    if len(found) < window:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    smallest = _sliding(np.minimum, found, window)
    smallest[~_inside(bounds, words, len(smallest))] = 0
    # A run is a mark if it is the smallest of some passage: the largest of those minima is it.
    edge = np.zeros(window - 1, np.uint64)
    largest = _sliding(np.maximum, np.concatenate((edge, smallest, edge)), window)
    places = np.flatnonzero(largest == found)
    return found[places], places


def windows(hashes: Hashes, marked: NDArray[np.bool_], words: int) -> tuple[Hashes, Places]:
    """Return the hashes of a text's passages that hold one of some marks, and where they begin.

    Args:
        hashes: of the text's words, shape (n,).
        marked: for each word whether such a mark begins there, shape (n,).
        words: of a passage.
    """
    found = normal.grams(hashes, words)
    if not len(found):
        return found, np.empty(0, np.int64)
    reach = words - run_length(words) + 1
    sums = np.concatenate(([0], np.cumsum(marked)))
    places = np.flatnonzero(sums[reach : reach + len(found)] > sums[: len(found)])
    return found[places], places


def owners(bounds: Places, places: Places) -> Places:
    """Return for each word which text it belongs to."""
    return np.searchsorted(bounds, places, side="right") - 1


def _inside(bounds: Places, words: int, count: int) -> NDArray[np.bool_]:
    """Say for each of `count` words whether a passage that begins there ends in the same text."""
    steps = np.zeros(bounds[-1] + 1, np.int64)
    begins, ends = bounds[:-1], bounds[1:] - words + 1
    whole = ends > begins
    np.add.at(steps, begins[whole], 1)
    np.add.at(steps, ends[whole], -1)
    return np.cumsum(steps[:count]) > 0


def _sliding(smaller: np.ufunc, values: Hashes, window: int) -> Hashes:
    """Return the least (or largest) of each window, in log2(window) passes."""
    span = 1
    while span * 2 <= window:
        values = smaller(values[:-span], values[span:])
        span *= 2
    rest = window - span
    return smaller(values[:-rest], values[rest:]) if rest else values.copy()
