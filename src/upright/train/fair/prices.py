"""The price list: how much error each gap costs, with the groups seen and unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import numpy as np

from upright.measure.groups import attribute
from upright.measure.intervals import Interval
from upright.measure.table import Table
from upright.train.fair.certify import widest
from upright.train.fair.lender import Order, parts

GAPS = (0.0025, 0.005, 0.01, 0.02, 0.05, 0.2)
"""Largest gaps that are priced, as shares; the last one hardly binds."""

_WIDTH, _HEIGHT, _LEFT, _TOP = 560.0, 340.0, 70.0, 20.0
_STYLES = {"blind": "#0f5c6e", "aware": "#b4540a"}


@dataclass(frozen=True, slots=True)
class Price:
    """What one gap costs.

    Attributes:
        mode: `blind` or `aware`.
        max_gap: what was asked.
        error: on rows that took no part, with its interval.
        gap: largest gap of any attribute on the same rows, with limits.
    """

    mode: str
    max_gap: float
    error: Interval
    gap: Interval

    def to_json(self) -> dict[str, Any]:
        """Return the public shape."""
        return {
            "mode": self.mode,
            "max_gap": self.max_gap,
            "error": _shape(self.error),
            "gap": _shape(self.gap),
        }


def price_list(table: Table, order: Order, gaps: Sequence[float] = GAPS) -> list[Price]:
    """Price gaps, blind and aware: the scores of each mode are made once.

    Args:
        table: the rows.
        order: what is asked; its own `max_gap` and `blind` do not matter here.
        gaps: largest gaps, as shares.

    Raises:
        ConfigError: as `train_lender`.
    """
    found = []
    for mode in ("blind", "aware"):
        here = parts(table, replace(order, blind=mode == "blind"))
        classifier, held = here.fit(), here.held
        seen = None if mode == "blind" else held.columns
        bands = classifier.bands or {}
        chances = classifier.chances(held.rows, seen)
        attributes = [attribute(name, column, bands[name]) for name, column in held.columns.items()]
        for gap in gaps:
            margin = classifier.choose_again(gap).rule.margin(chances)
            error, wide = widest(
                held.label,
                (margin > 0).astype(np.int64),
                attributes,
                parity=order.parity,
                favourable=order.favourable,
            )
            found.append(Price(mode, gap, error, wide))
    return found


def drawing(prices: Sequence[Price]) -> str:
    """Return error over gap as an SVG file: one dot with both intervals for each price."""
    right = max(price.gap.high for price in prices) * 1.05
    low = min(price.error.low for price in prices) * 0.99
    high = max(price.error.high for price in prices) * 1.01

    def at(gap: float, error: float) -> tuple[float, float]:
        across = _LEFT + gap / right * (_WIDTH - _LEFT - 20)
        return across, _TOP + (high - error) / (high - low) * (_HEIGHT - _TOP - 60)

    parts_ = [_axes(right, low, high, at(0, low)[1])]
    for price in prices:
        x, y = at(price.gap.value, price.error.value)
        colour = _STYLES[price.mode]
        told = (
            f"{price.mode}, asked {price.max_gap:.2%}: gap {price.gap.value:.2%}, "
            f"error {price.error.value:.2%}"
        )
        for start, end in (
            (at(price.gap.low, price.error.value), at(price.gap.high, price.error.value)),
            (at(price.gap.value, price.error.low), at(price.gap.value, price.error.high)),
        ):
            parts_.append(
                f'<line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" '
                f'y2="{end[1]:.1f}" stroke="{colour}" opacity="0.4"/>'
            )
        parts_.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}">'
            f"<title>{escape(told)}</title></circle>"
        )
    title = "Error over gap, on rows that took no part in training"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'aria-label="{title}"><title>{title}</title><rect width="100%" height="100%" '
        f'fill="#fff"/><g font-family="system-ui, sans-serif" font-size="12">{"".join(parts_)}'
        "</g></svg>\n"
    )


def _axes(right: float, low: float, high: float, bottom: float) -> str:
    end = _WIDTH - 20
    drawn = [
        f'<path d="M{_LEFT:g} {_TOP:g}V{bottom:.1f}H{end:g}" fill="none" stroke="#8b8679"/>',
        _words((_LEFT + end) / 2, _HEIGHT - 12, "middle", "largest gap between groups"),
        _words(_LEFT, 14, "start", "error"),
    ]
    for step in range(5):
        share = step / 4
        x, y = _LEFT + share * (end - _LEFT), bottom - share * (bottom - _TOP)
        drawn.append(_words(x, bottom + 18, "middle", f"{right * share:.2%}"))
        drawn.append(_words(_LEFT - 6, y + 4, "end", f"{low + share * (high - low):.1%}"))
    for number, (mode, colour) in enumerate(_STYLES.items()):
        x = end - 140 + number * 75
        drawn.append(f'<circle cx="{x:g}" cy="12" r="4" fill="{colour}"/>')
        drawn.append(_words(x + 8, 16, "start", mode))
    return "".join(drawn)


def _words(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _shape(found: Interval) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}
