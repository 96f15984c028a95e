"""The degrees 0 to 4 of what the guard model finds, with their written definitions."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import final

CONTESTED = (0.4, 0.6)
"""Between these shares of people who would call a text toxic, it is contested."""


@final
@dataclass(frozen=True, slots=True)
class Degrees:
    """The scale of one kind.

    Attributes:
        shares: from which share of people on, as the model foresees it, degree 1, 2, … is reached.
        meaning: the definitions of the degrees 0 to 4.
    """

    shares: tuple[float, ...]
    meaning: tuple[str, ...]

    def of(self, share: float) -> int:
        """Return the degree of a text that this share of people would call such a thing."""
        return bisect_right(self.shares, share)


def degrees_of(head: str, own: Mapping[str, Sequence[float]] = {}) -> Degrees:
    """Return the scale of one head.

    Args:
        head: one of `heads.HEADS` but `toxic`.
        own: the shares that a use has set, by rule id.
    """
    degrees = scales()[head]
    for rule, shares in own.items():
        if rule.partition(".")[2] == head:
            return Degrees(tuple(shares), degrees.meaning)
    return degrees


@cache
def scales() -> dict[str, Degrees]:
    """Return the scales that come with upright."""
    raw = files("upright.guard.model").joinpath("degrees.toml").read_text(encoding="utf-8")
    return {
        head: Degrees(tuple(row["shares"]), tuple(row["meaning"]))
        for head, row in tomllib.loads(raw).items()
    }
