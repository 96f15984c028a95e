"""The share of she in each profession against that of women, as a drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from upright.audit.pronouns_measures import Profession
from upright.measure.svg import Plot, Square, line, text

_SQUARE = Square(left=58, top=76, width=470, height=320)
_SIZE = (_SQUARE.left + _SQUARE.width + 32, _SQUARE.top + _SQUARE.height + 52)
_STYLE = (
    "<style>.title{font-size:15px;font-weight:600}.own{fill:#fff;stroke:#b4540a;stroke-width:1.6}"
    ".own-limits{stroke:#b4540a;stroke-opacity:.45;stroke-width:1.4}.even{fill:#0f5c6e}"
    ".even-limits{stroke:#0f5c6e;stroke-opacity:.45;stroke-width:1.4}"
    ".diagonal{stroke:#8b8679;stroke-dasharray:5 4}"
    ".said{font-size:10.5px;fill:#565a61;paint-order:stroke;stroke:#fff;stroke-width:3px}</style>"
)
_SHAPES = {"model": ("own", 4.0), "balanced": ("even", 2.6)}
_LETTER, _LINE = 5.4, 12.0  # how wide and how high a name is drawn
_ROOM = 5.0  # of a dot, in which no name stands
_NAMED = 20


def plot(sides: Mapping[str, Sequence[Profession]], model: str, way: str | None) -> Plot:
    """Return the drawing.

    Args:
        sides: professions as the model has them and `balanced`, the farthest from one half first.
        model: its name.
        way: how pronouns are balanced; None if they are not.
    """
    square = _SQUARE
    marks = [mark for name, side in sides.items() for mark in _marks(name, side)]
    ways = [
        line(square.at(0, 0), square.at(1, 1), "diagonal"),
        line(square.at(0, 0.5), square.at(1, 0.5), "axis"),
    ]
    title = f"Whom {model} calls she, by profession"
    axes = square.axes("share of women in the profession", "share of she among she and he")
    drawn = [_STYLE, text(14, 24, title, "title"), *_legend(way), axes, *ways, *marks]
    return Plot(
        "pronouns",
        title,
        "Each dot is a profession: across, the share of women in it; up, the share of she among "
        "she and he. Upright lines are 95 % limits over templates; dashed, she as often as women "
        "work there." + ("" if way is None else " Hollow: the model; filled: balanced."),
        "".join([*drawn, *_names(sides["model"])]),
        (int(_SIZE[0]), int(_SIZE[1])),
        ("Profession", "Way", "Women", "she"),
        tuple(_rows(sides)),
    )


def _told(one: Profession) -> str:
    return f"{one.share.value:.2f} ({one.share.low:.2f} to {one.share.high:.2f})"


def _rows(sides: Mapping[str, Sequence[Profession]]) -> Iterator[tuple[str, ...]]:
    for name, side in sides.items():
        for one in side:
            if one.share.value is not None:
                yield one.name, name, f"{one.reference:.2f}", _told(one)


def _marks(name: str, side: Sequence[Profession]) -> Iterator[str]:
    """Yield limits first, so that no line crosses a dot."""
    style, radius = _SHAPES[name]
    known = [one for one in side if one.share.value is not None]
    for one in known:
        low, high = (_SQUARE.at(one.reference, at) for at in (one.share.low, one.share.high))
        yield line(low, high, f"{style}-limits")
    for one in known:
        tip = f"{one.name}, {name}: {_told(one)}"
        yield _SQUARE.dot(one.reference, one.share.value or 0.0, style, tip, radius)


def _legend(way: str | None) -> Iterator[str]:
    """Yield what each shape means, beside each other under the title."""
    left, middle = 20.0, 46.0
    shown = [("model", "as the model has it")]
    if way is not None:
        words = "balanced" if way == "balanced" else "balanced to the share of women"
        shown.append(("balanced", words))
    for name, words in shown:
        style, radius = _SHAPES[name]
        yield f'<circle class="{style}" cx="{left:g}" cy="{middle:g}" r="{radius:g}"/>'
        yield text(left + 10, middle + 4, words, "tick")
        left += 32 + 6.4 * len(words)
    yield line((left - 8, middle), (left + 16, middle), "diagonal")
    yield text(left + 22, middle + 4, "she as often as women work there", "tick")


class _Box(NamedTuple):
    """A rectangle of the drawing."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        """Say whether two overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def _names(side: Sequence[Profession]) -> Iterator[str]:
    """Yield the names of the professions farthest from one half, where they hide nothing."""
    known = [(one, one.share.value) for one in side if one.share.value is not None]
    dots = [_SQUARE.at(one.reference, value) for one, value in known]
    taken = [_Box(x - _ROOM, y - _ROOM, x + _ROOM, y + _ROOM) for x, y in dots]
    for (one, _), (x, y) in list(zip(known, dots, strict=True))[:_NAMED]:
        for box in _beside(x, y, _LETTER * len(one.name)):
            inside = box.left > _SQUARE.left and box.right < _SQUARE.left + _SQUARE.width
            if inside and not any(map(box.meets, taken)):
                taken.append(box)
                yield text(box.left, box.bottom - 3, one.name, "said")
                break


def _beside(x: float, y: float, width: float) -> Iterator[_Box]:
    """Yield where the name of a dot may stand: right, left, above, below."""
    half, off = _LINE / 2, _ROOM + 3
    yield _Box(x + off, y - half, x + off + width, y + half)
    yield _Box(x - off - width, y - half, x - off, y + half)
    for up in (y - off - _LINE, y + off):
        yield _Box(x - width / 2, up, x + width / 2, up + _LINE)
