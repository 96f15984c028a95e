"""`upright audit`: measures of a use, on data that people labelled."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.app import app
from upright.cli.options import (
    Debug,
    Json,
    PolicyFile,
    Quiet,
    Workers,
    default_workers,
    write_line,
)
from upright.terms import ConfigError, Stage

if TYPE_CHECKING:
    from upright.audit import IdentityTerms

_CORES = default_workers()

audit_app = typer.Typer(
    name="audit",
    help="Measure a use on labelled data.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(audit_app)


@audit_app.callback()
def _group() -> None:
    """Keep `guard` a command of its own while it is the only one."""


def _field(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        name, metavar="FIELD", help=what, show_default=False
    )
    return option


@audit_app.command("guard")
def guard(  # noqa: PLR0917 (Typer names them as options)
    data: Annotated[
        str,
        typer.Option(
            "--data", metavar="FILE", help=".jsonl or .csv, also .gz; - is standard input."
        ),
    ],
    text_field: Annotated[str, _field("--text-field", "Field of the texts.")],
    label_field: Annotated[str, _field("--label-field", "Field of the labels.")],
    positive: Annotated[
        list[str],
        typer.Option("--positive", metavar="LABEL", help="A label that the guard should act on."),
    ],
    negative: Annotated[
        list[str] | None,
        typer.Option(
            "--negative",
            metavar="LABEL",
            help="A label that it should not act on; else all others are.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyFile = "upright.toml",
    stage: Annotated[Stage, typer.Option("--stage", help="Where the texts stand.")] = Stage.OUTPUT,
    hazard: Annotated[
        list[str] | None,
        typer.Option(
            "--hazard",
            metavar="GLOB",
            help="Hazards or detector rules that count; else the toxicity the rules name.",
            show_default=False,
        ),
    ] = None,
    category_field: Annotated[
        str | None, _field("--category-field", "Field of the kind of text.")
    ] = None,
    group_field: Annotated[
        str | None, _field("--group-field", "Field of the identity groups a text is about.")
    ] = None,
    identity_terms: Annotated[
        bool, typer.Option("--identity-terms", help="Find identity groups by words in the texts.")
    ] = False,
    identity_table: Annotated[
        str | None,
        typer.Option(
            "--identity-table",
            metavar="FILE",
            help="The words to find them by; else those that come with upright.",
            show_default=False,
        ),
    ] = None,
    functionality_field: Annotated[
        str | None, _field("--functionality-field", "Field of what a line tests.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            min=0.0,
            max=1.0,
            help="Score from which a text counts as flagged; else the rules decide.",
            show_default=False,
        ),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            "--html", metavar="FILE", help="Also write a page with plots.", show_default=False
        ),
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit 1 if a bound of the use is broken.")
    ] = False,
    workers: Workers = _CORES,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure the guard of a use on labelled texts: ranking, decisions, calibration.

    The score of a text is the highest over the hazards. Figures carry 95 % intervals, n and
    method; where `[[audit.gate]]` bounds one, also a verdict. --gate exits 1 if a bound is
    broken and 3 if the lines are too few to tell. Bounds are named `guard.auc.shortfall`
    (one minus the AUC), `guard.worst_bpsn.shortfall`, `guard.calibration_error` and so on.
    """
    del debug
    from upright.audit import Fields, audit_guard, exit_code, read_labelled, require_bounds
    from upright.audit.page import check_writable, write_page
    from upright.policy import open_policy

    use = open_policy(policy)
    terms = _terms(identity_table, wanted=identity_terms)
    if gate:
        _refuse_another_threshold(threshold)
        require_bounds(use, groups=group_field is not None or terms is not None)
    if html is not None:
        check_writable(html)
    fields = Fields(
        text=text_field,
        label=label_field,
        positive=tuple(positive),
        negative=tuple(negative or ()),
        category=category_field,
        group=group_field,
        functionality=functionality_field,
    )
    lines = read_labelled(data, fields)
    with _progress(len(lines.texts), wanted=not quiet) as advance:
        audit = audit_guard(
            use,
            lines,
            stage=stage,
            hazards=tuple(hazard or ()),
            threshold=threshold,
            terms=terms,
            workers=workers,
            advance=advance,
        )
    if html is not None:
        write_page(audit, html)
    if as_json:
        write_line(audit.to_json())
    else:
        from upright.cli.audit_tables import show

        show(audit)
    if gate:
        raise typer.Exit(exit_code(audit.gates))


def _terms(table: str | None, *, wanted: bool) -> IdentityTerms | None:
    from upright.audit import read_terms, shipped_terms

    if table is not None:
        return read_terms(table)
    return shipped_terms() if wanted else None


def _refuse_another_threshold(threshold: float | None) -> None:
    if threshold is not None:
        raise ConfigError(
            f"--gate judges what the rules do, not a threshold of {threshold:g}",
            mend="leave out --threshold or --gate",
        )


@contextmanager
def _progress(total: int, *, wanted: bool) -> Iterator[Callable[[], None]]:
    """Show how many texts are scored, on standard error where that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("Scoring"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("score", total=total)
        yield lambda: progress.advance(task)
