"""An audit as tables on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from upright.audit.page import TITLES

if TYPE_CHECKING:
    from upright.audit import GuardAudit
    from upright.audit.figures import Figure
    from upright.audit.parts import Identities, Part

_COLOURS = {"within": "green", "outside": "red", "cannot tell": "yellow"}


def show(audit: GuardAudit) -> None:
    """Print an audit to standard output."""
    console = Console()
    subject = audit.subject
    console.print(
        f"[bold]The guard of {escape(subject.use)}[/bold] on {escape(subject.file)}: "
        f"{subject.lines:,} lines, {subject.positive:,} positive, stage {subject.stage.value}, "
        f"hazards {', '.join(subject.hazards)}"
    )
    if subject.unscored:
        console.print(f"[yellow]{subject.unscored:,} lines got no answer from a detector[/yellow]")
    console.print(_overall(audit))
    if audit.gates:
        console.print(_gates(audit))
    if audit.identities is not None:
        console.print(_identities(audit.identities))
    if audit.functionalities is not None:
        tested = (
            (part.name, "flagged" if part.positive else "left alone", *_cells(part, ["flagged"]))
            for part in audit.functionalities
        )
        headings = ("Functionality", "Should be", "Share flagged")
        console.print(_table("By functionality", headings, tested))
    if audit.categories is not None:
        names = ("auc", "recall", "false_positive_rate")
        rows = ((part.name, f"{part.n:,}", *_cells(part, names)) for part in audit.categories)
        titles = ("Category", "Lines", *(TITLES[name] for name in names))
        console.print(_table("By category", titles, rows))
    console.print(_actions(audit))
    console.print("[dim]Parts: value (95 % interval); ? stands for cannot tell.[/dim]")


def _overall(audit: GuardAudit) -> Table:
    rows = (
        (TITLES[name], _value(figure), _limits(figure), f"{figure.n:,}", _verdict(figure))
        for name, figure in audit.figures.items()
    )
    return _table("All lines", ("Measure", "Value", "95 % interval", "n", "Verdict"), rows)


def _gates(audit: GuardAudit) -> Table:
    rows = []
    for gate in audit.gates:
        verdict = _coloured(gate.judgement.verdict)
        if gate.judgement.n_needed is not None:
            verdict += f" (n needed: {gate.judgement.n_needed:,})"
        measured = (_value(gate.shown), _limits(gate.shown), f"{gate.at_most:g}")
        rows.append((gate.measure, *measured, verdict))
    headings = ("Measure", "Value", "95 % interval", "At most", "Verdict")
    return _table("Bounds of the use", headings, rows)


def _identities(found: Identities) -> Table:
    names = ("subgroup_auc", "bpsn", "bnsp")
    rows = [(part.name, f"{part.n:,}", *_cells(part, names)) for part in found.groups]
    headings = ("Identity", "Lines", *(TITLES[name] for name in names))
    table = _table("By identity", headings, rows)
    told = [
        f"lowest {TITLES[kind]}: {escape(lowest.name)}, {_value(lowest.figure)} "
        f"({_limits(lowest.figure)}), {_untold(len(lowest.untold))}"
        for kind, lowest in found.worst.items()
    ]
    table.caption = "\n".join(told) or "no line speaks of an identity"
    table.caption_justify = "left"
    return table


def _actions(audit: GuardAudit) -> Table:
    decided = audit.sample.decided()
    names = list(dict.fromkeys(name for counts in decided.values() for name in counts))
    rows = (
        (label, *(f"{counts.get(name, 0):,}" for name in names))
        for label, counts in decided.items()
    )
    return _table("What the use's rules do", ("Lines", *names), rows)


def _table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    for first, *rest in rows:
        table.add_row(escape(first), *rest)
    return table


def _cells(part: Part, names: Iterable[str]) -> list[str]:
    return [_cell(part.figures[name]) if name in part.figures else "" for name in names]


def _cell(figure: Figure) -> str:
    """Return a figure in few characters, since three of them share a line."""
    if figure.value is None:
        return "[dim]none[/dim]"
    low, high = (
        "1.0" if limit > 0.995 else f"{limit:.2f}".removeprefix("0")  # noqa: PLR2004 (as rounded)
        for limit in (figure.low, figure.high)
    )
    told = f"{figure.value:.2f} ({low}-{high})"
    return f"[dim]{told}?[/dim]" if figure.verdict == "cannot tell" else told


def _untold(groups: int) -> str:
    return f"and too few lines to tell of {groups}" if groups else "of all"


def _value(figure: Figure) -> str:
    return "none" if figure.value is None else f"{figure.value:.3f}"


def _limits(figure: Figure) -> str:
    return f"{figure.low:.3f} to {figure.high:.3f}"


def _verdict(figure: Figure) -> str:
    return "" if figure.verdict is None else _coloured(figure.verdict)


def _coloured(verdict: str) -> str:
    return f"[{_COLOURS[verdict]}]{verdict}[/]"
