"""A report as one page of HTML that asks nobody for anything: no script, no font, no picture."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from upright.measure.svg import Plot
from upright.terms import ConfigError

_SMALLEST = 0.8  # of its size: a chart that would be smaller is moved along under the finger
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def document(title: str, lead: str, body: str, footer: str) -> str:
    """Return a whole page: same parts, same bytes.

    Args:
        title: in plain words.
        lead: HTML under the title.
        body: HTML of the sections.
        footer: HTML of the end, its element included.
    """
    css = files("upright.measure").joinpath("sheet.css").read_text(encoding="utf-8")
    named = escape(title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{named}</title>\n<style>\n{css}</style>\n</head>\n<body>\n"
        f"<header>\n<h1>{named}</h1>\n{lead}</header>\n<main>\n{body}\n</main>\n"
        f"{footer}</body>\n</html>\n"
    )


def write_sheet(text: str, path: str) -> None:
    """Write the page in one step: whoever looks finds the old file or the whole new one.

    Raises:
        ConfigError: for a place that cannot be written to.
    """
    target = Path(path)
    draft = None
    try:
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(draft).chmod(0o644)
        Path(draft).replace(target)
        draft = None
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", mend="give a file in a folder you own"
        ) from None
    finally:
        if draft is not None:
            with contextlib.suppress(OSError):
                Path(draft).unlink()


def figure(plot: Plot) -> str:
    """Return a chart, which keeps a readable size, its legend and the table that says the same."""
    legend = "".join(
        f'<li><svg viewBox="0 0 20 12" aria-hidden="true">{_swatch(style)}</svg>{escape(told)}</li>'
        for style, told in plot.legend
    )
    rows = [
        row(escape(first), "".join(f"<td>{escape(cell)}</td>" for cell in rest))
        for first, *rest in plot.rows
    ]
    return (
        f"<figure><figcaption><h3>{escape(plot.title)}</h3><p>{escape(plot.description)}</p>"
        f'</figcaption><div class="chart" role="region" tabindex="0" '
        f'aria-label="Chart: {escape(plot.title, quote=True)}">'
        f'<div style="min-width: {plot.size[0] * _SMALLEST:.0f}px">{plot.drawing()}</div></div>'
        f'<ul class="legend">{legend}</ul>'
        f"<details><summary>As a table</summary>{table(plot.headings, rows, plot.title)}"
        "</details></figure>"
    )


def table(headings: Sequence[str], rows: Sequence[str], caption: str) -> str:
    """Return a table that can be scrolled and reached by keyboard; rows are made by `row`."""
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    name = escape(caption, quote=True)
    return (
        f'<div class="sheet" role="region" tabindex="0" aria-label="{name}"><table>'
        f"<caption>{name}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def row(name: str, *cells: str) -> str:
    """Return a row of a table: HTML of its name, then whole cells."""
    return f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>'


def chip(verdict: str | None) -> str:
    """Return a verdict as it is shown; nothing where there is none."""
    if verdict is None:
        return ""
    return f'<b class="verdict {verdict.replace(" ", "-")}">{verdict}</b>'


def _swatch(style: str) -> str:
    if style in {"line", "dashed"}:
        shown = "curve" if style == "line" else "guide"
        return f'<line class="{shown}" x1="0" y1="6" x2="20" y2="6"/>'
    if style in {"mark", "dot"}:
        return f'<circle class="{style}" cx="10" cy="6" r="5"/>'
    return f'<rect class="{style}" x="2" y="1" width="16" height="10"/>'
