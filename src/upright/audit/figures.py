"""One figure of an audit: a number with its limits, how it was made, and what can be said of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

from upright.measure.bounds import Verdict
from upright.measure.intervals import Interval

WIDEST = 0.2
"""An interval that is wider says so little that the verdict is `cannot tell`."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with an interval.

    Attributes:
        value: the number, or None where a class is missing.
        low: lower limit.
        high: upper limit.
        n: of how many lines.
        method: how value and limits were made.
        verdict: `within` or `outside` of a bound, or `cannot tell`; None where no bound
            applies and the interval is narrow enough.
        n_needed: about how many lines would tell.
    """

    value: float | None
    low: float
    high: float
    n: int
    method: str
    verdict: Verdict | None = None
    n_needed: int | None = None

    @classmethod
    def of(cls, interval: Interval, method: str) -> Self:
        """Return the figure of an interval, with `cannot tell` where that is too wide."""
        missing = math.isnan(interval.value)
        width = interval.high - interval.low
        vague = missing or width > WIDEST
        # Intervals narrow with the root of n.
        needed = None
        if vague and math.isfinite(width) and not missing:
            needed = math.ceil(interval.n * (width / WIDEST) ** 2)
        return cls(
            value=None if missing else interval.value,
            low=interval.low,
            high=interval.high,
            n=interval.n,
            method=method,
            verdict="cannot tell" if vague else None,
            n_needed=needed,
        )

    def interval(self, level: float) -> Interval:
        """Return the numbers alone."""
        value = math.nan if self.value is None else self.value
        return Interval(value, self.low, self.high, self.n, level)

    def to_json(self) -> dict[str, Any]:
        """Return the public shape; `verdict` and `n_needed` only where there is one."""
        shape: dict[str, Any] = {
            "value": self.value,
            "low": _told(self.low),
            "high": _told(self.high),
            "n": self.n,
            "method": self.method,
        }
        if self.verdict is not None:
            shape["verdict"] = self.verdict
        if self.n_needed is not None:
            shape["n_needed"] = self.n_needed
        return shape


def _told(limit: float) -> float | None:
    """Return a limit as JSON holds it: none where there is none."""
    return limit if math.isfinite(limit) else None
