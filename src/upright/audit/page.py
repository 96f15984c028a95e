"""An audit as one page of HTML that asks nobody for anything: no script, no font, no picture."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from upright.audit.figures import Figure
from upright.audit.guard import GuardAudit
from upright.audit.parts import Worst
from upright.audit.plots import (
    plot_of_functionalities,
    plot_of_identities,
    plots_of_all,
    words,
)
from upright.measure.sheet import chip, document, figure, row, table, write_sheet

TITLES = {
    "auc": "AUC",
    "auprc": "AUPRC",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "false_positive_rate": "False-positive rate",
    "recall_at_1pct_fpr": "Recall at 1 % FPR",
    "calibration_error": "Calibration error",
    "brier": "Brier score",
    "subgroup_auc": "Subgroup AUC",
    "bpsn": "BPSN",
    "bnsp": "BNSP",
}
"""How figures are called where people read them."""

MEANINGS = {
    "AUC": "Probability that a positive line scores above a negative one; ties count half.",
    "AUPRC": "Area under the precision-recall steps; by chance it is the share of positive lines.",
    "Precision, recall, F1": "Of the lines as flagged, with the use's own rules unless a "
    "threshold is named above.",
    "Recall at 1 % FPR": "Largest recall of a threshold that flags at most 1 % of the negative "
    "lines.",
    "Calibration error": "Mean distance between score and share of positive lines, over bins of "
    "about equally many lines. Chance alone makes it a little larger than it is.",
    "Brier score": "Mean squared distance between score and label.",
    "Subgroup AUC": "The same as AUC, among the lines that speak of an identity.",
    "BPSN": "Background positive, subgroup negative: low where harmless lines about a group score "
    "as high as harmful lines about others.",
    "BNSP": "Background negative, subgroup positive: low where harmful lines about a group score "
    "as low as harmless lines about others.",
    "Cannot tell": "The interval is wider than 0.2, has no value, or a bound lies inside it.",
}

_TILES = ("auc", "auprc", "f1", "recall_at_1pct_fpr", "calibration_error", "brier")


def page(audit: GuardAudit) -> str:
    """Return the page: the same audit, the same bytes."""
    title = f"The guard of {audit.subject.use}, audited"
    body = "\n".join(part for part in _sections(audit) if part)
    return document(title, _lead(audit), body, _footer(audit))


def write_page(audit: GuardAudit, path: str) -> None:
    """Write the page in one step.

    Raises:
        ConfigError: for a place that cannot be written to.
    """
    write_sheet(page(audit), path)


def _lead(audit: GuardAudit) -> str:
    subject = audit.subject
    flagged = "what the use's rules act on (flag or stricter)"
    if subject.threshold is not None:
        flagged = f"a score of at least {subject.threshold:g}"
    unscored = ""
    if subject.unscored:
        unscored = (
            f" {subject.unscored:,} of them got no answer from a detector and are in no figure."
        )
    return (
        f"<p>{subject.lines:,} labelled lines, {subject.positive:,} of them positive, at the "
        f"stage <code>{subject.stage.value}</code>.{unscored} A line's score is the highest over "
        f"{', '.join(f'<code>{escape(key)}</code>' for key in subject.hazards)}. Flagged means "
        f"{flagged}. Intervals are at 95 %.</p>\n"
    )


def _sections(audit: GuardAudit) -> Iterable[str]:
    yield _tiles(audit)
    yield _gates(audit)
    yield "<h2>All lines</h2>"
    rows = [
        row(TITLES[name], _numbers(figure), _verdict(figure.verdict), _method(figure))
        for name, figure in audit.figures.items()
    ]
    yield table(("Measure", "Value", "Interval", "Lines", "Verdict", "Method"), rows, "All lines")
    drawn = "".join(map(figure, plots_of_all(audit.sample, audit.figures)))
    yield f'<h2>In pictures</h2>\n<div class="plots">{drawn}</div>'
    yield _identities(audit)
    if audit.functionalities:
        shown = figure(plot_of_functionalities(audit.functionalities))
        yield f"<h2>By functionality</h2>\n{shown}"
    yield _categories(audit)
    yield _actions(audit)
    terms = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in MEANINGS.items())
    yield f"<h2>How to read it</h2>\n<dl>{terms}</dl>"


def _tiles(audit: GuardAudit) -> str:
    parts = []
    for name in _TILES:
        figure = audit.figures[name]
        value = "none" if figure.value is None else f"{figure.value:.3f}"
        parts.append(
            f"<li><span>{TITLES[name]}</span><strong>{value}</strong>"
            f"<span>{figure.low:.3f} to {figure.high:.3f}</span>{chip(figure.verdict)}</li>"
        )
    return f'<ul class="tiles">{"".join(parts)}</ul>'


def _gates(audit: GuardAudit) -> str:
    if not audit.gates:
        return ""
    rows = []
    for gate in audit.gates:
        needed = gate.judgement.n_needed
        rows.append(
            row(
                f"<code>{escape(gate.measure)}</code>",
                _numbers(gate.shown),
                f"<td>{gate.at_most:g}</td>",
                _verdict(gate.judgement.verdict),
                f"<td>{'' if needed is None else f'{needed:,}'}</td>",
            )
        )
    headings = ("Measure", "Value", "Interval", "Lines", "At most", "Verdict", "Lines needed")
    return "<h2>Bounds of the use</h2>\n" + table(headings, rows, "Bounds of the use")


def _identities(audit: GuardAudit) -> str:
    found = audit.identities
    if found is None:
        return ""
    if not found.groups:
        return "<h2>By identity</h2>\n<p>No line speaks of an identity.</p>"
    told = []
    for kind, lowest in found.worst.items():
        told.append(
            f"<p>Lowest {TITLES[kind]}: <strong>{escape(lowest.name)}</strong>, "
            f"{words(lowest.figure)}.</p>{_untold(lowest, len(found.groups))}"
        )
    bounds = [1 - g.at_most for g in audit.gates if g.figure in {"worst_bpsn", "worst_bnsp"}]
    shown = figure(plot_of_identities(found, bounds))
    return f"<h2>By identity</h2>\n{''.join(told)}{shown}"


def _untold(lowest: Worst, groups: int) -> str:
    if not lowest.untold:
        return ""
    names = escape(", ".join(lowest.untold))
    return (
        f"<details><summary>Too few lines to tell of {len(lowest.untold)} of {groups} groups"
        f"</summary><p>{names}</p></details>"
    )


def _categories(audit: GuardAudit) -> str:
    if audit.categories is None:
        return ""
    rows = [
        row(
            escape(part.name),
            f"<td>{part.n:,}</td><td>{part.positive:,}</td>",
            *(
                f"<td>{words(part.figures[name]) if name in part.figures else ''}</td>"
                for name in ("auc", "recall", "false_positive_rate")
            ),
            f"<td>{part.against or 'each other'}</td>",
        )
        for part in audit.categories
    ]
    headings = (
        "Category",
        "Lines",
        "Positive",
        "AUC",
        "Recall",
        "False-positive rate",
        "Told from",
    )
    return "<h2>By category</h2>\n" + table(headings, rows, "By category")


def _actions(audit: GuardAudit) -> str:
    decided = audit.sample.decided()
    names = [name for name in _ordered(decided) if name]
    rows = [
        row(label, "".join(f"<td>{decided[label].get(name, 0):,}</td>" for name in names))
        for label in decided
    ]
    return "<h2>What the use's rules do</h2>\n" + table(
        ("Lines", *names), rows, "What the use's rules do with each label's lines"
    )


def _ordered(decided: dict[str, dict[str, int]]) -> list[str]:
    return list(dict.fromkeys(name for counts in decided.values() for name in counts))


def _numbers(figure: Figure) -> str:
    value = "none" if figure.value is None else f"{figure.value:.4f}"
    return f"<td>{value}</td><td>{figure.low:.4f} to {figure.high:.4f}</td><td>{figure.n:,}</td>"


def _method(figure: Figure) -> str:
    return f'<td class="method">{escape(figure.method)}</td>'


def _verdict(verdict: str | None) -> str:
    return f"<td>{chip(verdict)}</td>"


def _footer(audit: GuardAudit) -> str:
    subject = audit.subject
    return (
        f"<footer>\n<p>Data: {escape(subject.file)}, SHA-256 <code>{subject.sha256}</code><br>\n"
        f"Guard: <code>{subject.guard}</code><br>\nPolicy: <code>{subject.policy}</code></p>\n"
        "<p>Written by <code>upright audit guard</code>. It holds none of the texts.</p>\n"
        "</footer>\n"
    )
