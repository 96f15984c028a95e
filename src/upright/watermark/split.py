"""The scheme `split`: draw from one of two halves of equal probability.

Candidates are ordered by their keyed numbers; each owns an interval of [0, 1] as long as its
probability. The token is drawn uniformly in the upper half if the coin says so, else in the
lower. The one that straddles the middle is split in proportion, so that averaged over the coin
each token has exactly its own probability.

Source: the split is the reweighting of Hu et al. 2023 (arXiv 2310.10669) at one half; the
detection by the sign of the share is derived in docs/explanation/watermark.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upright.watermark.numbers import Numbers, top_bytes

Floats = NDArray[np.float64]

_MIDDLE = 0.5
_BUCKETS = 256
PART = 16_384
"""Candidates that are looked at together: arrays so small need no fresh pages of memory."""


def draw(probabilities: Floats, numbers: Numbers, *, upper: bool, uniform: float) -> int:
    """Return the place of the drawn candidate.

    Nothing is sorted but the few candidates of the bucket in which the draw falls.

    Args:
        probabilities: shape (n,), not negative; they need not sum to exactly 1.
        numbers: shape (n,), of the same candidates.
        upper: the coin.
        uniform: in [0, 1); where in the half.
    """
    starts = range(0, numbers.size, PART)
    tops = [top_bytes(numbers[start : start + PART]) for start in starts]
    mass = np.zeros(_BUCKETS)
    for start, top in zip(starts, tops, strict=True):
        mass += np.bincount(top, probabilities[start : start + PART], minlength=_BUCKETS)
    edges = mass.cumsum()
    target = _MIDDLE * (float(upper) + uniform) * float(edges[-1])
    bucket = min(int(edges.searchsorted(target, side="right")), int(mass.nonzero()[0][-1]))
    members = np.concatenate(
        [start + (top == bucket).nonzero()[0] for start, top in zip(starts, tops, strict=True)]
    )
    members = members[numbers[members].astype(np.uint32).argsort(kind="stable")]
    own = probabilities[members]
    place = int(own.cumsum().searchsorted(target - (edges[bucket] - mass[bucket]), side="right"))
    # Sums round: the last candidate that has any mass ends the bucket.
    last = int(own.nonzero()[0][-1])
    return int(members[min(place, last)])


def halves(probabilities: Floats, numbers: Numbers) -> Floats:
    """Return the share of each candidate's interval that lies in the upper half, shape (n,).

    An interval without length counts by its position. This sorts, so it is for showing.
    """
    order = np.lexsort((np.arange(numbers.size), numbers))
    ends = np.cumsum(probabilities[order])
    ends /= ends[-1]
    starts = np.concatenate([[0.0], ends[:-1]])
    shares = np.empty(probabilities.size)
    shares[order] = _upper_share(starts, ends)
    return shares


def upper_shares(
    tokens: NDArray[np.int64], probabilities: Floats, table: Numbers, token: int, own: Numbers
) -> Floats:
    """Return the share of one token's interval that lies in the upper half, for some sub-keys.

    Args:
        tokens: shape (n,), ids of the candidates, rising.
        probabilities: shape (n,), under whatever model the reader has.
        table: shape (m, n), the candidates' numbers for m sub-keys.
        token: the one that stands in the text; it need not be a candidate.
        own: shape (m,), its numbers.

    Returns:
        Shape (m,).
    """
    at = int(np.searchsorted(tokens, token))
    known = at < tokens.size and tokens[at] == token
    total = float(probabilities.sum())
    length = float(probabilities[at]) / total if known else 0.0
    lower = table < own[:, None]
    # Of equal numbers the smaller id comes first.
    lower[:, :at] |= table[:, :at] == own[:, None]
    # Not as a product of matrices: BLAS would wake a thread on each core for a sum so short.
    starts = np.einsum("ij,j->i", lower, probabilities) / total
    return _upper_share(starts, starts + length)


def _upper_share(starts: Floats, ends: Floats) -> Floats:
    length = ends - starts
    above = np.clip(ends - np.maximum(starts, _MIDDLE), 0.0, None)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(length > 0, above / length, starts >= _MIDDLE)
    return np.clip(shares, 0.0, 1.0)
