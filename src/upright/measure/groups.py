"""Groups of people in a column: values as they stand, bands of numbers, crossed cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from upright.measure.equivalence import Share

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MISSING = "(missing)"
"""The group of those of whom a column says nothing."""

CROSSED = " x "
"""Between the names of attributes that are crossed."""

MANY = 20
"""Different numbers in a column from which on they are cut into bands."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a row's people differ in.

    Attributes:
        name: of the column, or of several that are crossed.
        groups: what each is called.
        codes: number of each row's group, shape (n,).
        cuts: where numbers were cut into bands; empty where they were not.
    """

    name: str
    groups: tuple[str, ...]
    codes: Ints
    cuts: tuple[float, ...] = ()

    def shares(self, base: Bools, hit: Bools) -> dict[str, Share]:
        """Count each group.

        Args:
            base: the rows a rate is a share of, shape (n,).
            hit: those that count, shape (n,).
        """
        size = len(self.groups)
        total = np.bincount(self.codes[base], minlength=size)
        found = np.bincount(self.codes[base & hit], minlength=size)
        return {name: Share(int(found[k]), int(total[k])) for k, name in enumerate(self.groups)}


def attribute(name: str, column: Sequence[str], cuts: Sequence[float] = ()) -> Attribute:
    """Return the groups of a column.

    Args:
        name: of the column.
        column: values as text, n of them; an empty one makes the group `(missing)`.
        cuts: where numbers are cut into bands, each in the band above it. Without any, a column of
            more than `MANY` different numbers is cut at its quartiles.

    Raises:
        ValueError: for cuts of a column that holds no numbers.
    """
    texts = [str(value).strip() for value in column]
    numbers = numbers_of(texts)
    if cuts and numbers is None:
        raise ValueError(f"{name} holds no numbers to cut into bands")
    if numbers is not None and not cuts and len(set(texts)) > MANY:
        known = numbers[~np.isnan(numbers)]
        cuts = sorted({float(cut) for cut in np.quantile(known, (0.25, 0.5, 0.75), method="lower")})
        cuts = [cut for cut in cuts if cut > known.min()]
    if numbers is not None and cuts:
        return _banded(name, numbers, tuple(sorted(cuts)))
    named = [text or MISSING for text in texts]
    groups = sorted(set(named), key=_order)
    place = {group: code for code, group in enumerate(groups)}
    return Attribute(name, tuple(groups), np.array([place[one] for one in named], dtype=np.int64))


def crossed(attributes: Sequence[Attribute]) -> Attribute:
    """Return the cells of several attributes; cells in which there is nobody are left out."""
    codes = np.zeros(len(attributes[0].codes), dtype=np.int64)
    for one in attributes:
        codes = codes * len(one.groups) + one.codes
    there, cells = np.unique(codes, return_inverse=True)
    names = []
    for code in there:
        rest, parts = int(code), []
        for one in reversed(attributes):
            rest, group = divmod(rest, len(one.groups))
            parts.append(f"{one.name}={one.groups[group]}")
        names.append(", ".join(reversed(parts)))
    return Attribute(CROSSED.join(one.name for one in attributes), tuple(names), cells)


def numbers_of(texts: Sequence[str]) -> NDArray[np.float64] | None:
    """Return a column as numbers, NaN where it is empty; None if it holds anything else."""
    try:
        numbers = np.array([float(text) if text else math.nan for text in texts])
    except ValueError:
        return None
    known = numbers[~np.isnan(numbers)]
    return numbers if known.size and np.isfinite(known).all() else None


def _banded(name: str, numbers: NDArray[np.float64], cuts: tuple[float, ...]) -> Attribute:
    shown = [f"{cut:g}" for cut in cuts]
    inner = [f"{low} to under {high}" for low, high in pairwise(shown)]
    groups = [f"under {shown[0]}", *inner, f"{shown[-1]} or more"]
    codes = np.searchsorted(np.array(cuts), numbers, side="right")
    missing = np.isnan(numbers)
    if missing.any():
        codes = np.where(missing, len(groups), codes)
        groups.append(MISSING)
    return Attribute(name, tuple(groups), codes.astype(np.int64), cuts)


def _order(group: str) -> tuple[bool, float, str]:
    """Numbers by size, words by the alphabet, those without a value last."""
    try:
        return (group == MISSING, float(group), "")
    except ValueError:
        return (group == MISSING, math.inf, group)
