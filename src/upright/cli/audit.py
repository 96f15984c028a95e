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
from upright.terms import Stage

if TYPE_CHECKING:
    from upright.audit import GuardAudit

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


@audit_app.command("guard")
def guard(  # noqa: PLR0917 (Typer names them as options)
    data: Annotated[
        str,
        typer.Option(
            "--data", metavar="FILE", help=".jsonl or .csv, also .gz; - is standard input."
        ),
    ],
    text_field: Annotated[str, typer.Option("--text-field", help="Field of the texts.")],
    label_field: Annotated[str, typer.Option("--label-field", help="Field of the labels.")],
    positive: Annotated[
        list[str], typer.Option("--positive", help="A label that the guard should act on.")
    ],
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
    workers: Workers = _CORES,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Measure the guard of a use on labelled texts: ranking, decisions, calibration."""
    del debug
    from upright.audit import Fields, audit_guard, read_labelled
    from upright.policy import open_policy

    use = open_policy(policy)
    lines = read_labelled(data, Fields(text_field, label_field, tuple(positive)))
    with _progress(len(lines.texts), wanted=not quiet) as advance:
        audit = audit_guard(
            use,
            lines,
            stage=stage,
            hazards=tuple(hazard or ()),
            threshold=threshold,
            workers=workers,
            advance=advance,
        )
    if as_json:
        write_line(audit.to_json())
    else:
        _show(audit)


def _show(audit: GuardAudit) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"The guard of {audit.subject.use}")
    for heading in ("Measure", "Value", "95 % interval", "n", "Verdict"):
        table.add_column(heading)
    for name, figure in audit.figures.items():
        value = "none" if figure.value is None else f"{figure.value:.3f}"
        limits = f"{figure.low:.3f} to {figure.high:.3f}"
        table.add_row(name, value, limits, f"{figure.n:,}", figure.verdict or "")
    Console().print(table)


@contextmanager
def _progress(total: int, *, wanted: bool) -> Iterator[Callable[[], None]]:
    """Show how many texts are scored, on standard error where that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("Scoring", total=total)
        yield lambda: progress.advance(task)
