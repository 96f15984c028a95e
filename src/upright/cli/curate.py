"""`upright curate`: raw files in, a guarded corpus without twins out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from upright.cli.app import app
from upright.cli.options import (
    Debug,
    Json,
    PolicyFile,
    Quiet,
    Workers,
    default_workers,
    named_owner,
    write_line,
)
from upright.terms import UprightError

if TYPE_CHECKING:
    from upright.curate import Curated, Curation
    from upright.curate.curation import Advance

_CORES = default_workers()
_INTERRUPTED = 130


class _FilesFirst(TyperGroup):
    """Takes `upright curate FILES` for `upright curate run FILES`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 (Typer's)
        if args and args[0] not in {*self.commands, "--help"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


curate_app = typer.Typer(
    name="curate",
    cls=_FilesFirst,
    help="Make a training corpus of raw files: `upright curate FILES --output DIR`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(curate_app)

Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the corpus.")
]
EngineName = Annotated[
    str, typer.Option("--engine", metavar="local|ray", help="Processes here, or a Ray cluster.")
]


@curate_app.command("run")
def run(  # noqa: PLR0917 (Typer names them as options)
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...", help="Files and folders; - is JSON lines on standard input."
        ),
    ],
    output: Output,
    policy: PolicyFile = "upright.toml",
    engine: EngineName = "local",
    workers: Workers = _CORES,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write no corpus; say what each rule would do.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Curate files: guard, filter, leave twins out, cap passages. The same command goes on.

    The kept records are in DIR/data/*.jsonl, where each comes from in DIR/lineage.jsonl, what was
    dropped or changed and by which rule in DIR/ledger.jsonl, what could not be read in
    DIR/rejects.jsonl. Exits 3 where a whole file or shard could not be read; the rest is done.
    """
    del debug
    from upright.curate import Curation
    from upright.policy import open_policy

    curation = Curation(inputs, open_policy(policy), _folder(output), workers, _engine(engine))
    _run(curation, dry_run=dry_run, as_json=as_json, quiet=quiet)


@curate_app.command("remove")
def remove(  # noqa: PLR0917 (Typer names them as options)
    owner: Annotated[str, typer.Option("--owner", help="Whose records go.", callback=named_owner)],
    output: Output,
    workers: Workers = _CORES,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take everything of one owner out of a corpus, and keep it out of later runs.

    The corpus is then the one that would have been made without these records; what had been left
    out as a twin of one of them comes back. Where nothing is of that owner, near names are told.
    """
    del debug
    from upright.curate.removal import recall
    from upright.curate.remove import near_owners, remove

    curation = recall(output)
    curation.workers = workers
    with watched(curation, wanted=not quiet):
        done = remove(curation, owners=[owner])
    near = [] if done.count else near_owners(curation, owner)
    more = {"removed": done.count, "near": near}
    if not (as_json or done.count):
        typer.echo(f"removed: 0 (nothing of {owner!r} stands here; it stays out of later runs)")
        for name in near:
            typer.echo(f"  near: {name}")
    _report(done.curated, curation, dry_run=False, as_json=as_json, more=more)


def _folder(output: Path) -> Path:
    """Return the output, a folder that can be written.

    Raises:
        ConfigError: if it is a file, or may not be made.
    """
    from upright.terms import ConfigError

    there = next(path for path in (output, *output.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK) or not _made(output):
        raise ConfigError(
            f"--output {output}: no folder that can be written",
            mend="name a folder that you may write to",
        )
    return output


def _made(output: Path) -> bool:
    """Make a folder, and say whether that could be done."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True


def _engine(name: str) -> Any:  # noqa: ANN401 (an enumeration that is imported late)
    from upright.jobs import Engine
    from upright.terms import ConfigError

    if name not in set(Engine):
        raise ConfigError(f"--engine {name}: unknown", mend="one of: local, ray")
    return Engine(name)


def _run(curation: Curation, *, dry_run: bool, as_json: bool, quiet: bool) -> None:
    from upright.curate import curate

    with watched(curation, wanted=not quiet):
        done = curate(curation, dry_run=dry_run)
    _report(done, curation, dry_run=dry_run, as_json=as_json, more={})


def _report(
    done: Curated, curation: Curation, *, dry_run: bool, as_json: bool, more: dict[str, Any]
) -> None:
    """Say what a run did; end with 3 where something could not be read."""
    if as_json:
        told = {**done.summary.to_json(), "done": curation.done, "reused": curation.reused}
        write_line({**told, "rejects": done.rejected, "samples": done.samples, **more})
    else:
        _print(done, curation, dry_run=dry_run)
    if done.summary.damaged:
        sys.exit(3)


@contextmanager
def watched(curation: Curation, *, wanted: bool) -> Iterator[None]:
    """Show how far a run is, and say of an interrupted one that it can go on."""
    try:
        with _progress(wanted=wanted) as curation.advance:
            yield
    except KeyboardInterrupt:
        raise _InterruptedError from None


class _InterruptedError(UprightError):
    """The user stopped a run."""

    exit_code = _INTERRUPTED

    def __init__(self) -> None:
        super().__init__("interrupted", mend="run the same command again: it goes on from here")


def _print(done: Curated, curation: Curation, *, dry_run: bool) -> None:
    summary = done.summary
    verb = "would be kept" if dry_run else "kept"
    typer.echo(
        f"{summary.records:,} records read, {summary.kept:,} {verb} ({summary.changed:,} changed), "
        f"{summary.dropped:,} dropped, {summary.review:,} for review, {summary.rejected:,} rejected"
    )
    for rule, actions in summary.rules.items():
        typer.echo(f"  {rule}: {', '.join(f'{n:,} {a}' for a, n in actions.items())}")
        if dry_run:
            for entry in done.samples[rule]:
                kept = f", twin of {entry['kept']}" if "kept" in entry else ""
                typer.echo(f"    {entry['file']}:{entry['line']} {entry['id']}{kept}")
    for reject in done.rejected[:10]:
        typer.echo(f"  not read: {reject['file']}:{reject['line']}: {reject['reason']}", err=True)
    if not dry_run:
        typer.echo(f"{curation.output / 'data'}: {summary.digest}")


@contextmanager
def _progress(*, wanted: bool) -> Iterator[Advance]:
    """Show a bar for each step on standard error, where that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda _step, _done, _all: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, Any] = {}

        def advance(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=of)
            progress.update(tasks[step], completed=done, total=of)

        yield advance
