"""`upright match index` and `upright match query`: protected works, kept and asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.ledger import plain, print_columns
from upright.cli.match import match_app
from upright.cli.options import Debug, Json, Quiet, named_owner, read_lines, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.match.index import Document, Hit, Index, IndexWriter, Work

index_app = typer.Typer(
    name="index",
    help="Keep an index of protected works.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
match_app.add_typer(index_app)

Folder = Annotated[Path, typer.Option("--index", metavar="DIR", help="Folder of the index.")]
Lines = Annotated[str, typer.Argument(metavar="FILE", help="Lines; - is standard input.")]
_FIELDS = ("kind", "owner", "licence", "language", "action")


@index_app.command("add")
def add(
    index: Folder,
    file: Lines = "-",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Add works: lines of id, text, and if known kind, owner, licence, language, action.

    A work takes the place of the one that had its id. A line out says that its work is on the
    disk; of a run that was cut short the works without a line are missing.
    """
    del as_json, debug
    from upright.match.index import IndexWriter
    from upright.match.index.writer import SPILL

    with IndexWriter(index) as writer, _progress("works added", wanted=not quiet) as advance:
        waiting: list[Document] = []
        for where, line in read_lines(file):
            waiting.append(_added(writer, line, where))
            advance()
            if writer.held >= SPILL:
                writer.commit()
                _tell_added(waiting)
        writer.commit()
        _tell_added(waiting)


@index_app.command("remove")
def remove(  # noqa: PLR0917 (Typer names them as options)
    index: Folder,
    names: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Which.")] = None,
    owner: Annotated[
        str | None, typer.Option(help="All works of this owner.", callback=named_owner)
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Take works out; from then on they are found no more."""
    del as_json, quiet, debug
    if not names and owner is None:
        raise ConfigError("nothing to take out", mend="give ids, or --owner")
    from upright.match.index import IndexWriter

    _must_exist(index)
    with IndexWriter(index) as writer:
        done = {name: writer.remove(name) for name in names or ()}
        if owner is not None:
            done |= dict.fromkeys(writer.remove_owner(owner), True)
    for name, removed in done.items():
        write_line({"id": name, "removed": removed})


@index_app.command("list")
def list_(index: Folder, as_json: Json = False, debug: Debug = False) -> None:
    """List the works."""
    del debug
    from upright.match.index import Index

    documents = Index.open(index, check=False).documents()
    if as_json:
        for document in documents:
            write_line(document.to_json())
        return
    head = ("id", "kind", "tokens", "owner", "licence", "action")
    rows = (
        (one.id, one.kind, str(one.tokens), one.owner, one.licence, one.action) for one in documents
    )
    print_columns([head, *(tuple(map(plain, row)) for row in rows)])


@index_app.command("show")
def show(
    index: Folder,
    name: Annotated[str | None, typer.Argument(metavar="ID", help="Of a work.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show a work, or what the index holds and weighs; all its files are checked."""
    del debug
    from upright.match.index import Index

    opened = Index.open(index)
    shape = opened.document(name).to_json() if name is not None else opened.facts()
    if as_json:
        write_line(shape)
        return
    for label, value in shape.items():
        typer.echo(f"{label.replace('_', ' ')}: {plain(str(value))}")


@index_app.command("compact")
def compact(index: Folder, as_json: Json = False, debug: Debug = False) -> None:
    """Make one part of many; nothing of works that were taken out stays on the disk."""
    del debug
    from upright.match.index import Index, IndexWriter

    _must_exist(index)
    with IndexWriter(index) as writer:
        writer.compact()
    if as_json:
        write_line(Index.open(index, check=False).facts())


@match_app.command("query")
def query(  # noqa: PLR0917 (Typer names them as options)
    index: Folder,
    file: Lines = "-",
    run: Annotated[
        int | None,
        typer.Option(min=1, help="Words or tokens of code in a row that are a copy: 13, 25."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say of each text what in it stands in a work of the index: lines of id, text, kind.

    Lines out keep the fields of the lines in and add `hits`, with places in characters on both
    sides.
    """
    del as_json, debug
    from upright.match.index import Index

    opened = Index.open(index)
    with _progress("texts compared", wanted=not quiet) as advance:
        for where, line in read_lines(file):
            hits = _hits(opened, line, where, run)
            write_line({**line, "hits": [hit.to_json() for hit in hits]})
            advance()


def _hits(index: Index, line: dict[str, Any], where: str, run: int | None) -> list[Hit]:
    from upright.match.index import CODE_RUN, RUN

    kind, text = line.get("kind") or "text", _text(line, where)
    if kind == "text":
        return index.query(text, run=RUN if run is None else run)
    if kind != "code":
        raise ConfigError(f"{where}: {kind!r} is no kind of text", mend="one of: text, code")
    language = str(line.get("language") or "")
    return index.query_code(text, language, run=CODE_RUN if run is None else run)


def _added(writer: IndexWriter, line: dict[str, Any], where: str) -> Document:
    """Add the work of a line.

    Raises:
        ConfigError: naming the line, for what is no work.
    """
    work = _work(line, where)
    try:
        return writer.add(work)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.problem}", mend=error.mend) from None


def _work(line: dict[str, Any], where: str) -> Work:
    from upright.match.index import Work

    given = {name: line[name] for name in _FIELDS if line.get(name) is not None}
    name = line.get("id")
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        raise ConfigError(f"{where}: no id", mend='write one {"id": …, "text": …} a line')
    wrong = next((key for key, value in given.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise ConfigError(f"{where}: {wrong} is no string", mend=f'write "{wrong}": "…"')
    return Work(str(name), _text(line, where), **given)


def _text(line: dict[str, Any], where: str) -> str:
    text = line.get("text")
    if not isinstance(text, str):
        raise ConfigError(
            f"{where}: no string under `text`", mend='write one {"id": …, "text": …} a line'
        )
    return text


def _tell_added(waiting: list[Document]) -> None:
    for document in waiting:
        write_line({"id": document.id, "added": True, "tokens": document.tokens})
    waiting.clear()


def _must_exist(index: Path) -> None:
    from upright.match.index.manifest import read_manifest

    read_manifest(index)


@contextmanager
def _progress(what: str, *, wanted: bool) -> Iterator[Callable[[], None]]:
    """Count lines on standard error, where that is a terminal and the results go elsewhere."""
    if not wanted or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn(f"{{task.completed}} {what}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(what, total=None)
        yield lambda: progress.advance(task)
