"""A panel's report as one page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from upright.measure.intervals import Interval
from upright.measure.sheet import chip, document, figure, row, table
from upright.measure.svg import WIDE as WIDTH
from upright.measure.svg import Bar, Plot, bars, line, text
from upright.panel.measures import Figure, outcome, told
from upright.panel.report import LIMITS, Report

_LEFT, _ACROSS, _STEP = 240.0, 390.0, 26.0
_LONGEST = 28
"""Signs of a name that stand beside a chart."""
_TICKS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def page(report: Report) -> str:
    """Return the page: same report, same bytes."""
    lead = (
        f"<p>{report.asked} of "
        f"<code>{escape(report.model)}</code>, {escape(report.way)} chances. "
        f"<strong>No person was asked.</strong> {escape(report.disclosure)}</p>\n"
    )
    footer = (
        f"<footer>\n<p>Study: <code>{report.study}</code><br>\n"
        f"Model: <code>{escape(report.digest or 'unknown')}</code><br>\n"
        f"Guard of the use {escape(report.use)}: <code>{report.guard}</code></p>\n"
        "<p>Written by <code>upright panel run</code>.</p>\n</footer>\n"
    )
    return document(f"Virtual focus group: {report.name}", lead, "\n".join(_parts(report)), footer)


def _parts(report: Report) -> Iterable[str]:
    if report.plainly:
        first = "".join(f"<li>{escape(one)}</li>" for one in report.plainly)
        yield f"<h2>First of all</h2>\n<ul>{first}</ul>"
    yield "<h2>What is chosen</h2>\n" + figure(_shares(report))
    yield _people(report)
    judged = [*report.kept, *report.equal]
    if judged:
        yield "<h2>What was expected</h2>\n" + figure(_expected(judged)) + _judged(judged)
    yield "<h2>Who is asked and what is chosen</h2>\n" + figure(_associations(report))
    yield "<h2>What moves the answers</h2>\n" + figure(_variance(report))
    yield _withheld(report)
    if report.reasons:
        rows = [
            row(escape(person), f"<td>{escape(product)}</td><td class=method>{escape(reason)}</td>")
            for person, product, reason in report.reasons
        ]
        sheet = table(("Person", "Product", "Reason"), rows, "Reasons")
        yield (
            "<h2>Reasons</h2>\n<p>Written by the model after the choice; they explain nothing "
            f"of how it came about.</p><details><summary>Show</summary>{sheet}</details>"
        )
    limits = "".join(f"<li>{escape(one)}</li>" for one in LIMITS)
    yield f"<h2>What this cannot say</h2>\n<ul>{limits}</ul>"


def _shares(report: Report) -> Plot:
    rows = [(str(one.more["product"]), [_bar("one", one.interval)]) for one in report.shares]
    drawn, height = bars(rows, "share of choices")
    bias = told(report.position_bias.to_json(), limits=True, percent=True)
    return Plot(
        "shares",
        "Share of each product",
        f"Averages over people, orders and phrasings. First place less last place: {bias}.",
        drawn,
        (WIDTH, height),
        ("Product", "Share", "Interval"),
        tuple(
            (name, *_cells(one.interval))
            for (name, _), one in zip(rows, report.shares, strict=True)
        ),
        (("one", "share with its 95 % interval"),),
    )


def _people(report: Report) -> str:
    rows = [
        row(
            f"{escape(one.attribute)}: {escape(one.value)}",
            f"<td>{one.n:,}</td>" + "".join(f"<td>{share:.1%}</td>" for share in one.shares),
        )
        for one in report.groups
    ]
    names = [escape(name) for name in report.products]
    sheet = table(("Group", "People", *names), rows, "Shares by group")
    return f"<details><summary>By group</summary>{sheet}</details>"


def _expected(judged: Sequence[Figure]) -> Plot:
    parts: list[str] = []
    height = len(judged) * _STEP + 12
    for tick in _TICKS:
        x = _place(tick)
        parts += [
            line((x, 4), (x, height), "axis" if tick == 0 else "grid"),
            text(x, height + 17, f"{tick:g}", "tick middle"),
        ]
    for number, one in enumerate(judged):
        y, found = 18 + number * _STEP, one.interval
        margin = float(one.more["margin"])
        name = _name(one)
        short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        parts.append(text(_LEFT - 14, y + 4, short, "label end", told=name))
        parts += [
            line((_place(side), y - 8), (_place(side), y + 8), "bound")
            for side in (-margin, margin)
        ]
        if not math.isnan(found.value):
            parts.append(line((_place(found.low), y), (_place(found.high), y), "whisker"))
            parts.append(
                f'<circle class="dot" cx="{_place(found.value):.1f}" cy="{y:.1f}" r="4.5">'
                f"<title>{escape(_told(found))}</title></circle>"
            )
        parts.append(text(_LEFT + _ACROSS + 12, y + 4, str(one.verdict), "tick"))
    parts.append(
        text(_LEFT + _ACROSS / 2, height + 38, "distance from what was expected", "name middle")
    )
    return Plot(
        "expected",
        "Kept and equal",
        "How far each association is from the planted one, and how far groups are apart that "
        "should choose alike. Limits hold at 95 % each; dashed lines are the margins.",
        "".join(parts),
        (WIDTH, int(height + 48)),
        ("What", "Distance", "Interval", "Verdict"),
        tuple((_name(one), *_cells(one.interval), str(one.verdict)) for one in judged),
        (("dot", "distance with its interval"),),
    )


def _judged(judged: Sequence[Figure]) -> str:
    rows = []
    for one in judged:
        planted, choices = one.more.get("planted"), one.more.get("choices")
        words = ""
        if planted and choices:
            end = outcome(one.more)
            heard = told(one.more["heard"], limits=True)
            words = (
                f"planted V {told(planted)}, choices V {told(choices, limits=True)}, {end}; "
                f"of the fact itself V {heard}"
            )
        elif "groups" in one.more:
            words = f"{one.more['product']}: " + " against ".join(one.more["groups"])
        needed = "" if one.n_needed is None else f"{one.n_needed:,}"
        rows.append(
            row(
                escape(_name(one)),
                f"<td>{one.more['margin']:g}</td><td>{chip(one.verdict)}</td><td>{needed}</td>"
                f'<td class="method">{escape("; ".join(filter(None, (words, one.why))))}</td>',
            )
        )
    return table(("What", "Margin", "Verdict", "People needed", "More"), rows, "Verdicts")


def _associations(report: Report) -> Plot:
    pairs = zip(report.associations[::2], report.associations[1::2], strict=True)
    rows = [
        (
            str(expected.more["attribute"]),
            [_bar("one", expected.interval), _bar("other", relative.interval)],
        )
        for expected, relative in pairs
    ]
    drawn, height = bars(rows, "Cramér's V")
    return Plot(
        "associations",
        "Association with the choices",
        "Cramér's V, 0 for none and 1 for one choice in each group: of the expected shares, and of "
        "what each person likes better than the panel does.",
        drawn,
        (WIDTH, height),
        ("Attribute", "Reading", "V", "Interval"),
        tuple(
            (str(one.more["attribute"]), str(one.more["reading"]), *_cells(one.interval))
            for one in report.associations
        ),
        (("one", "expected shares"), ("other", "relative choices")),
    )


def _variance(report: Report) -> Plot:
    names = {"order": "place of the product", "phrasing": "phrasing", "person": "person"}
    parts = {names.get(name, name): share for name, share in report.variance.items()}
    rows = [
        (name, [Bar("other", share, share, share, vague=False, told=f"{share:.1%}")])
        for name, share in parts.items()
    ]
    drawn, height = bars(rows, "part of the variance")
    return Plot(
        "variance",
        "Parts of the variance",
        "What the chances depend on: where the product stands, how the question is put, who is "
        "asked.",
        drawn,
        (WIDTH, height),
        ("Source", "Part"),
        tuple((name, f"{share:.1%}") for name, share in parts.items()),
    )


def _withheld(report: Report) -> str:
    kinds = report.withheld.looked
    rows = [
        row(
            escape(kind),
            f"<td>{kinds[kind]:,}</td><td>{report.withheld.texts(kind):,}</td>"
            f"<td>{escape(_rules(report, kind))}</td>",
        )
        for kind in kinds
    ]
    return "<h2>What the guard held back</h2>\n" + table(
        ("Texts", "Looked at", "Held back", "Rules"), rows, "Held back"
    )


def _rules(report: Report, kind: str) -> str:
    found = dict(report.withheld.rules.get(kind, ()))
    return ", ".join(f"{rule} {count}" for rule, count in sorted(found.items()) if rule != "texts")


def _name(one: Figure) -> str:
    told = f"{one.more['attribute']}"
    return f"kept: {told}, {one.more['product']}" if "planted" in one.more else f"equal: {told}"


def _bar(style: str, found: Interval) -> Bar:
    value = None if math.isnan(found.value) else found.value
    low, high = max(0.0, found.low), min(1.0, found.high)
    return Bar(style, value, low, high, vague=False, told=_told(found))


def _place(value: float) -> float:
    return _LEFT + (max(-1.0, min(1.0, value)) + 1) / 2 * _ACROSS


def _told(found: Interval) -> str:
    return told(Figure("", found, "").to_json(), limits=True)


def _cells(found: Interval) -> tuple[str, str]:
    return told(Figure("", found, "").to_json()), f"{found.low:.3f} to {found.high:.3f}"
