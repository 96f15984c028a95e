"""`upright ledger`: check the chain, read it, sign it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.app import app
from upright.cli.options import LARGEST, Debug, Json, Quiet, write_line

if TYPE_CHECKING:
    from upright.ledger import Entry, Ledger, Verification

ledger_app = typer.Typer(
    name="ledger",
    help="Check the record of what happened, read it, sign it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(ledger_app)

_INTERRUPTED_SHOWN = 10


@ledger_app.command("verify")
def verify(
    copies: Annotated[
        Path | None,
        typer.Option(
            "--checkpoints", metavar="FILE", help="Compare with these too, kept elsewhere."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Recompute the chain and compare it with every signed checkpoint; exit 1 if it is broken."""
    del debug
    with open_ledger() as ledger, _progress(show=not (quiet or as_json)) as progress:
        verification = ledger.verify(progress, copies=copies)
    if as_json:
        write_line(verification.to_json())
    else:
        _print_verification(verification)
    if not verification.ok:
        raise typer.Exit(1)


@ledger_app.command("show")
def show(  # noqa: PLR0917 (Typer names them as options)
    sequence: Annotated[
        int | None,
        typer.Argument(metavar="RECORD", help="Show this one in full.", min=1, max=LARGEST),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as `closed`.")] = None,
    use_case: Annotated[str | None, typer.Option(help="Only this use case.")] = None,
    request: Annotated[str | None, typer.Option(help="Only this request.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=LARGEST, help="At most so many.")] = 20,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the newest records, or one."""
    del debug
    with open_ledger() as ledger:
        if sequence is not None:
            found = [ledger.entry(sequence)]
        else:
            found = ledger.entries(
                kind=kind, use_case=use_case, request=request, limit=limit, newest_first=True
            )
    if as_json:
        for entry in found:
            write_line(entry.to_json())
    elif sequence is not None:
        typer.echo(json.dumps(found[0].to_json(), indent=2))
    else:
        _print_table(found)


@ledger_app.command("export")
def export(
    after: Annotated[
        int,
        typer.Option(min=0, max=LARGEST, help="Go on behind this record, the last one you have."),
    ] = 0,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Print all records as JSON Lines, oldest first."""
    del as_json, debug
    with open_ledger() as ledger:
        for entry in ledger.export(after=after):
            write_line(entry.to_json())


@ledger_app.command("checkpoint")
def checkpoint(as_json: Json = False, debug: Debug = False) -> None:
    """Sign the chain as it is now. Keep a copy of the line where nobody here can change it."""
    del debug
    with open_ledger() as ledger:
        signed = ledger.checkpoint()
    if as_json:
        write_line(signed.to_json())
    else:
        typer.echo(f"{signed.count} records are signed, up to {signed.head}")


@contextlib.contextmanager
def open_ledger(*, create: bool = False) -> Iterator[Ledger]:
    """Open the ledger of this home.

    Args:
        create: make it if it is not there; otherwise that is an error, since an empty new
            ledger in place of a lost one would look sound.
    """
    from upright.ledger import Ledger

    with Ledger.open(create=create) as ledger:
        yield ledger


@contextlib.contextmanager
def _progress(*, show: bool) -> Iterator[Callable[[int, int], None] | None]:
    if not (show and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("checking")
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_verification(verification: Verification) -> None:
    if verification.ok:
        typer.echo(
            f"sound: {verification.checked} records; "
            f"signed checkpoints cover the first {verification.checkpointed}"
        )
    elif verification.first_bad is not None:
        typer.echo(f"broken at record {verification.first_bad}: {verification.problem}")
        typer.echo(f"sound before that: {verification.first_bad - 1} records")
    else:
        typer.echo(f"broken: {verification.problem}")
    cut = verification.interrupted
    if cut:
        shown = ", ".join(plain(name) for name in cut[:_INTERRUPTED_SHOWN])
        more = f" and {len(cut) - _INTERRUPTED_SHOWN} more" if len(cut) > _INTERRUPTED_SHOWN else ""
        typer.echo(f"opened and not closed (running, or cut off): {shown}{more}")


def _print_table(found: list[Entry]) -> None:
    head = ("record", "time", "kind", "use case", "request", "body")
    rows = [
        (
            str(entry.sequence),
            plain(entry.time[:19]),
            plain(entry.kind),
            plain(entry.use_case),
            plain(entry.request),
            json.dumps(entry.body),
        )
        for entry in found
    ]
    print_columns([head, *rows])


def print_columns(rows: list[tuple[str, ...]]) -> None:
    """Print rows as columns that are as wide as they need to be."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def plain(text: str) -> str:
    """Return a text that cannot steer the terminal, whoever wrote it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
