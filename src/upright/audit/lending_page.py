"""The report on a language model as a lender, as one page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from upright.audit import lending_plots
from upright.audit.figures import Figure
from upright.measure.sheet import chip, document, figure, row, table

if TYPE_CHECKING:
    from upright.audit.lending_audit import LendingAudit
    from upright.measure.parity import Gap

LIMITS = (
    "It speaks of this model, these phrasings and applications like these.",
    "A swap changes what is written, and nothing else that goes with it in life.",
    "No gap means that the words do not matter. Other columns may still stand for a group.",
    "Whoever was never granted a credit has no outcome, and no audit of outcomes can see them.",
    "It says nothing about the reasons that the model would give.",
)
"""What a reader must not take from it."""


def page(audit: LendingAudit) -> str:
    """Return the page: same audit, same bytes."""
    lead = (
        f"<p>{audit.rows:,} applications of <code>{escape(audit.file)}</code>, "
        f"{audit.questions:,} answers of <code>{escape(audit.model)}</code> "
        f"({escape(audit.way)} chances; Yes and No hold {audit.mass:.1%} of them).</p>\n"
    )
    footer = (
        f"<footer>\n<p>Model: <code>{escape(audit.digest or 'unknown')}</code></p>\n"
        "<p>Written by <code>upright audit lending</code>.</p>\n</footer>\n"
    )
    title = f"{audit.model} as a lender"
    return document(title, lead, "\n".join(_parts(audit)), footer)


def _parts(audit: LendingAudit) -> Iterable[str]:
    yield f"<h2>First of all</h2>\n<ul><li>{escape(audit.lender.plainly)}</li></ul>"
    if audit.gates:
        yield "<h2>What the use asks</h2>\n" + _gates(audit)
    yield "<h2>The same application, one attribute changed</h2>\n"
    yield figure(lending_plots.swaps(audit))
    yield "<h2>Against what came true</h2>\n" + figure(lending_plots.rejections(audit.rejected))
    yield _gaps(audit.rejections, audit.question.margin)
    if audit.kept:
        yield "<h2>What must go on mattering</h2>\n" + _kept(audit)
    yield "<h2>How good a lender it is</h2>\n" + _lender(audit)
    limits = "".join(f"<li>{escape(one)}</li>" for one in LIMITS)
    yield f"<h2>What this cannot say</h2>\n<ul>{limits}</ul>"


def _gates(audit: LendingAudit) -> str:
    rows = [
        row(
            f"<code>{escape(gate.measure)}</code>",
            f"<td>{_numbers(gate.shown)}</td><td>{gate.at_most:g}</td>"
            f"<td>{chip(gate.judgement.verdict)}</td>",
        )
        for gate in audit.gates
    ]
    return table(("Measure", "Largest", "At most", "Verdict"), rows, "Bounds")


def _gaps(gaps: Sequence[Gap], margin: float) -> str:
    rows = []
    for gap in gaps:
        found = gap.interval
        smallest = "none" if gap.smallest_margin is None else f"{gap.smallest_margin:.1%}"
        rows.append(
            row(
                escape(gap.attribute),
                f"<td>{found.value:.1%} ({found.low:.1%} to {found.high:.1%})</td>"
                f"<td>{margin:.1%}</td><td>{chip(gap.verdict)}</td>"
                f"<td>{_needed(gap.n_needed)}</td><td>{smallest}</td>",
            )
        )
    headings = ("Attribute", "Gap", "Margin", "Verdict", "Rows of each needed", "Certified")
    return table(headings, rows, "Gaps of false rejections")


def _kept(audit: LendingAudit) -> str:
    rows = [
        row(
            escape(one.column),
            f"<td>{_numbers(one.figure)}</td><td>{one.outcome:.3f}</td>"
            f"<td>{chip(one.figure.verdict)}</td>"
            f"<td>{'the use' if one.column in audit.question.declared else 'this audit'}</td>",
        )
        for one in audit.kept
    ]
    headings = ("Column", "With approval", "With what came true", "Verdict", "Asked by")
    return table(headings, rows, "Rank correlations")


def _lender(audit: LendingAudit) -> str:
    good = audit.lender
    told = (
        ("AUC against what came true", _numbers(good.auc)),
        ("Accuracy", _numbers(good.accuracy)),
        ("Accuracy of one answer for everybody", f"{good.majority:.3f}"),
        ("Approved", f"{good.approved:.1%}"),
        ("Yes named first instead of No, in log odds", _numbers(good.position_bias)),
        ("Mean log odds by phrasing", ", ".join(f"{one:.2f}" for one in good.phrasings)),
    )
    rows = [row(escape(name), f"<td>{escape(value)}</td>") for name, value in told]
    return table(("What", "Found"), rows, "The lender")


def _numbers(found: Figure) -> str:
    if found.value is None:
        return "none"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _needed(rows: int | None) -> str:
    return "" if rows is None else f"{rows:,}"
