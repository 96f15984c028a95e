"""`upright attribute`: which training documents a text rests on, and the index that tells."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.app import app
from upright.cli.options import (
    Debug,
    Json,
    Quiet,
    named_owner,
    read_lines,
    write_evidence,
    write_line,
)
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.match.passages import Document

_RESULTS = frozenset({"spans", "documents", "least", "index"})
_MOST_TOLD = 20

attribute_app = typer.Typer(
    name="attribute",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
)
app.add_typer(attribute_app)

Index = Annotated[Path | None, typer.Option("--index", metavar="DIR", help="Folder of the index.")]


@attribute_app.callback()
def attribute(  # noqa: PLR0917 (Typer names them as options)
    context: typer.Context,
    index: Index = None,
    file: Annotated[
        str, typer.Option("--input", "-i", metavar="FILE", help="Lines of id, text; - is input.")
    ] = "-",
    most: Annotated[
        int, typer.Option(min=1, max=10_000, help="Name so many documents; all are counted.")
    ] = 10,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say of each text which passages of it stand in the training data, and where.

    Lines out keep the fields of the lines in and add `spans` (passages that stand there word for
    word and in no longer one, the most unlikely first, with the documents that hold them) and
    `documents` (ranked by the rare words they share with the text, near copies marked). Exits 0
    whatever is found.
    """
    del as_json, quiet, debug
    if context.invoked_subcommand is not None:
        return
    from upright.attribute import Attributor

    attributor = Attributor(_folder(index))
    for where, line in read_lines(file):
        text = line.get("text")
        if not isinstance(text, str):
            raise ConfigError(
                f"{where}: no string under `text`", mend='write one {"id": …, "text": …} a line'
            )
        write_evidence(line, attributor.attribute(text, most=most).to_json(), _RESULTS)


@attribute_app.command("index")
def index_(  # noqa: PLR0917 (Typer names them as options)
    corpus: Annotated[
        list[Path],
        typer.Argument(metavar="IN...", help="JSON Lines, packed or not; or folders of them."),
    ],
    index: Index = None,
    least: Annotated[
        int | None,
        typer.Option(min=4, max=100, help="Words of the shortest passage.", show_default="8"),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Add training documents to an index: lines of `id, text, owner?, licence?`.

    What is there already, with the same text at the same place, is passed over, so a broken run
    goes on where it was; a name with another text gets the new one. The index holds words as
    numbers and no text; a document's text is read from where it stands.
    """
    del debug
    from upright.attribute import corpus_files, documents
    from upright.match.passages import Store

    files = corpus_files(corpus)
    with Store(_folder(index), least=least) as store, _progress(files, wanted=not quiet) as told:
        done = store.add(told(one) for file in files for one in documents(file))
    shape = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged}
    if as_json:
        write_line({**shape, "too_long": list(done.too_long)})
        return
    typer.echo(", ".join(f"{count} {name}" for name, count in shape.items()))
    for name in done.too_long[:_MOST_TOLD]:
        typer.echo(f"left out, since no index holds so long a document: {name}", err=True)


@attribute_app.command("forget")
def forget(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Names of documents.")
    ] = None,
    index: Index = None,
    owner: Annotated[
        str | None, typer.Option(help="All documents of this owner.", callback=named_owner)
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take documents out of an index: at once for whoever asks, then off the disk."""
    del debug
    from upright.match.passages import Store

    if not names and owner is None:
        raise ConfigError("nothing is named", mend="name documents, or --owner")
    with Store(_existing(_folder(index))) as store:
        gone = store.forget(names or (), owner=owner)
        store.purge()
    missing = sorted(set(names or ()) - set(gone))
    if as_json:
        write_line({"removed": gone, "unknown": missing})
        return
    typer.echo(f"{len(gone)} documents removed")
    for name in missing[:_MOST_TOLD]:
        typer.echo(f"not in this index: {name}", err=True)


@attribute_app.command("show")
def show(index: Index = None, as_json: Json = False, debug: Debug = False) -> None:
    """Show what an index holds, after every file of it was checked."""
    del debug
    from upright.match.passages import PassageIndex

    opened = PassageIndex(_folder(index))
    files = [shard.file for shard in opened.shards]
    shape = {
        "documents": len(opened),
        "words": sum(file.words for file in files),
        "text_bytes": sum(file.text_bytes for file in files),
        "index_bytes": sum(file.bytes for file in files),
        "shards": len(files),
        "least": opened.least,
        "digest": opened.digest,
    }
    if as_json:
        write_line(shape)
        return
    for name, value in shape.items():
        typer.echo(f"{name.replace('_', ' ')}: {value}")


def _folder(index: Path | None) -> Path:
    if index is None:
        raise ConfigError("no index is named", mend="add --index DIR")
    return index


def _existing(folder: Path) -> Path:
    """Return a folder that holds an index, so that none is made by asking for one.

    Raises:
        PassageIndexError: if it holds none.
    """
    from upright.match.passages import manifest

    manifest.load(folder)
    return folder


@contextmanager
def _progress(files: list[Path], *, wanted: bool) -> Iterator[Callable[[Document], Document]]:
    """Show on a terminal how much of the files is read."""
    if not wanted or not sys.stderr.isatty():
        yield lambda document: document
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        # A packed file is longer than it looks; its bar stands at the end for a while.
        task = progress.add_task("index", total=sum(file.stat().st_size for file in files))

        def told(document: Document) -> Document:
            progress.advance(task, document.length)
            return document

        yield told
