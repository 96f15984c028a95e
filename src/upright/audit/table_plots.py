"""The rates of a table as a drawing: one line for each group, its share and its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from upright.measure.groups import CROSSED
from upright.measure.rates import Rate
from upright.measure.svg import Plot, line, text

if TYPE_CHECKING:
    from upright.audit.table_shape import TableMeasure

_LABELS, _SCALE, _ROOM, _ROW = 230.0, 400.0, 150.0, 20.0
_LONGEST = 34
_STYLE = (
    "svg{background:#fff;font:12px system-ui,sans-serif}.grid{stroke:#dcd8cf}.axis{stroke:#8b8679}"
    ".whisker{stroke:#0f5c6e;stroke-width:2}.mark{fill:#0f5c6e}.guide{fill:none;stroke:#b4540a;"
    "stroke-dasharray:4 3}.tick{fill:#565a61}.end{text-anchor:end}.middle{text-anchor:middle}"
)


def plot_of_rate(rate: Rate, measures: Sequence[TableMeasure]) -> Plot:
    """Return the rate of each group with its limits, beside that of all rows.

    Args:
        rate: which.
        measures: of kind `rate`, that of all rows first.
    """
    whole, *groups = measures
    top = _ceiling([measure.interval.high for measure in measures if measure.interval.n])
    bottom = (len(groups) + 1) * _ROW + 6
    parts = [_scale(top, bottom, rate)]
    if not math.isnan(whole.interval.value):
        x = _at(whole.interval.value, top)
        parts.append(line((x, 0), (x, bottom), "guide"))
    rows = []
    for number, measure in enumerate(measures):
        name = _name(measure)
        parts.append(_dot(name, measure, (number + 0.6) * _ROW, top))
        rows.append((name, f"{measure.interval.n:,}", _told(measure), measure.verdict))
    return Plot(
        rate.name,
        f"{rate.title} by group",
        f"{rate.meaning}; {len(groups)} groups, and all rows as a dashed line. Limits are at 95 %.",
        "".join(parts),
        (int(_LABELS + _SCALE + _ROOM), int(bottom + 46)),
        ("Group", "Rows", "Rate", "Verdict"),
        tuple(rows),
    )


def standalone(plot: Plot) -> str:
    """Return a drawing as a file of its own, with its colours."""
    drawn = plot.drawing().replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    head, rest = drawn.split(">", 1)
    return f"{head}><style>{_STYLE}</style>{rest}\n"


def _name(measure: TableMeasure) -> str:
    if measure.group is None:
        return "all rows"
    if CROSSED in str(measure.attribute):
        return measure.group
    return f"{measure.attribute}: {measure.group}"


def _told(measure: TableMeasure) -> str:
    found = measure.interval
    if math.isnan(found.value):
        return "no row"
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})"


def _dot(name: str, measure: TableMeasure, y: float, top: float) -> str:
    shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    label = text(_LABELS - 10, y + 4, shown, "tick end", told=name)
    if not measure.interval.n:
        return label + text(_LABELS + 6, y + 4, "no row", "tick")
    low, high = (_at(value, top) for value in (measure.interval.low, measure.interval.high))
    x = _at(measure.interval.value, top)
    told = text(_LABELS + _SCALE + 8, y + 4, _told(measure), "tick")
    mark = f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    return label + line((low, y), (high, y), "whisker") + mark + told


def _scale(top: float, bottom: float, rate: Rate) -> str:
    parts = []
    for step in range(5):
        x = _LABELS + step * _SCALE / 4
        parts += [
            line((x, 0), (x, bottom), "grid"),
            text(x, bottom + 17, f"{top * step / 4:.3g}", "tick middle"),
        ]
    parts.append(line((_LABELS, 0), (_LABELS, bottom), "axis"))
    parts.append(text(_LABELS + _SCALE / 2, bottom + 36, rate.title, "tick middle"))
    return "".join(parts)


def _at(value: float, top: float) -> float:
    return _LABELS + min(value / top, 1.0) * _SCALE


def _ceiling(highs: Sequence[float]) -> float:
    """Return the end of the scale: the next of 0.01, 0.02, 0.05, 0.1 and so on."""
    most = max(highs, default=1.0)
    return next((end for end in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if most <= end), 1.0)
