"""Runs of words that no record may share: evaluation data, protected works."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from upright.match import words as normal
from upright.match.words import Hashes

_BITS = 20
_SHIFT = np.uint64(64 - _BITS)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Runs of one list.

    Attributes:
        rule: what a record that shares one is left out by.
        length: words of a run.
        runs: their hashes, sorted, shape (n,).
        sources: for each run which text it is of, shape (n,).
        names: of the texts.
        begun: for each value of a hash's first 20 bits whether a run begins so.
    """

    rule: str
    length: int
    runs: Hashes
    sources: NDArray[np.int32]
    names: tuple[str, ...]
    begun: NDArray[np.bool_]

    @classmethod
    def load(cls, rule: str, file: Path) -> HeldOut:
        """Read what `save` wrote."""
        with np.load(file) as held:
            runs, sources = held["runs"], held["sources"]
            length, names = int(held["length"]), json.loads(str(held["names"]))
        begun = np.zeros(1 << _BITS, np.bool_)
        begun[runs >> _SHIFT] = True
        return cls(rule, length, runs, sources, tuple(names), begun)

    def shared(self, hashes: Hashes) -> str | None:
        """Return the text of which a record shares a run, or None.

        Args:
            hashes: of the record's words.
        """
        found = normal.grams(hashes, self.length)
        found = found[self.begun[found >> _SHIFT]]
        if not len(found):
            return None
        places = np.minimum(np.searchsorted(self.runs, found), len(self.runs) - 1)
        same = np.flatnonzero(self.runs[places] == found)
        return self.names[self.sources[places[same[0]]]] if len(same) else None


def save(file: Path, texts: Iterable[tuple[str, str]], length: int) -> None:
    """Write the runs of texts; a text of fewer words than a run gives none.

    Args:
        file: an `.npz`.
        texts: name and text of each.
        length: words of a run.
    """
    names: list[str] = []
    parts: list[Hashes] = []
    for name, text in texts:
        names.append(name)
        parts.append(normal.grams(normal.batch([text])[0], length))
    runs = np.concatenate([np.empty(0, np.uint64), *parts])
    sources = np.repeat(np.arange(len(parts), dtype=np.int32), [len(part) for part in parts])
    runs, first = np.unique(runs, return_index=True)
    np.savez(
        file, runs=runs, sources=sources[first], length=length, names=np.array(json.dumps(names))
    )
