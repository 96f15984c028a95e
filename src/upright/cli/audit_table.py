"""`upright audit table`: rates by group of any model's decisions, and whether they are equal."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.audit import audit_app
from upright.cli.options import Debug, Json, Quiet, write_drawing, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.audit.table import TableAudit
    from upright.audit.table_shape import TableMeasure

Groups = Annotated[
    str,
    typer.Option("--groups", metavar="A,B", help="Columns whose groups are compared, and crossed."),
]
Bands = Annotated[
    list[str] | None,
    typer.Option(
        "--bands",
        metavar="A=30,50",
        help="Where the numbers of a column are cut; else at quartiles.",
        show_default=False,
    ),
]
TableFile = Annotated[
    str, typer.Argument(metavar="T.csv", help="Table with a heading; - is input.")
]
Prediction = Annotated[
    str, typer.Option("--prediction", metavar="P", help="Column of what was decided.")
]
Favourable = Annotated[
    int,
    typer.Option("--favourable", min=0, max=1, help="What people hope for; 0 if 1 is default."),
]
Rates = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="RATE",
        help="false_rejection, false_positive, true_positive, error or selection; else all.",
        show_default=False,
    ),
]
Search = Annotated[
    str, typer.Option("--search", metavar="C,D", help="More columns to search subgroups in.")
]
Subgroups = Annotated[
    str | None,
    typer.Option(
        "--subgroups",
        metavar="linear",
        help="All subgroups that a line cuts out of the group columns.",
        show_default=False,
    ),
]
Violation = Annotated[
    float | None,
    typer.Option(
        "--max-violation",
        metavar="V",
        help="Largest violation of such a subgroup, as a share of all rows; 0.005 unless said.",
        show_default=False,
    ),
]
Drawing = Annotated[
    Path | None,
    typer.Option("--plot", metavar="SVG", help="Draw the first rate.", show_default=False),
]
Gated = Annotated[
    bool,
    typer.Option("--gate", help="Exit 1 if a gap is outside, 3 if one cannot be told."),
]
Correction = Annotated[
    str, typer.Option("--correction", metavar="holm|bh", help="For finding among many.")
]
Margin = Annotated[float, typer.Option("--margin", help="How much rates may differ, as a share.")]


@audit_app.command("table")
def audit_table_command(  # noqa: PLR0917 (Typer names them as options)
    table: TableFile,
    label: Annotated[str, typer.Option("--label", metavar="L", help="Column of what came true.")],
    prediction: Prediction,
    groups: Groups,
    favourable: Favourable = 0,
    margin: Margin = 0.01,
    measure: Rates = None,
    bands: Bands = None,
    search: Search = "",
    subgroups: Subgroups = None,
    max_violation: Violation = None,
    correction: Correction = "holm",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the halves of the search.")] = 0,
    plot: Drawing = None,
    gate: Gated = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Audit decisions of any model: rates by group, and whether they are equal within a margin.

    Verdicts are within, outside, or cannot tell with the rows needed. All rates are reported;
    --gate judges the gaps of the rates named with --measure, else of false rejections: the share
    rejected of those whose label is favourable. --subgroups linear also searches, on one half of
    the rows, the worst subgroup that a line cuts out of the group columns, and tests it on the
    other; --gate then judges it too.
    """
    del debug, quiet
    from upright.audit.table import Question, audit_table, gate_code
    from upright.measure.rates import RATES
    from upright.measure.table import read_table
    from upright.measure.violation import BOUND

    question = Question(
        label,
        names_of(groups),
        favourable,
        tuple(measure) if measure else tuple(RATES),
        margin,
        bands_of(bands),
        correction=correction,
        search=names_of(search),
        seed=seed,
        subgroups=subgroups or ("linear" if max_violation is not None else None),
        max_violation=BOUND if max_violation is None else max_violation,
    )
    audit = audit_table(read_table(table), prediction, question)
    if plot is not None:
        write_drawing(plot, audit.plot(question.rates[0]))
    if as_json:
        write_line(audit.to_json())
    else:
        _show(audit)
    if gate:
        judged = measure or ["false_rejection"]
        bounds = [
            m for kind in ("gap", "violation") for rate in judged for m in audit.of(kind, rate)
        ]
        raise typer.Exit(gate_code(bounds))


def names_of(listed: str) -> tuple[str, ...]:
    """Return the columns that an option lists, split at commas."""
    return tuple(name.strip() for name in listed.split(",") if name.strip())


def bands_of(options: list[str] | None) -> dict[str, tuple[float, ...]]:
    """Return where each column is cut.

    Raises:
        ConfigError: for what is no column with numbers.
    """
    bands: dict[str, tuple[float, ...]] = {}
    for option in options or ():
        name, _, cuts = option.partition("=")
        try:
            bands[name.strip()] = tuple(float(cut) for cut in cuts.split(","))
        except ValueError:
            raise ConfigError(
                f"--bands {option}: no column with numbers", mend="write it like AGE=30,50"
            ) from None
    return bands


def _show(audit: TableAudit) -> None:
    from upright.measure.rates import RATES, same_as

    question = audit.question
    typer.echo(
        f"{audit.file}: {audit.rows:,} rows, label {question.label}, favourable "
        f"{question.favourable}, margin {question.margin:.2%}"
    )
    for note in audit.notes:
        typer.echo(f"note: {note}")
    for rate in question.rates:
        typer.echo(f"\n{RATES[rate].title}: {RATES[rate].meaning}")
        twin = same_as(rate, question.favourable)
        if twin in question.rates[: question.rates.index(rate)]:
            typer.echo(f"  the same as the {RATES[twin].title.lower()}: what is favourable is 0")
            continue
        _show_rate(audit, rate)
    typer.echo("\nLimits: 95 % of rates; of gaps and subgroups each limit holds at 95 %.")


def _show_rate(audit: TableAudit, rate: str) -> None:
    for measure in audit.of("rate", rate):
        typer.echo("  " + _line(_who(measure), measure, judged=measure.group is not None))
    typer.echo("  gaps: largest minus smallest")
    for measure in audit.of("gap", rate):
        typer.echo("  " + _line(str(measure.attribute), measure) + _smallest(measure))
    found = [m for m in audit.of("subgroup", rate) if m.verdict == "outside"]
    if found:
        typer.echo("  subgroups found on one half, confirmed on the other: share minus the rest")
    for measure in found:
        typer.echo("  " + _line(str(measure.group), measure))
    for measure in audit.of("violation", rate):
        typer.echo("  worst subgroup that a line cuts out, found on one half, tested on the other:")
        typer.echo(f"  {measure.group}")
        typer.echo("  " + _line("violation", measure) + f"; at most {measure.margin:.2%}")


def _who(measure: TableMeasure) -> str:
    from upright.measure.groups import CROSSED

    if measure.group is None:
        return "all rows"
    crossed = CROSSED in str(measure.attribute)
    return measure.group if crossed else f"{measure.attribute}: {measure.group}"


def _line(name: str, measure: TableMeasure, *, judged: bool = True) -> str:
    found = measure.interval
    value = "none" if math.isnan(found.value) else f"{found.value:.2%}"
    limits = f"({found.low:.2%} to {found.high:.2%})"
    needed = f" (n needed: {measure.n_needed:,})" if measure.n_needed else ""
    line = f"{name:<34} {value:>8} {limits:<22} n {found.n:>9,}"
    return f"{line}  {measure.verdict}{needed}" if judged else line


def _smallest(measure: TableMeasure) -> str:
    if measure.smallest_margin is None:
        return ""
    return f"; smallest margin certified: {measure.smallest_margin:.2%}"
