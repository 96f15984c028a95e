"""Who is to be treated alike: groups of columns, or all subgroups that lines cut out of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.measure.groups import Attribute, attribute, crossed
from upright.measure.linear import Line, Protected

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = Mapping[str, Sequence[Any]]

SUBGROUP = "subgroup "
"""Begins the names of subgroups; their number follows."""


@dataclass(frozen=True, slots=True)
class Marginal:
    """Groups of each column, and their cells where these are held too.

    Attributes:
        single: one of each column.
        cells: all of them crossed, or None.
    """

    single: tuple[Attribute, ...]
    cells: Attribute | None = None

    @classmethod
    def of(cls, columns: Columns, bands: Mapping[str, Sequence[float]], *, cross: bool) -> Marginal:
        """Learn the groups of columns."""
        single = tuple(attribute(name, one, bands.get(name, ())) for name, one in columns.items())
        return cls(single, crossed(single) if cross and len(single) > 1 else None)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns."""
        return tuple(one.name for one in self.single)

    @property
    def all(self) -> list[Attribute]:
        """Return the attributes, cells last."""
        return [*self.single, *([self.cells] if self.cells else [])]

    @property
    def sizes(self) -> dict[str, int]:
        """How many groups each attribute has."""
        return {one.name: len(one.groups) for one in self.all}

    def codes(self, columns: Columns, rows: int) -> dict[str, Ints]:
        """Return the number of each row's group, as numbered when learnt, shape (rows,) each.

        Raises:
            ValueError: for a column that is missing, or a group that is new.
        """
        found = [
            again(fitted, _column(columns, fitted.name, rows), fitted.cuts)
            for fitted in self.single
        ]
        if self.cells:
            found.append(_renumbered(crossed(found), self.cells))
        return {one.name: one.codes for one in found}

    def seen(self, columns: Columns, rows: int) -> Floats:
        """Return what a classifier sees where it may, shape (rows, attributes): the numbers."""
        return np.column_stack([*self.codes(columns, rows).values()])


@dataclass(frozen=True, slots=True)
class Linear:
    """Subgroups that lines cut out of several columns.

    Attributes:
        protected: how the columns become numbers.
        lines: the subgroups that are held.
    """

    protected: Protected
    lines: tuple[Line, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns."""
        return tuple({**self.protected.numbers, **self.protected.words})

    @property
    def sizes(self) -> dict[str, int]:
        """Return two for each subgroup: those outside and those in it."""
        return {f"{SUBGROUP}{number}": 2 for number in range(1, len(self.lines) + 1)}

    def codes(self, columns: Columns, rows: int) -> dict[str, Ints]:
        """Return 1 for rows in a subgroup and 0 for others, shape (rows,) each.

        Raises:
            ValueError: for a column that is missing, or holds words where there were numbers.
        """
        traits = self.seen(columns, rows)
        return {
            name: line.holds(traits).astype(np.int64)
            for name, line in zip(self.sizes, self.lines, strict=True)
        }

    def seen(self, columns: Columns, rows: int) -> Floats:
        """Return what a classifier sees where it may, shape (rows, traits)."""
        return self.protected.features({one: _column(columns, one, rows) for one in self.names})


Asked = Marginal | Linear


def again(fitted: Attribute, column: Sequence[Any], cuts: Sequence[float]) -> Attribute:
    """Return the groups of a new column as they were numbered when they were learnt.

    Raises:
        ValueError: for a group that was not there then.
    """
    return _renumbered(attribute(fitted.name, column, cuts), fitted)


def _column(columns: Columns, name: str, rows: int) -> Sequence[Any]:
    column = columns.get(name, ())
    if len(column) != rows:
        raise ValueError(f"this classifier decides by {name!r}; give it for each row")
    return column


def _renumbered(found: Attribute, fitted: Attribute) -> Attribute:
    place = {group: code for code, group in enumerate(fitted.groups)}
    new = [group for code, group in enumerate(found.groups) if group not in place]
    used = {found.groups[code] for code in np.unique(found.codes)}
    strange = sorted(used.intersection(new))
    if strange:
        raise ValueError(f"{fitted.name}: the group {strange[0]!r} was not there in training")
    codes = np.array([place.get(group, 0) for group in found.groups], dtype=np.int64)
    return Attribute(fitted.name, fitted.groups, codes[found.codes], fitted.cuts)
