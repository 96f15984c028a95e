"""Drawings of an audit of a language model as a lender."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from upright.measure.equivalence import Share
from upright.measure.intervals import wilson
from upright.measure.svg import WIDE, Bar, Plot, bars, line, text

if TYPE_CHECKING:
    from upright.audit.lending_audit import LendingAudit

_LEFT, _ACROSS, _STEP = 220.0, 400.0, 26.0


def swaps(audit: LendingAudit) -> Plot:
    """Return what swapping each attribute does to the log odds of approval."""
    margin = audit.question.logit_margin
    ends = [abs(end) for one in audit.swaps for end in (one.figure.low, one.figure.high)]
    most = max([margin * 1.5, *(end for end in ends if math.isfinite(end))])
    bottom = 40 + len(audit.swaps) * _STEP

    def place(value: float) -> float:
        return _LEFT + (max(-most, min(most, value)) + most) / (2 * most) * _ACROSS

    parts = [text(_LEFT + _ACROSS / 2, bottom + 38, "log odds of approval", "name middle")]
    for tick in (-most, -most / 2, 0.0, most / 2, most):
        x = place(tick)
        parts += [
            line((x, 24), (x, bottom), "grid"),
            text(x, bottom + 17, f"{tick:.2g}", "tick middle"),
        ]
    parts += [line((place(side), 24), (place(side), bottom), "bound") for side in (-margin, margin)]
    for number, one in enumerate(audit.swaps):
        y, shown = 44 + number * _STEP, one.figure
        parts.append(
            text(_LEFT - 12, y + 4, f"{one.attribute}: {one.first} - {one.second}", "label end")
        )
        parts.append(line((place(shown.low), y), (place(shown.high), y), "whisker"))
        parts.append(
            f'<circle class="dot" cx="{place(shown.value or 0.0):.1f}" cy="{y:.1f}" r="4.5"/>'
        )
        parts.append(text(_LEFT + _ACROSS + 10, y + 4, str(shown.verdict), "tick"))
    return Plot(
        "swaps",
        f"{audit.model}: what changing one attribute does to the same application",
        "Difference of the log odds of approval between the two groups furthest apart, with its "
        "limits. Dashed lines are the margin.",
        "".join(parts),
        (760, int(bottom + 52)),
        ("Attribute", "Groups", "Gap", "Limits", "Verdict"),
        tuple(
            (
                one.attribute,
                f"{one.first} - {one.second}",
                f"{one.figure.value or 0.0:.3f}",
                f"{one.figure.low:.3f} to {one.figure.high:.3f}",
                str(one.figure.verdict),
            )
            for one in audit.swaps
        ),
        (("dot", "gap with its limits"),),
    )


def rejections(rejected: Mapping[str, Mapping[str, Share]]) -> Plot:
    """Return the false-rejection rate of each group."""
    rows, cells = [], []
    for name, groups in rejected.items():
        for group, share in groups.items():
            found = wilson(share.found, share.n)
            known = not math.isnan(found.value)
            told = f"{found.value:.1%}" if known else "none"
            limits = f"{found.low:.1%} to {found.high:.1%}"
            value = found.value if known else None
            bar = Bar("one", value, found.low, found.high, vague=False, told=f"{told} ({limits})")
            rows.append((f"{name}: {group}", [bar]))
            cells.append((f"{name}: {group}", told, limits, f"{share.n:,}"))
    drawn, height = bars(rows, "rejected among those who turned out creditworthy")
    return Plot(
        "rejections",
        "False rejections by group",
        "Share rejected of those who turned out creditworthy, with Wilson's 95 % limits. Limits "
        "that overlap do not show that rates are equal; the verdicts below do.",
        drawn,
        (WIDE, height),
        ("Group", "Rejected", "Limits", "Creditworthy applications"),
        tuple(cells),
        (("one", "share with its 95 % interval"),),
    )
