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
    writable_before,
    write_line,
)
from upright.terms import ConfigError, Stage

if TYPE_CHECKING:
    from upright.audit import GuardAudit, IdentityTerms

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


TextField = Annotated[str, _field("--text-field", "Field of the texts.")]
LabelField = Annotated[str, _field("--label-field", "Field of the labels.")]
CategoryField = Annotated[str | None, _field("--category-field", "Field of the kind of text.")]
GroupField = Annotated[
    str | None, _field("--group-field", "Field of the identity groups a text is about.")
]
FunctionalityField = Annotated[
    str | None, _field("--functionality-field", "Field of what a line tests.")
]
Data = Annotated[
    str,
    typer.Option("--data", metavar="FILE", help=".jsonl or .csv, also .gz; - is standard input."),
]
Positive = Annotated[
    list[str],
    typer.Option("--positive", metavar="LABEL", help="A label that the guard should act on."),
]
Negative = Annotated[
    list[str] | None,
    typer.Option(
        "--negative",
        metavar="LABEL",
        help="A label that it should not act on; else all others are.",
        show_default=False,
    ),
]
Where = Annotated[Stage, typer.Option("--stage", help="Where the texts stand.")]
Hazards = Annotated[
    list[str] | None,
    typer.Option(
        "--hazard",
        metavar="GLOB",
        help="Hazards or detector rules that count; else the toxicity the rules name.",
        show_default=False,
    ),
]
ByTerms = Annotated[
    bool, typer.Option("--identity-terms", help="Find identity groups by words in the texts.")
]
TermsFile = Annotated[
    str | None,
    typer.Option(
        "--identity-table",
        metavar="FILE",
        help="The words to find them by; else those that come with upright.",
        show_default=False,
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        min=0.0,
        max=1.0,
        help="Score from which a text counts as flagged; else the rules decide.",
        show_default=False,
    ),
]
Html = Annotated[
    str | None,
    typer.Option(
        "--html", metavar="FILE", help="Also write a page with plots.", show_default=False
    ),
]
Gate = Annotated[bool, typer.Option("--gate", help="Exit 1 if a bound of the use is broken.")]


@audit_app.command("guard")
def guard(  # noqa: PLR0917 (Typer names them as options)
    data: Data,
    text_field: TextField,
    label_field: LabelField,
    positive: Positive,
    negative: Negative = None,
    policy: PolicyFile = "upright.toml",
    stage: Where = Stage.OUTPUT,
    hazard: Hazards = None,
    category_field: CategoryField = None,
    group_field: GroupField = None,
    identity_terms: ByTerms = False,
    identity_table: TermsFile = None,
    functionality_field: FunctionalityField = None,
    threshold: Threshold = None,
    html: Html = None,
    gate: Gate = False,
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
    from upright.policy import open_policy

    writable_before(html)
    use = open_policy(policy)
    terms = _terms(identity_table, wanted=identity_terms)
    if gate:
        _refuse_another_threshold(threshold)
        require_bounds(use, groups=group_field is not None or terms is not None)
    labels = (tuple(positive), tuple(negative or ()))
    groupings = (category_field, group_field, functionality_field)
    lines = read_labelled(data, Fields(text_field, label_field, *labels, *groupings))
    with progress("Scoring", len(lines.texts), wanted=not quiet) as advance:
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
    _tell(audit, html, as_json=as_json)
    if gate:
        raise typer.Exit(exit_code(audit.gates))


def _tell(audit: GuardAudit, html: str | None, *, as_json: bool) -> None:
    from upright.audit.page import write_page
    from upright.cli.audit_tables import show

    if html is not None:
        write_page(audit, html)
    if as_json:
        write_line(audit.to_json())
    else:
        show(audit)


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
def progress(what: str, total: int, *, wanted: bool) -> Iterator[Callable[[], None]]:
    """Show how many texts are done, on standard error where that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(what, total=total)
        yield lambda: shown.advance(task)
