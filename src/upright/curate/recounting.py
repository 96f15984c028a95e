"""Read some records of a shard again, to count their passages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.curate import passages
from upright.curate.corpus import Part
from upright.curate.lines import parse
from upright.curate.measuring import leaving
from upright.curate.shards import Shard
from upright.jobs import Work
from upright.jobs.task import Function
from upright.match import words as normal
from upright.match.words import Hashes
from upright.terms import digest

RESULT = "counted.npz"


def recount_work(words: int) -> Work:
    """Return the step, for passages of so many words."""
    spec = {"words": words}
    return Work("recount", f"{__name__}:recounting", spec, f"1.{normal.NORMAL_FORM}")


def content_of(payload: Mapping[str, Any], part: Part) -> str:
    """Return what names the records that are counted, without the places of files."""
    told = {key: payload[key] for key in ("places", "cuts")}
    return digest([part.content, told, Path(payload["often"]).name])


def recounting(spec: Mapping[str, Any]) -> Function:
    """Build the step's function in a worker."""
    words = int(spec["words"])

    def perform(payload: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        shard = Shard.of(payload["shard"])
        lines, _ = parse(shard, shard.read())
        places = payload["places"]
        often = np.load(payload["often"]) if payload["often"] else None
        counter = _Counter(words, often)
        for at, _, text in leaving(lines, Path(payload["effects"])):
            record = places.get(str(at))
            if record is not None:
                counter.add(record, text, payload["cuts"].get(str(record), []))
        return {"rows": counter.write(folder / RESULT)}

    return perform


class _Counter:
    """Passages that hold a mark that stands often; without such marks, all marks of records.

    Args:
        words: of a passage.
        often: marks, sorted; or None.
    """

    def __init__(self, words: int, often: Hashes | None) -> None:
        self._words = words
        self._often = often
        self._rows: list[tuple[Hashes, int, NDArray[Any]]] = []

    def add(self, record: int, text: str, cuts: Sequence[Sequence[int]]) -> None:
        """Count the passages of a record, as if what was cut had not been there."""
        hashes, _ = normal.batch([text])
        keep = np.ones(len(hashes), np.bool_)
        for first, last in cuts:
            keep[first:last] = False
        left = hashes[keep]
        if self._often is None:
            ends = np.array([last - 1 for _, last in cuts], np.int64)
            joints = np.cumsum(keep, dtype=np.int64)[ends]
            self._rows.append((*self._marks(left, joints, record),))
            return
        found = normal.grams(left, passages.run_length(self._words))
        marked = np.zeros(len(left), np.bool_)
        spots = np.minimum(np.searchsorted(self._often, found), len(self._often) - 1)
        marked[: len(found)] = self._often[spots] == found
        rows, begins = passages.windows(left, marked, self._words)
        self._rows.append((rows, record, begins))

    def _marks(
        self, left: Hashes, joints: NDArray[np.int64], record: int
    ) -> tuple[Hashes, int, NDArray[np.bool_]]:
        found, places = passages.marks(left, np.array([0, len(left)]), self._words)
        run = passages.run_length(self._words)
        around = np.zeros(len(places), np.bool_)
        for joint in joints:
            around |= (places > joint - self._words) & (places + run < joint + self._words)
        return found, record, around

    def write(self, file: Path) -> int:
        """Write the hashes in order, with record and place of each; return how many."""
        found = np.concatenate([np.empty(0, np.uint64), *(row[0] for row in self._rows)])
        counts = [len(row[0]) for row in self._rows]
        texts = np.repeat(np.array([row[1] for row in self._rows], np.int64), counts)
        kind = np.bool_ if self._often is None else np.int64
        at = np.concatenate([np.empty(0, kind), *(row[2] for row in self._rows)])
        order = np.argsort(found, kind="stable")
        np.savez(file, found=found[order], texts=texts[order], at=at[order])
        return len(found)
