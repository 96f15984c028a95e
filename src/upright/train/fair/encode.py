"""From columns of text to features: numbers as they are, words as numbered categories."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.measure.groups import numbers_of
from upright.measure.table import Table
from upright.terms import ConfigError

Floats = NDArray[np.float64]

MOST_WORDS = 50
"""Different words of a column that become categories; rarer ones count as unknown."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How columns become features.

    Attributes:
        names: of the columns, in order.
        words: of columns that hold words, each word's number.
    """

    names: tuple[str, ...]
    words: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, table: Table, names: Sequence[str]) -> Encoding:
        """Learn the words of the columns.

        Raises:
            ConfigError: for no column at all.
        """
        if not names:
            raise ConfigError(f"{table.name}: no column is left to decide by", mend="exclude fewer")
        words = {}
        for name in names:
            texts = [text.strip() for text in table.column(name)]
            if numbers_of(texts) is None:
                counted = Counter(text for text in texts if text).most_common(MOST_WORDS)
                words[name] = {word: number for number, (word, _) in enumerate(counted)}
        return cls(tuple(names), words)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Numbers of the features that are categories."""
        return tuple(k for k, name in enumerate(self.names) if name in self.words)

    def features(self, table: Table) -> Floats:
        """Return the features of a table, shape (rows, columns); NaN for what is not known.

        Raises:
            ConfigError: for a column that is not there, or words where there were numbers.
        """
        return np.column_stack([self._feature(table, name) for name in self.names])

    def _feature(self, table: Table, name: str) -> Floats:
        texts = [text.strip() for text in table.column(name)]
        if name in self.words:
            numbers = self.words[name]
            return np.array([numbers.get(text, math.nan) for text in texts], dtype=np.float64)
        if not any(texts):
            return np.full(len(texts), math.nan)
        found = numbers_of(texts)
        if found is None:
            raise ConfigError(
                f"{table.name}: `{name}` holds words, and held numbers when the model was trained",
                mend="write it as it was written then",
            )
        return found

    def shown(self, name: str, value: float) -> str:
        """Return a feature's value as the table spells it."""
        if math.isnan(value):
            return "nothing"
        if name in self.words:
            return next(word for word, number in self.words[name].items() if number == value)
        return f"{value:g}"

    def to_json(self) -> dict[str, Any]:
        """Return the shape that `from_json` reads."""
        return {"names": list(self.names), "words": {k: dict(v) for k, v in self.words.items()}}

    @classmethod
    def from_json(cls, shape: Mapping[str, Any]) -> Encoding:
        """Return the encoding that was stored."""
        return cls(tuple(shape["names"]), shape["words"])
