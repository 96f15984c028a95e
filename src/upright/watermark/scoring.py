"""What all scored tokens together say of each test: an exact p-value, and bets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upright.watermark.evidence import Evidence
from upright.watermark.marker import Scheme
from upright.watermark.payload import LENGTH
from upright.watermark.statistics import (
    BETS,
    binomial_tail,
    erlang_tail,
    folded_tail,
    randomised_tail,
    weighted_tail,
)

Floats = NDArray[np.float64]

WHOLE = 1.0 - 1e-9
"""From this |s| on, a token lies wholly in one half."""

_POWERS = (2.0, 4.0, 8.0)


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
    weights = _telling(evidence, signed)
    spread = np.sqrt((weights**2).sum(axis=0))
    total = (weights * np.sign(signed)).sum(axis=0)
    best = int(np.divide(total, spread, out=np.zeros_like(total), where=spread > 0).argmax())
    return best, _p_value(evidence, signed[:, best], 1.0)


def leading_unknown(evidence: Evidence) -> tuple[int, float]:
    """Return the best test and its exact p-value where a payload's bits are not known."""
    whole = _telling(evidence, evidence.signed) > 0
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


def _telling(evidence: Evidence, signed: Floats) -> Floats:
    """Return the weight of each sign: with a model, tokens across the middle have none."""
    sizes = np.abs(signed)
    return (sizes >= WHOLE).astype(np.float64) if evidence.exact else sizes


def _p_value(evidence: Evidence, own: Floats, uniform: float) -> float:
    if not evidence.exact:
        return weighted_tail(own, uniform)
    whole = own[np.abs(own) >= WHOLE]
    greens = int((whole > 0).sum())
    if uniform < 1.0:
        return randomised_tail(greens, whole.size, uniform)
    return binomial_tail(greens, whole.size)
