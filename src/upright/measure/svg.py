"""A small hand for charts: axes, lines and bars as SVG text. Colours come from the page's CSS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart with all that it shows in words.

    Attributes:
        key: an id, unique on the page.
        title: what is shown.
        description: what there is to see, for those who do not see it.
        svg: the drawing, without its frame.
        size: width and height of the drawing.
        headings: of the table that says the same.
        rows: of that table.
        legend: of each colour, its CSS class and its meaning.
    """

    key: str
    title: str
    description: str
    svg: str
    size: tuple[int, int]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[tuple[str, str], ...] = ()

    def drawing(self) -> str:
        """Return the whole `<svg>`, named and described."""
        width, height = self.size
        return (
            f'<svg viewBox="0 0 {width} {height}" role="img" '
            f'aria-labelledby="{self.key}-title {self.key}-description">'
            f'<title id="{self.key}-title">{escape(self.title)}</title>'
            f'<desc id="{self.key}-description">{escape(self.description)}</desc>'
            f"{self.svg}</svg>"
        )


@dataclass(frozen=True, slots=True)
class Square:
    """A plane in which both axes run from 0 to 1.

    Attributes:
        left: x of the vertical axis.
        top: y of the upper end.
        width: of the plane.
        height: of the plane.
        most: value at the upper end of the vertical axis.
    """

    left: float = 52
    top: float = 14
    width: float = 330
    height: float = 250
    most: float = 1.0

    def at(self, x: float, y: float) -> Point:
        """Return where a point is drawn."""
        return self.left + x * self.width, self.top + (1 - y / self.most) * self.height

    def axes(self, across: str, up: str) -> str:
        """Return both axes with their ticks, grid and names."""
        right, bottom = self.left + self.width, self.top + self.height
        parts = []
        for tick in _TICKS:
            x, _ = self.at(tick, 0)
            y = self.at(0, tick * self.most)[1]
            parts += [
                line((x, self.top), (x, bottom), "grid"),
                line((self.left, y), (right, y), "grid"),
                text(x, bottom + 17, f"{tick:g}", "tick middle"),
                text(self.left - 8, y + 4, f"{tick * self.most:.3g}", "tick end"),
            ]
        middle = self.top + self.height / 2
        turned = f'<g transform="translate(14 {middle:.1f}) rotate(-90)">'
        return "".join(
            [
                *parts,
                line((self.left, bottom), (right, bottom), "axis"),
                line((self.left, self.top), (self.left, bottom), "axis"),
                text(self.left + self.width / 2, bottom + 38, across, "name middle"),
                f"{turned}{text(0, 0, up, 'name middle')}</g>",
            ]
        )

    def path(self, points: Iterable[Point], style: str) -> str:
        """Return a line through points given in values."""
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))
        return f'<polyline class="{style}" points="{drawn}"/>'

    def dot(self, x: float, y: float, style: str, told: str, radius: float = 5) -> str:
        """Return a dot with a tooltip."""
        left, top = self.at(x, y)
        return (
            f'<circle class="{style}" cx="{left:.1f}" cy="{top:.1f}" r="{radius:g}">'
            f"<title>{escape(told)}</title></circle>"
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """A share with its limits.

    Attributes:
        style: CSS class.
        value: in [0, 1], or None where there is none.
        low: lower limit.
        high: upper limit.
        vague: too little is known to tell.
        told: tooltip.
    """

    style: str
    value: float | None
    low: float
    high: float
    vague: bool
    told: str


_LABELS, _SCALE, _ROOM = 190.0, 430.0, 100.0
_THICK, _BETWEEN = 11.0, 9.0
WIDE = int(_LABELS + _SCALE + _ROOM)


def bars(
    rows: Sequence[tuple[str, Sequence[Bar]]], across: str, bounds: Sequence[float] = ()
) -> tuple[str, int]:
    """Return lying bars from 0 to 1, some to each row, and the height of the drawing.

    Args:
        rows: name and bars of each.
        across: what the axis shows.
        bounds: where a gate stands.
    """
    parts: list[str] = []
    top = 8.0
    for name, items in rows:
        middle = top + len(items) * _THICK / 2 + 4
        parts.append(text(_LABELS - 10, middle, _short(name), "label end", told=name))
        for bar in items:
            parts.append(_bar(bar, top))
            top += _THICK
        top += _BETWEEN
    scale = []
    for tick in _TICKS:
        x = _LABELS + tick * _SCALE
        scale += [line((x, 0), (x, top), "grid"), text(x, top + 17, f"{tick:g}", "tick middle")]
    marks = [line((x, 0), (x, top), "bound") for x in (_LABELS + b * _SCALE for b in bounds)]
    axis = line((_LABELS, 0), (_LABELS, top), "axis")
    named = text(_LABELS + _SCALE / 2, top + 38, across, "name middle")
    return "".join([*scale, *parts, axis, *marks, named]), int(top + 48)


def _bar(bar: Bar, top: float) -> str:
    if bar.value is None:
        return text(_LABELS + 6, top + _THICK - 2, "no value", "tick")
    height, middle = _THICK - 2, top + _THICK / 2 - 1
    style = f"{bar.style} vague" if bar.vague else bar.style
    low, high = _LABELS + bar.low * _SCALE, _LABELS + bar.high * _SCALE
    shown = f"{bar.value:.3f}" + (" cannot tell" if bar.vague else "")
    return (
        f'<rect class="{style}" x="{_LABELS:g}" y="{top:.1f}" '
        f'width="{max(bar.value * _SCALE, 1):.1f}" height="{height:g}">'
        f"<title>{escape(bar.told)}</title></rect>"
        + line((low, middle), (high, middle), "whisker")
        + line((low, middle - 3), (low, middle + 3), "whisker")
        + line((high, middle - 3), (high, middle + 3), "whisker")
        + text(_LABELS + _SCALE + 8, top + _THICK - 2, shown, "tick")
    )


def line(start: Point, end: Point, style: str) -> str:
    """Return a straight line between two places of the drawing."""
    return (
        f'<line class="{style}" x1="{start[0]:.1f}" y1="{start[1]:.1f}" '
        f'x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'
    )


def text(x: float, y: float, words: str, style: str, *, told: str = "") -> str:
    """Return words at a place of the drawing, with a tooltip if there is more to tell."""
    more = f"<title>{escape(told)}</title>" if told and told != words else ""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(words)}{more}</text>'


def _short(name: str) -> str:
    longest = 26
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
