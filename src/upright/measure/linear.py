"""Subgroups that a straight line cuts out of several attributes, and the one that fares worst.

A violation is the share of all rows that a subgroup has in the base of a rate, times how far its
own rate is from that of all: Pr[g, base] x |rate(g) - rate| (Kearns, Neel, Roth and Wu 2018). A
subgroup and the rest have the same. To find the largest is hard; here least squares and a search
around it propose a direction, and the best cut along each direction is found exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.measure.groups import MANY, MISSING, numbers_of

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_TRIED, _ROUNDS = 32, 12
_SORTED = 20_000_000  # numbers put in order in one search, at most about
_TOLD = 3  # traits by which a subgroup is described


@dataclass(frozen=True, slots=True)
class Protected:
    """How columns of attributes become numbers: those as they are, words as yes or no.

    Attributes:
        numbers: mean and spread of each column of numbers.
        words: the values of each other column that are told apart, the most frequent first.
    """

    numbers: Mapping[str, tuple[float, float]]
    words: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[Any]]) -> Protected:
        """Learn the columns, texts or numbers of n rows each."""
        numbers, words = {}, {}
        for name, column in columns.items():
            texts = _texts(column)
            found = numbers_of(texts)
            if found is not None:
                spread = float(np.nanstd(found))
                numbers[name] = (float(np.nanmean(found)), spread or 1.0)
            if found is None or np.isnan(found).any():
                told = np.array(texts) if found is None else np.where(np.isnan(found), "", "known")
                values, counts = np.unique(told, return_counts=True)
                kept = values[np.argsort(-counts, kind="stable")][:MANY]
                # One of two is enough: the other is its opposite.
                words[name] = [str(value) for value in kept[len(values) == 2 :]]  # noqa: PLR2004
        return cls(numbers, words)

    @property
    def traits(self) -> list[str]:
        """What each number says, in words; `age` for a number and `sex is f` for a yes or no."""
        told = [f"{name} is {value or MISSING}" for name, value in self._values()]
        return [*self.numbers, *told]

    def features(self, columns: Mapping[str, Sequence[Any]]) -> Floats:
        """Return the numbers, shape (n, traits): in standard units, and 0 or 1.

        Raises:
            ValueError: for words where there were numbers.
            KeyError: for a column that is missing.
        """
        texts = {name: _texts(columns[name]) for name in {**self.numbers, **self.words}}
        found: list[Floats] = []
        for name, (mean, spread) in self.numbers.items():
            numbers = numbers_of(texts[name])
            if numbers is None and any(texts[name]):
                raise ValueError(f"{name} holds words, and held numbers in training")
            known = np.full(len(texts[name]), np.nan) if numbers is None else numbers
            found.append(np.nan_to_num((known - mean) / spread))
        held = {name: np.array(texts[name]) for name in self.words}
        for name, value in self._values():
            if name in self.numbers:
                found.append(((held[name] == "") == (value == "")).astype(np.float64))
            else:
                found.append((held[name] == value).astype(np.float64))
        return np.column_stack(found)

    def to_json(self) -> dict[str, Any]:
        """Return the shape that `from_json` reads."""
        return {
            "numbers": {name: list(pair) for name, pair in self.numbers.items()},
            "words": {name: list(values) for name, values in self.words.items()},
        }

    @classmethod
    def from_json(cls, shape: Mapping[str, Any]) -> Protected:
        """Return what was stored."""
        return cls({name: (m, s) for name, (m, s) in shape["numbers"].items()}, shape["words"])

    def _values(self) -> Iterator[tuple[str, str]]:
        for name, values in self.words.items():
            for value in values:
                yield name, value


@dataclass(frozen=True, slots=True)
class Line:
    """A subgroup: the rows whose weighted sum of traits is at least a threshold.

    Attributes:
        weights: of the traits.
        threshold: from which on a row belongs to it.
    """

    weights: tuple[float, ...]
    threshold: float

    def holds(self, traits: Floats) -> Bools:
        """Return which rows belong to it, from traits of shape (n, traits)."""
        return np.asarray(traits @ np.asarray(self.weights) >= self.threshold)


class Cells:
    """Rows with the same traits, taken together, so that searches are quick.

    Args:
        traits: of the rows, shape (n, traits).
    """

    def __init__(self, traits: Floats) -> None:
        self.traits, self._cell = np.unique(traits, axis=0, return_inverse=True)
        self._cell = self._cell.ravel()
        counts = np.bincount(self._cell, minlength=len(self.traits)).astype(np.float64)
        self._centred = self.traits - counts @ self.traits / counts.sum()
        self._inverse = np.linalg.pinv((self._centred * counts[:, None]).T @ self._centred)

    def worst(self, parts: Floats, seed: int = 0) -> tuple[Line, float]:
        """Return the subgroup whose parts have the largest sum, and that sum.

        Args:
            parts: what each row adds, shape (n,); they sum to 0 over all.
            seed: of the directions tried; the same rows and seed give the same subgroup.
        """
        sums: Floats = np.bincount(self._cell, parts, minlength=len(self.traits)).astype(float)
        size = self.traits.shape[1]
        rng = np.random.default_rng(seed)
        slope = self._inverse @ (self._centred.T @ sums)
        tried = np.column_stack([slope / max(float(np.abs(slope).max()), 1e-300), np.eye(size)])
        line, most = self._cut(tried, sums)
        rounds = int(np.clip(_SORTED // (_TRIED * len(self.traits)), 1, _ROUNDS))
        for step in range(rounds if size > 1 else 0):
            centre = np.asarray(line.weights)
            reach = 0.5 * 0.75**step * max(float(np.abs(centre).max()), 1e-300)
            tried = centre[:, None] + reach * rng.standard_normal((size, _TRIED))
            found, value = self._cut(tried, sums)
            if value > most:
                line, most = found, value
        return line, most

    def _cut(self, directions: Floats, sums: Floats) -> tuple[Line, float]:
        """Return the best cut along any of some directions, shape (traits, directions)."""
        along = np.round(self.traits @ directions, 12)
        order = np.argsort(along, axis=0, kind="stable")
        along = np.take_along_axis(along, order, axis=0)
        below = np.cumsum(sums[order], axis=0)[:-1]
        # Equal rows are on one side.
        below = np.where(np.diff(along, axis=0) > 0, below, 0.0)
        if not below.size:
            return Line(tuple(float(w) for w in directions[:, 0]), 0.0), 0.0
        place, which = np.unravel_index(int(np.argmax(np.abs(below))), below.shape)
        value, weights = float(below[place, which]), directions[:, which]
        threshold = float(along[place, which] + along[place + 1, which]) / 2
        if value > 0:
            # Those below are the ones with more.
            return Line(tuple(float(-w) for w in weights), -threshold), value
        return Line(tuple(float(w) for w in weights), threshold), -value


def parts_of(base: Bools, hit: Bools) -> Floats:
    """Return what each row adds to the violation of a subgroup it is in, shape (n,).

    Args:
        base: the rows a rate is a share of, shape (n,).
        hit: those that count, shape (n,).
    """
    rate = (base & hit).sum() / max(int(base.sum()), 1)
    return np.asarray(np.where(base, hit - rate, 0.0) / len(base))


def words(line: Line, protected: Protected, columns: Mapping[str, Sequence[Any]]) -> str:
    """Say who is in a subgroup: the traits in which its rows differ most from the rest.

    Args:
        line: the subgroup.
        protected: what its weights are about.
        columns: of the rows it is described by.
    """
    traits = protected.features(columns)
    inside = line.holds(traits)
    if inside.all() or not inside.any():
        return "all rows" if inside.all() else "no row"
    apart = traits[inside].mean(axis=0) - traits[~inside].mean(axis=0)
    apart /= np.maximum(traits.std(axis=0), 1e-9)
    used = np.abs(np.asarray(line.weights)) * traits.std(axis=0) > 1e-9  # noqa: PLR2004 (weighs nothing)
    told = []
    for k in np.argsort(-np.abs(apart) * used, kind="stable")[:_TOLD]:
        if not used[k]:
            continue
        within, rest = float(traits[inside, k].mean()), float(traits[~inside, k].mean())
        trait = protected.traits[k]
        if k < len(protected.numbers):
            mean, spread = protected.numbers[trait]
            told.append(f"{trait} {mean + spread * within:.3g} against {mean + spread * rest:.3g}")
        else:
            told.append(f"{trait} {within:.0%} against {rest:.0%}")
    return f"{inside.mean():.0%} of rows: " + ", ".join(told)


def _texts(column: Sequence[Any]) -> list[str]:
    return [str(value).strip() for value in column]
