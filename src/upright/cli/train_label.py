"""`upright train label`: labels from decisions, and what a person should label next."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.options import Debug, Json, Quiet, read_lines, write_line
from upright.cli.train import train
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.train.active.choose import Choice

label_app = typer.Typer(help="Labels for the guard: from decisions, and the next ones.")
train.add_typer(label_app, name="label", no_args_is_help=True)

_MOST = 2**31


@label_app.command("export")
def export(
    output: Annotated[str, typer.Option("--output", help="File for the lines; - prints them.")],
    use_case: Annotated[str | None, typer.Option(help="Only this use case.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the review queue's decisions as labelled lines for `upright train guard`.

    A text that was erased from the vault is left out, and counted.
    """
    del debug
    from upright.cli.ledger import open_ledger
    from upright.train.active.reviews import labelled

    with open_ledger() as ledger:
        decided = ledger.reviews.list("decided", limit=_MOST)
        chosen = [item for item in decided if use_case in {None, item.use_case}]
        made = labelled(chosen, lambda name: ledger.reviews.get(name).text)
    _write(output, made.lines)
    told = {"decisions": len(chosen), "lines": len(made.lines), "left_out": dict(made.left_out)}
    if as_json and output != "-":
        write_line(told)
    elif not quiet and not as_json:
        reasons = "".join(f", {n} left out: {why}" for why, n in sorted(made.left_out.items()))
        typer.echo(f"{len(chosen)} decisions, {len(made.lines)} lines{reasons}", err=output == "-")


@label_app.command("next")
def rank_next(  # noqa: PLR0917 (Typer names them as options)
    source: Annotated[str, typer.Argument(metavar="IN", help="Unlabelled lines, or -.")],
    output: Annotated[str, typer.Option("--output", help="File for the ranked lines, or -.")],
    count: Annotated[int, typer.Option("--count", min=1, help="How many to label.")] = 50,
    labels: Annotated[
        list[Path] | None, typer.Option("--labels", help="Lines labelled so far; repeatable.")
    ] = None,
    head: Annotated[str, typer.Option("--head", help="What is labelled, such as hate.")] = "toxic",
    model: Annotated[bool, typer.Option(help="Ask the trained model too.")] = True,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the resampled labels.")] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Rank unlabelled lines by how much a label would teach.

    First those on which the phrase tables, the trained model and small models fitted on the
    labels so far disagree. A chosen line keeps its fields and gets `rank`, `disagreement`,
    `uncertainty` and `votes`.
    """
    del debug
    from upright.train.active.rank import rank, read_labels

    rows = list(_texts(source))
    known = read_labels(labels or (), head)
    ranked = rank([row["text"] for row in rows], known, head, count, model=model, seed=seed)
    _write(output, [_line(place, rows[one.index], one) for place, one in enumerate(ranked, 1)])
    told = {"lines": len(rows), "chosen": len(ranked), "labels": len(known)}
    if as_json and output != "-":
        write_line(told)
    elif not quiet and not as_json:
        text = f"{len(ranked)} of {len(rows)} lines chosen, with {len(known)} labels so far"
        typer.echo(text, err=output == "-")


def _texts(source: str) -> Iterable[dict[str, Any]]:
    for where, row in read_lines(source):
        if not isinstance(row.get("text"), str) or not row["text"].strip():
            raise ConfigError(f"{where}: no `text`", mend='write {"text": "…"} on each line')
        yield row


def _line(place: int, row: dict[str, Any], one: Choice) -> dict[str, Any]:
    return {
        **row,
        "rank": place,
        "disagreement": round(one.disagreement, 4),
        "uncertainty": round(one.uncertainty, 4),
        "votes": {name: int(vote) for name, vote in one.votes.items()},
    }


def _write(output: str, lines: Iterable[dict[str, Any]]) -> None:
    if output == "-":
        for line in lines:
            write_line(line)
        return
    try:
        with Path(output).open("w", encoding="utf-8", errors="surrogatepass") as file:
            for line in lines:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        raise ConfigError(f"{output}: {error.strerror}", mend="give a file in a folder") from None
