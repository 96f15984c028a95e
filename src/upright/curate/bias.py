"""Count whom texts speak of, and what stands near: professions, pleasant and unpleasant words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.curate.bias_words import IDENTITIES, PLEASANT, PROFESSIONS, UNPLEASANT
from upright.match import words as normal
from upright.match.words import Hashes

NEAR = 10
"""Words on either side that count as near."""
GROUPS = tuple(IDENTITIES)
NEIGHBOURS = (*PROFESSIONS.split(), "pleasant", "unpleasant")

Counts = NDArray[np.int64]


@dataclass(slots=True)
class BiasCounts:
    """What stands near whom.

    Attributes:
        mentions: of each group, shape (groups,).
        near: for each group, how often each neighbour stands near, shape (groups, neighbours).
    """

    mentions: Counts = field(default_factory=lambda: np.zeros(len(GROUPS), np.int64))
    near: Counts = field(default_factory=lambda: np.zeros((len(GROUPS), len(NEIGHBOURS)), np.int64))

    def add(self, texts: Sequence[str]) -> None:
        """Count some texts; nothing is near across two."""
        hashes, bounds = normal.batch(texts)
        spots, groups = _found(hashes, *_table("groups"))
        places, kinds = _found(hashes, *_table("neighbours"))
        np.add.at(self.mentions, groups, 1)
        low = np.searchsorted(places, spots - NEAR)
        counts = np.searchsorted(places, spots + NEAR, side="right") - low
        pairs = np.repeat(np.arange(len(spots)), counts)
        steps = np.arange(len(pairs)) - np.repeat(np.cumsum(counts) - counts, counts)
        others = low[pairs] + steps
        texts_of = [np.searchsorted(bounds, at, side="right") for at in (spots, places)]
        same = texts_of[0][pairs] == texts_of[1][others]
        np.add.at(self.near, (groups[pairs[same]], kinds[others[same]]), 1)

    def to_json(self) -> dict[str, Any]:
        """Return the counts by name, without zeros."""
        return {
            "mentions": _named(GROUPS, self.mentions),
            "near": {
                group: named
                for group, row in zip(GROUPS, self.near, strict=True)
                if (named := _named(NEIGHBOURS, row))
            },
        }

    def merge(self, told: dict[str, Any]) -> None:
        """Add what `to_json` gave."""
        for group, count in told["mentions"].items():
            self.mentions[GROUPS.index(group)] += count
        for group, row in told["near"].items():
            for name, count in row.items():
                self.near[GROUPS.index(group), NEIGHBOURS.index(name)] += count


def card(counts: BiasCounts) -> dict[str, Any]:
    """Return what a reader compares: shares of professions by gender, tone by group.

    A share is women's part of all mentions of women and men near a profession; tone is the part of
    pleasant words among the pleasant and unpleasant ones near a group. Each is given with its n.
    """
    women, men = (counts.near[GROUPS.index(name)] for name in ("women", "men"))
    professions = {
        name: {"women": int(women[at]), "men": int(men[at]), **_share(women[at], men[at])}
        for at, name in enumerate(NEIGHBOURS[:-2])
        if women[at] + men[at]
    }
    tone = {
        group: {"pleasant": int(row[-2]), "unpleasant": int(row[-1]), **_share(row[-2], row[-1])}
        for group, row in zip(GROUPS, counts.near, strict=True)
        if row[-2] + row[-1]
    }
    return {
        "mentions": _named(GROUPS, counts.mentions),
        "professions": professions,
        "tone": tone,
        "within_words": NEAR,
    }


def _share(one: int, other: int) -> dict[str, Any]:
    total = int(one + other)
    return {"n": total, "share": round(int(one) / total, 4)}


def _named(names: Iterable[str], counts: Counts) -> dict[str, int]:
    return {name: int(count) for name, count in zip(names, counts, strict=True) if count}


def _found(hashes: Hashes, known: Hashes, kinds: Counts) -> tuple[Counts, Counts]:
    """Return where known words stand, and of which kind each is."""
    spots = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    places = np.flatnonzero(known[spots] == hashes)
    return places, kinds[spots[places]]


@cache
def _table(which: str) -> tuple[Hashes, Counts]:
    """Return the hashes of known words in order, and the kind of each."""
    if which == "groups":
        pairs = [
            (word, at) for at, group in enumerate(GROUPS) for word in IDENTITIES[group].split()
        ]
    else:
        pairs = [(word, at) for at, word in enumerate(PROFESSIONS.split())]
        pairs += [(word, len(NEIGHBOURS) - 2) for word in PLEASANT.split()]
        pairs += [(word, len(NEIGHBOURS) - 1) for word in UNPLEASANT.split()]
    hashes = normal.words(" ".join(word for word, _ in pairs)).hashes
    order = np.argsort(hashes)
    return hashes[order], np.array([kind for _, kind in pairs], np.int64)[order]
