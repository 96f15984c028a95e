"""`upright attribute take-out`: find and remove documents or whole owners, up to a receipt."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.attribute import attribute_app
from upright.cli.curate import watched
from upright.cli.ledger import open_ledger, plain
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
from upright.cli.uses import me
from upright.terms import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from upright.attribute.clearing import Data
    from upright.attribute.takeout import TakeOut, Wish
    from upright.curate import Curation
    from upright.policy import Policy

_CORES = default_workers()
_NO_INDEX = "name it as `index` under `[attribute]` in the use-case file"

Names = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Names of documents.")]
Owners = Annotated[
    list[str] | None,
    typer.Option(
        "--owner", help="All documents of this owner; may be repeated.", callback=named_owner
    ),
]
WorkNames = Annotated[
    list[str] | None,
    typer.Option("--work", help="Take this protected work out too; may be repeated."),
]
Protected = Annotated[
    bool, typer.Option("--works", help="Take the owners' protected works out too.")
]
Request = Annotated[
    str | None, typer.Option("--request", metavar="TKO", help="Go on with one that waits.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the vault, erasable there.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what stands there.")]


@attribute_app.command("take-out")
def take_out(  # noqa: PLR0917 (Typer names them as options)
    names: Names = None,
    owner: Owners = None,
    policy: PolicyFile = "upright.toml",
    work: WorkNames = None,
    works: Protected = False,
    request: Request = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    workers: Workers = _CORES,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Find and remove documents, or everything of an owner, from all data of a use.

    That is the index and, if `[attribute]` names it, the corpus, which is made again without them;
    protected works only where asked for. The request stands in the ledger and ends in a signed
    receipt. Exits 1 while files of the corpus still hold something of it.
    """
    del debug
    from upright.attribute.takeout import TakeOuts, Wish
    from upright.policy import open_policy

    use = open_policy(policy)
    with ExitStack() as stack:

        def prepare(curation: Curation) -> None:
            curation.workers = workers
            stack.enter_context(watched(curation, wanted=not quiet))

        data = _data(use, prepare)
        if request is None:
            chosen = (*(work or ()), *(_works_of(data.works, owner or ()) if works else ()))
            wish = Wish(
                tuple(names or ()), tuple(dict.fromkeys(chosen)), reason, tuple(owner or ())
            )
            if dry_run:
                _print_standing(data, wish, as_json=as_json)
                return
        ledger = stack.enter_context(open_ledger(create=True))
        requests = TakeOuts(ledger, use.use_case.name, data)
        name = requests.ask(wish, by=me()).id if request is None else request
        taken = requests.carry_out(name, by=me())
    _print_taken(taken, as_json=as_json)
    if taken.state != "done":
        sys.exit(1)


def _data(use: Policy, prepare: Any) -> Data:  # noqa: ANN401 (a function of a type imported late)
    from upright.attribute.clearing import Data

    folder = use.training_folder
    if folder is None:
        raise ConfigError("this use names no index of its training data", mend=_NO_INDEX)
    return Data(folder, use.index_folder, use.corpus_folder, prepare)


def _works_of(folder: Path | None, owners: Any) -> list[str]:  # noqa: ANN401 (names)
    if folder is None:
        return []
    from upright.match.index import Index

    works = Index.open(folder, check=False).documents()
    return [work.id for work in works if work.owner in owners]


def _print_standing(data: Data, wish: Wish, *, as_json: bool) -> None:
    held = data.find(wish.documents, wish.owners)
    works = [*wish.works, *_works_of(data.works, wish.owners)]
    shape = {
        "documents": list(held.documents),
        "works": list(dict.fromkeys(works)),
        "files": list(held.files),
        "unknown": list(held.unknown),
    }
    if as_json:
        write_line(shape)
        return
    for kind, found in shape.items():
        typer.echo(f"{kind}: {', '.join(map(plain, found)) or 'none'}")


def _print_taken(taken: TakeOut, *, as_json: bool) -> None:
    shape = {
        "id": taken.id,
        "state": taken.state,
        "removed": dict(taken.removed),
        "documents": list(taken.wish.documents) if taken.wish else [],
        "remaining": list(taken.remaining),
        "receipt": taken.receipt,
    }
    if as_json:
        write_line(shape)
        return
    typer.echo(f"{taken.id}: {taken.state}")
    for kind, count in taken.removed.items():
        typer.echo(f"  {kind}: {count} removed")
    for name in taken.remaining:
        typer.echo(f"  still there: {plain(name)}")
    if taken.receipt:
        typer.echo(f"  receipt: {taken.receipt}")
