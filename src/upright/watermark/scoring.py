"""What all scored tokens together say of each test: an exact p-value, and bets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upright.watermark.evidence import Evidence
from upright.watermark.marker import Scheme
from upright.watermark.payload import LENGTH
from upright.watermark.statistics import (
    BETS,
    erlang_tail,
    folded_tail,
    weighted_tail,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WHOLE = 1.0 - 1e-9
"""From this |s| on, a token lies wholly in one half."""

_POWERS = (2.0, 4.0, 8.0)

_SURE = 0.95
"""How sure a token wholly in one half is taken to be: a reader seldom has the writer's model."""
_WITH_MODEL, _MODEL_FREE = 16, 8
"""How finely sizes of evidence are told apart."""


def gains(evidence: Evidence, signed: Floats, scheme: Scheme) -> Floats:
    """Return the logarithm of what each bet gains at each token, shape (bets, n, tests).

    With `split` ln(1 + λ s), with `gumbel` ln(a u^(a - 1)); each has mean 1 under the null before
    the logarithm is taken.
    """
    found: Floats
    if scheme == "gumbel":
        powers = np.array(_POWERS)[:, None, None]
        found = np.log(powers) + (powers - 1) * np.log(evidence.uniform[None])
    else:
        found = np.log1p(np.array(BETS)[:, None, None] * signed[None])
    return found


def leading(evidence: Evidence, signed: Floats, scheme: Scheme) -> tuple[int, float]:
    """Return which test the text fits best, and that test's exact p-value by itself.

    The best is told by a quick measure, so that one p-value is computed and not one for each
    test. Times the number of tests it is still a p-value: at least as large as the smallest
    times their number.
    """
    if scheme == "gumbel":
        sums = -np.log1p(-evidence.uniform).sum(axis=0)
        best = int(sums.argmax())
        return best, erlang_tail(float(sums[best]), evidence.positions.size)
    weights = _weights(evidence, signed).astype(np.float64)
    spread = np.sqrt((weights**2).sum(axis=0))
    total = (weights * np.sign(signed)).sum(axis=0)
    best = int(np.divide(total, spread, out=np.zeros_like(total), where=spread > 0).argmax())
    return best, _p_value(evidence, signed[:, best], 1.0)


def leading_unknown(evidence: Evidence) -> tuple[int, float]:
    """Return the best test and its exact p-value where a payload's bits are not known."""
    # With a model, tokens across the middle say too little of a bit.
    sizes = np.abs(evidence.signed)
    whole = sizes >= WHOLE if evidence.exact else sizes > 0
    values = []
    for column in range(len(evidence.tests)):
        own = whole[:, column]
        places, green = evidence.places[own, column], evidence.signed[own, column] > 0
        greens = np.bincount(places, weights=green, minlength=LENGTH).astype(np.int64)
        values.append(folded_tail(greens, np.bincount(places, minlength=LENGTH)))
    best = int(np.argmin(values))
    return best, values[best]


def p_values(evidence: Evidence, scheme: Scheme = "split", uniform: Floats | None = None) -> Floats:
    """Return the p-value of each test by itself, shape (tests,), as audits of error rates need it.

    Args:
        evidence: from a `Reading`.
        scheme: whose mark is looked for.
        uniform: shape (tests,), in [0, 1], drawn independently of everything: makes p-values of
            `split` uniform under the null. Without it they are a little too large, since counts
            come in steps. Those of `gumbel` are uniform anyhow.
    """
    if scheme == "gumbel":
        sums = -np.log1p(-evidence.uniform).sum(axis=0)
        return np.array([erlang_tail(float(total), evidence.positions.size) for total in sums])
    chances = np.ones(len(evidence.tests)) if uniform is None else uniform
    pairs = zip(evidence.signed.T, chances.tolist(), strict=True)
    return np.array([_p_value(evidence, own, chance) for own, chance in pairs])


def _weights(evidence: Evidence, signed: Floats) -> Integers:
    """Return what each sign counts, from the size of its evidence alone.

    If s is the share by which the right half is the likelier one, the most powerful test of a
    mark against fair coins adds up ln (1 + s)/(1 - s) (Neyman and Pearson, 1933). So a token
    that lies across the middle counts too, and less than its size.
    """
    weights: Floats = np.abs(signed)
    if evidence.exact:
        weights = np.rint(np.arctanh(_SURE * weights) / np.arctanh(_SURE) * _WITH_MODEL)
    else:
        weights = np.ceil(weights * _MODEL_FREE)
    return weights.astype(np.int64)


def _p_value(evidence: Evidence, own: Floats, uniform: float) -> float:
    return weighted_tail(own, _weights(evidence, own), uniform)
