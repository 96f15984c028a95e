"""`upright guard`: verdicts on lines of text and pictures, and hashes of pictures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.app import app
from upright.cli.guard_images import hash_of, images_of, refuse_unread, remaining
from upright.cli.options import (
    Debug,
    Json,
    PolicyFile,
    Quiet,
    Workers,
    default_workers,
    read_lines,
    write_line,
)
from upright.terms import HAZARDS, ConfigError, Outcome, Record, Stage

if TYPE_CHECKING:
    from upright.policy import Policy
    from upright.terms import Verdict

_GOOD = 50
_CORES = default_workers()

guard_app = typer.Typer(
    name="guard",
    help="Check texts against the rules of a use.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(guard_app)


@guard_app.command("check")
def check(  # noqa: PLR0917 (Typer names them as options)
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Lines of id, text; - is standard input.")
    ] = "-",
    policy: PolicyFile = "upright.toml",
    stage: Annotated[Stage, typer.Option("--stage", help="Where the texts stand.")] = Stage.OUTPUT,
    scores: Annotated[
        bool, typer.Option("--scores", help="Add the top score of every hazard.")
    ] = False,
    workers: Workers = _CORES,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say of each line what becomes of its text. Exits 0 whatever the verdicts.

    Lines out keep the fields of the lines in and add `action`, `text` (as it would leave),
    `findings`, with --scores `scores`, and where there are any `errors` and `excepted`.
    A line may have pictures under `image`: a path, a data URL, or a list. Each stands in `text`
    as a placeholder, where its findings are, and those that would not leave are taken out.
    An answer's line may have its `prompt`: copies that stand in it are no finding.
    """
    del as_json, debug
    from upright.guard import GuardPool, Shown
    from upright.policy import open_policy

    use = open_policy(policy)
    records = _records(file, use, stage)
    with (
        GuardPool(use, workers, everything=scores) as pool,
        _progress(wanted=not quiet) as advance,
    ):
        for record, found in pool.scan_many(records, stage):
            prompt = record.fields.get("prompt")
            shown = [prompt] if isinstance(prompt, str) and stage is Stage.OUTPUT else []
            scan = Shown(shown).without_echoes(record.text, found)
            verdict = pool.decide(record, scan, stage)
            line = remaining(record.fields, list(record.images), verdict.text)
            write_line({**line, **_shape(verdict, with_scores=scores)})
            advance()


@guard_app.command("hash")
def hash_(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="PNG, JPEG, WebP or GIF.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Print the perceptual hash (PDQ) of pictures, as lines for the list of a use.

    A hash with a quality below 50 says too little: the guard does not compare such pictures.
    """
    del debug
    for file in files:
        found = hash_of(file)
        if as_json:
            write_line({"file": file, "hash": found.bits.hex(), "quality": found.quality})
            continue
        doubt = "# quality too low to be compared: " if found.quality < _GOOD else ""
        typer.echo(f"{doubt}{found.bits.hex()} {Path(file).name}")


def _records(file: str, use: Policy, stage: Stage) -> Iterator[Record]:
    """Yield the lines as records that carry their line.

    Raises:
        ConfigError: for a line without a text or picture, or a picture that no rule looks at.
    """
    for where, line in read_lines(file):
        images = tuple(images_of(line, where))
        if images:
            refuse_unread(use, stage, where)
        text = line.get("text", "" if images else None)
        if not isinstance(text, str):
            raise ConfigError(
                f"{where}: no string under `text`",
                mend='write one {"id": …, "text": …} a line',
            )
        whole = "\n".join([*([text] if text else []), *(one.placeholder for one in images)])
        role = line.get("role")
        role = role if isinstance(role, str) else None
        yield Record(whole, str(line.get("id", "")), role, line, images)


def _shape(verdict: Verdict, *, with_scores: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "action": verdict.action.value,
        "text": verdict.text,
        "findings": [_finding(outcome) for outcome in verdict.outcomes],
    }
    if with_scores:
        shape["scores"] = {hazard: verdict.scores.get(hazard, 0.0) for hazard in HAZARDS}
    if verdict.errors:
        shape["errors"] = [error.to_json() for error in verdict.errors]
    if verdict.excepted:
        shape["excepted"] = [
            {**outcome.finding.to_json(), "reason": outcome.excepted}
            for outcome in verdict.excepted
        ]
    return shape


def _finding(outcome: Outcome) -> dict[str, Any]:
    shape = {**outcome.finding.to_json(), "action": outcome.action.value}
    if outcome.observed:
        shape["observed"] = [action.value for action in outcome.observed]
    return shape


@contextmanager
def _progress(*, wanted: bool) -> Iterator[Callable[[], None]]:
    """Count lines on standard error, where that is a terminal and the results go elsewhere."""
    if not wanted or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed} texts checked"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("check", total=None)
        yield lambda: progress.advance(task)
