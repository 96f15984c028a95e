"""`upright train`: models, guards and classifiers from data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from upright.cli.app import app
from upright.cli.options import Debug, Json, Quiet, write_line

train = typer.Typer(help="Train guards from labelled data.", no_args_is_help=True)
app.add_typer(train, name="train")


@train.command("guard")
def train_guard(  # noqa: PLR0917 (Typer names them as options)
    data: Annotated[
        list[Path],
        typer.Option(
            "--data", help="Labelled lines, or a folder with the known collections; repeatable."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", help="Folder for the model and its card.")],
    base: Annotated[
        Path | None,
        typer.Option("--base", help="Folder of a BERT model; default: the package all-MiniLM."),
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--start", help="Folder of a guard to go on from, one that was trained from --base."
        ),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Passes over the data.")] = 2,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="At most so many, of 48 texts each.")
    ] = None,
    rate: Annotated[
        float, typer.Option("--rate", min=1e-8, help="Highest learning rate of the base's layers.")
    ] = 1e-4,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of order and first values.")] = 0,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of one core each.")] = 1,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Train a guard model: what it reads, `upright guard check` finds.

    An interrupted run is taken up where it stopped by the same command. The same data, seed,
    threads, libraries and kind of processor give the same files.
    """
    del debug
    from upright.train.guard.build import build
    from upright.train.guard.fit import Recipe
    from upright.weights.guard import open_guard
    from upright.weights.packaged import open_minilm

    recipe = Recipe(epochs=epochs, rate=rate, seed=seed, threads=threads, steps=steps)
    earlier = open_guard(start) if start else None
    with _progress(wanted=not quiet) as told:
        facts = build(data, base or open_minilm(), output, recipe, told, start=earlier)
    if as_json:
        write_line(facts)
        return
    typer.echo(f"{output}: trained on {facts['fitted']:,} texts")
    for row in facts["held"]["heads"]:
        if row["source"] == "all":
            typer.echo(f"  {row['head']:<11} AUC {row['auc'][0]:.3f} over {row['n']:,} held back")
    typer.echo(f"  read {output / 'CARD.md'}")


@contextmanager
def _progress(*, wanted: bool) -> Iterator[Callable[[int, int, float], None]]:
    """Show the steps on standard error, where that is a terminal."""
    if not wanted or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        TextColumn("step {task.completed} of {task.total}, loss {task.fields[loss]:.3f}"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("fit", total=None, loss=0.0)
        yield lambda step, total, loss: progress.update(
            task, completed=step, total=total, loss=loss
        )
