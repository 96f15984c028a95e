"""The worst subgroup that a line cuts out: one half of the rows proposes, the other tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.measure.bounds import Verdict
from upright.measure.equivalence import ALPHA, Share
from upright.measure.intervals import Interval
from upright.measure.linear import Cells, Protected, parts_of, words
from upright.measure.parity import gaps

Bools = NDArray[np.bool_]

BOUND = 0.005
"""Half a point of all rows: how large a violation may be where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Violation:
    """The worst subgroup that one half proposed, and what the other half says of it.

    Attributes:
        words: who they are, in the traits that set them apart most.
        interval: of the violation, Pr[in it, base] x |its rate - that of all|; each limit holds at
            one minus alpha for this subgroup; n is its rows in the base. Without rows of it, or of
            the rest, the value is NaN and the limits are 0 and 1.
        inside: its share of hits, of those in the base.
        rest: that of all others.
        proposed: the violation on the half that proposed it, which flatters nobody.
        p_value: of "the violation is the bound at most".
        verdict: of the bound, for this subgroup; that of others can only be guessed from it.
        n_needed: rows of it and of the rest, in the base, that would tell.
    """

    words: str
    interval: Interval
    inside: Share
    rest: Share
    proposed: float
    p_value: float
    verdict: Verdict
    n_needed: int | None

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        found = self.interval
        shape: dict[str, Any] = {
            "group": self.words,
            "value": None if math.isnan(found.value) else found.value,
            "low": found.low,
            "high": found.high,
            "n": found.n,
            "verdict": self.verdict,
            "p_value": self.p_value,
        }
        return shape | ({} if self.n_needed is None else {"n_needed": self.n_needed})


def probe(
    columns: Mapping[str, Sequence[Any]],
    base: Bools,
    hit: Bools,
    bound: float,
    *,
    alpha: float = ALPHA,
    seed: int = 0,
) -> Violation:
    """Search the worst subgroup on a random half, and test it on the other.

    Only one is tested, so nothing is corrected. Shares of rows are taken as they are on that half,
    and the rates are what is uncertain: a violation is a difference of two rates, times s (1 - s)
    Pr[base] where s is the subgroup's share of the base.

    Args:
        columns: of the attributes that lines may cut, n values each.
        base: the rows a rate is a share of, shape (n,).
        hit: those that count, shape (n,).
        bound: largest violation that is allowed, in (0, 1).
        alpha: how often each claim may be wrong.
        seed: of the halves.

    Raises:
        ValueError: for a bound that is none.
    """
    if not 0 < bound < 1:
        raise ValueError(f"a bound of {bound} is none: it lies between 0 and 1")
    protected = Protected.of(columns)
    traits = protected.features(columns)
    half = np.random.default_rng(seed).permutation(len(base)) % 2 == 0
    line, proposed = Cells(traits[half]).worst(parts_of(base[half], hit[half]), seed)
    inside, held = line.holds(traits), base & ~half
    pair = [
        Share(int((held & hit & part).sum()), int((held & part).sum()))
        for part in (inside, ~inside)
    ]
    rows = pair[0].n + pair[1].n
    scale = pair[0].n * pair[1].n / max(rows * int((~half).sum()), 1)
    return _judged(words(line, protected, columns), pair, proposed, (bound, scale, alpha))


def _judged(
    told: str, pair: Sequence[Share], proposed: float, asked: tuple[float, float, float]
) -> Violation:
    bound, scale, alpha = asked
    if not scale:
        # Without rows on both sides the other half says nothing: not that the violation is 0.
        unknown = Interval(math.nan, 0.0, 1.0, pair[0].n, 1 - 2 * alpha)
        return Violation(told, unknown, pair[0], pair[1], proposed, 1.0, "cannot tell", None)
    if bound >= scale:
        # So few are in it, or outside, that no rate of theirs makes so much.
        verdict: Verdict = "within"
        margin = 1 - 1e-9
        gap = gaps({"": {"in": pair[0], "rest": pair[1]}}, margin, alpha=alpha)[0]
        p_value, needed = 1.0, None
    else:
        gap = gaps({"": {"in": pair[0], "rest": pair[1]}}, bound / scale, alpha=alpha)[0]
        verdict, needed = gap.verdict, gap.n_needed
        p_value = gap.differences[0].p_outside
    apart = gap.interval
    found = Interval(
        apart.value * scale, apart.low * scale, apart.high * scale, pair[0].n, apart.level
    )
    return Violation(told, found, pair[0], pair[1], proposed, p_value, verdict, needed)
