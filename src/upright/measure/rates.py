"""Rates of decisions that people ask to be equal: of whom they are a share, and what counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of rows.

    Attributes:
        name: as options and JSON spell it, without `_rate`.
        title: as people read it.
        meaning: what it is a share of.
        base: which rows it is a share of, from label and favourable value; None for all.
        hit: which rows count, from label, prediction and favourable value.
    """

    name: str
    title: str
    meaning: str
    base: Callable[[Ints, int], Bools] | None
    hit: Callable[[Ints, Ints, int], Bools]


RATES = {
    rate.name: rate
    for rate in (
        Rate(
            "false_rejection",
            "False-rejection rate",
            "rejected among those whose label is favourable",
            lambda label, good: label == good,
            lambda _label, prediction, good: prediction != good,
        ),
        Rate(
            "false_positive",
            "False-positive rate",
            "predicted 1 among those labelled 0",
            lambda label, _good: label == 0,
            lambda _label, prediction, _good: prediction == 1,
        ),
        Rate(
            "true_positive",
            "True-positive rate",
            "predicted 1 among those labelled 1",
            lambda label, _good: label == 1,
            lambda _label, prediction, _good: prediction == 1,
        ),
        Rate(
            "error",
            "Error rate",
            "predicted otherwise than labelled",
            None,
            lambda label, prediction, _good: prediction != label,
        ),
        Rate(
            "selection",
            "Selection rate",
            "decided favourably",
            None,
            lambda _label, prediction, good: prediction == good,
        ),
    )
}
"""By name. The favourable value is what a person hopes for: 0 where 1 is a default."""


def base_of(rate: Rate, label: Ints, favourable: int) -> Bools:
    """Return the rows that a rate is a share of, shape (n,)."""
    if rate.base is None:
        return np.ones(len(label), dtype=bool)
    return rate.base(label, favourable)


def same_as(name: str, favourable: int) -> str | None:
    """Return the rate that a rate is another name of where `favourable` is hoped for, or None.

    To be rejected although 0 came true is to be predicted 1, if 0 is hoped for.
    """
    twins = {"false_positive": "false_rejection"}
    return twins.get(name) if favourable == 0 else None
