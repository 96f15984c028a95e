"""A table of shares as a picture, in SVG, for light and for dark screens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

LABEL, CELL, LINE, HEAD, EDGE, FOOT = 196, 96, 25, 46, 16, 56
_LIGHT_INK_FROM = 0.75  # below it, dark letters on the tinted card are the more legible ones

_STYLE = """
:root { --card: #ffffff; --ink: #1f2328; --soft: #59636e; --rule: #d1d9e0; }
@media (prefers-color-scheme: dark) {
  :root { --card: #16191d; --ink: #e6edf3; --soft: #9aa4af; --rule: #3d444d; }
}
.card { fill: var(--card); stroke: var(--rule); }
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.head { font-weight: 600; } .soft { fill: var(--soft); }
.good { fill: #0b5cad; } .bad { fill: #b3261e; } .edge { fill: none; stroke: var(--rule); }
.number { text-anchor: middle; font-variant-numeric: tabular-nums; } .over { fill: #ffffff; }
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the picture.

    Attributes:
        label: what it is about.
        shares: in [0, 1], one for each column; None leaves the cell empty.
        failures: for each column, whether a high share is a failure.
    """

    label: str
    shares: Sequence[float | None]
    failures: Sequence[bool]


def heat_map(
    title: str, description: str, columns: Sequence[str], groups: Sequence[tuple[str, list[Row]]]
) -> str:
    """Return the picture.

    Args:
        title: what it shows, for those who cannot see it.
        description: the same in a sentence.
        columns: headings; a comma breaks the line.
        groups: a heading and its rows, from top to bottom.
    """
    width = 2 * EDGE + LABEL + CELL * len(columns)
    lines = sum(len(rows) + 1 for _, rows in groups)
    height = 2 * EDGE + HEAD + LINE * lines + FOOT
    size = f'width="{width}" height="{height}" role="img" aria-labelledby="title about"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size}>',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="about">{escape(description)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
    ]
    for number, column in enumerate(columns):
        x = EDGE + LABEL + CELL * number + CELL / 2
        for line, words in enumerate(column.split(", ")):
            parts.append(_text(x, EDGE + 18 + 16 * line, words, "head number"))
    top = EDGE + HEAD
    for heading, rows in groups:
        parts.append(_text(EDGE, top + 17, heading, "soft"))
        top += LINE
        for row in rows:
            parts += _row(row, top)
            top += LINE
    return "\n".join([*parts, *_legend(top), "</svg>", ""])


def _row(row: Row, top: float) -> list[str]:
    parts = [_text(EDGE, top + 17, row.label, "")]
    for number, (share, failure) in enumerate(zip(row.shares, row.failures, strict=True)):
        if share is None:
            continue
        x = EDGE + LABEL + CELL * number
        parts.append(_tint(x + 1, top + 1, CELL - 2, LINE - 2, share, failure=failure))
        over = " over" if share >= _LIGHT_INK_FROM else ""
        parts.append(_text(x + CELL / 2, top + 17, f"{share:.2f}", f"number{over}"))
    return parts


def _legend(top: float) -> list[str]:
    parts = []
    for line, (failure, meaning) in enumerate(
        ((False, "share found, none to all"), (True, "share found where finding is the failure"))
    ):
        y = top + 12 + 20 * line
        parts += [
            _tint(EDGE + 14 * step, y, 14, 12, step / 5, failure=failure) for step in range(6)
        ]
        parts.append(_text(EDGE + 96, y + 11, meaning, "soft"))
    return parts


def _tint(x: float, y: float, width: float, height: float, share: float, *, failure: bool) -> str:
    box = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    kind = "bad" if failure else "good"
    return f'<rect class="{kind}" {box} fill-opacity="{share:.2f}"/><rect class="edge" {box}/>'


def _text(x: float, y: float, words: str, kind: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:g}" y="{y:g}">{escape(words)}</text>'
