"""Certificates of a classifier, on rows that took no part in training or choosing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from upright.measure.groups import Attribute, crossed
from upright.measure.intervals import Interval, wilson
from upright.measure.parity import Gap, gaps, largest_difference
from upright.measure.rates import RATES, base_of

Ints = NDArray[np.int64]


def certify(
    label: Ints,
    decided: Ints,
    attributes: Sequence[Attribute],
    *,
    parity: str,
    favourable: int,
    margin: float,
) -> tuple[Interval, list[Gap]]:
    """Return the error with its interval, and what these rows say of each attribute's gap.

    Args:
        label: 0 or 1, shape (n,).
        decided: 0 or 1, shape (n,).
        attributes: groups of the rows; several are crossed too, for the record.
        parity: which rate.
        favourable: what people hope for.
        margin: largest gap that counts as equal.
    """
    rate = RATES[parity]
    base, hit = base_of(rate, label, favourable), rate.hit(label, decided, favourable)
    asked = list(attributes)
    if len(asked) > 1:
        asked.append(crossed(asked))
    wrong = int((label != decided).sum())
    shares = {one.name: one.shares(base, hit) for one in asked}
    return wilson(wrong, len(label)), gaps(shares, margin)


def widest(
    label: Ints,
    decided: Ints,
    attributes: Sequence[Attribute],
    *,
    parity: str,
    favourable: int,
) -> tuple[Interval, Interval]:
    """Return the error and the largest gap of any attribute, with limits and without a verdict."""
    rate = RATES[parity]
    base, hit = base_of(rate, label, favourable), rate.hit(label, decided, favourable)
    wide = [largest_difference(one.shares(base, hit)) for one in attributes]
    wrong = wilson(int((label != decided).sum()), len(label))
    return wrong, max(wide, key=lambda found: found.value)


def gap_shape(gap: Gap) -> dict[str, Any]:
    """Return what is stored and printed of a gap."""
    found = gap.interval
    shape: dict[str, Any] = {
        "attribute": gap.attribute,
        "value": None if np.isnan(found.value) else found.value,
        "low": found.low,
        "high": found.high,
        "n": found.n,
        "verdict": gap.verdict,
    }
    more: Mapping[str, Any] = {"n_needed": gap.n_needed, "smallest_margin": gap.smallest_margin}
    return shape | {key: value for key, value in more.items() if value is not None}
