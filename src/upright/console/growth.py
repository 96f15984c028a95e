"""The evidence of a text, growing word by word, as a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WIDTH: Final = 640
HEIGHT: Final = 200
_LEVELS: Final = (3, 6)
_MOST_POINTS: Final = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold: the evidence reaches 10^power ever with a chance of at most 10^-power."""

    power: int
    y: float


@dataclass(frozen=True, slots=True)
class Growth:
    """A curve of the evidence.

    Attributes:
        points: of the curve, for an SVG polyline.
        zero: height of "no evidence".
        lines: the thresholds.
        reached: for each threshold the count of words after which it was reached first, or None.
        words: how many words were evidence.
        last: the power of ten at the end, rounded.
    """

    points: str
    zero: float
    lines: tuple[Line, ...]
    reached: tuple[int | None, ...]
    words: int
    last: int


def growth(log_e: NDArray[np.float64]) -> Growth | None:
    """Return the curve of an e-value; None where nothing was evidence.

    Args:
        log_e: shape (n,), its natural logarithm after each word.
    """
    if log_e.size == 0:
        return None
    powers = log_e / math.log(10)
    top = max(float(powers.max()), _LEVELS[-1] + 1.0)
    bottom = min(float(powers.min()), -1.0)

    def height(power: float) -> float:
        return round(HEIGHT * (top - power) / (top - bottom), 1)

    step = max(1, -(-powers.size // _MOST_POINTS))
    shown = [*range(0, powers.size, step)]
    if shown[-1] != powers.size - 1:
        shown.append(powers.size - 1)
    points = [f"0,{height(0.0)}"]
    points += [
        f"{round(WIDTH * (at + 1) / powers.size, 1)},{height(float(powers[at]))}" for at in shown
    ]
    return Growth(
        points=" ".join(points),
        zero=height(0.0),
        lines=tuple(Line(level, height(float(level))) for level in _LEVELS),
        reached=tuple(_first(powers, level) for level in _LEVELS),
        words=powers.size,
        last=round(float(powers[-1])),
    )


def _first(powers: NDArray[np.float64], level: int) -> int | None:
    found = np.flatnonzero(powers >= level)
    return int(found[0]) + 1 if found.size else None
