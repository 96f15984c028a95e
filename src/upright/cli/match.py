"""`upright match`: compare texts and code, and keep and ask an index of works."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upright.cli.app import app
from upright.cli.options import Debug, Json, Quiet, read_lines, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.match.pairs import Compared, Pair

match_app = typer.Typer(
    name="match",
    help="Compare texts and code; keep and ask an index of protected works.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(match_app)


class Kind(StrEnum):
    """What is compared."""

    CODE = "code"
    TEXT = "text"


@match_app.command("pairs")
def pairs(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Lines of id, a, b; - is standard input.")
    ] = "-",
    kind: Annotated[Kind, typer.Option("--kind", help="What they are.")] = Kind.TEXT,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Say of each pair how alike its two sides are. Exits 0 whatever the scores.

    Lines out keep the fields of the lines in and add `score`, 0 to 1, and `spans`: what of `a`
    stands in `b`, in characters. Lines of code may name their `language`, and their `group`: all
    that was written for one exercise, so that what it asks for counts for nothing.
    """
    del as_json, debug
    with progress("pairs compared", wanted=not quiet) as advance:
        compare = _code if kind is Kind.CODE else _texts
        for line, compared in compare(file, advance):
            spans = [asdict(span) for span in compared.spans]
            write_line({**line, "score": compared.score, "spans": spans})


def _texts(file: str, advance: Callable[[], None]) -> Iterator[tuple[dict[str, Any], Compared]]:
    from upright.match.pairs import Pair, compare_texts

    for where, line in read_lines(file):
        yield line, compare_texts(Pair(_string(line, "a", where), _string(line, "b", where)))
        advance()


def _code(file: str, advance: Callable[[], None]) -> Iterator[tuple[dict[str, Any], Compared]]:
    from upright.match.pairs import compare_code

    lines, given = [], []
    for where, line in read_lines(file):
        lines.append(line)
        given.append(_pair(line, where))
    yield from zip(lines, compare_code(given, advance=advance), strict=True)


def _pair(line: dict[str, Any], where: str) -> Pair:
    """Return the two programs of a line.

    Raises:
        ConfigError: for a field of the wrong kind, or a language that nobody knows.
    """
    from upright.match.code import guess, language
    from upright.match.pairs import Pair

    a, b = _string(line, "a", where), _string(line, "b", where)
    if line.get("language") is None:
        known = guess(a) or guess(b)
    else:
        spelt = _string(line, "language", where)
        try:
            known = language(spelt)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error.problem}", mend=error.mend) from None
    if known is None:
        raise ConfigError(
            f"{where}: no programming language is recognised in `a` or `b`",
            mend="name it under `language`",
        )
    group = line.get("group")
    return Pair(a, b, known.name, None if group is None else str(group))


def _string(line: dict[str, Any], name: str, where: str) -> str:
    value = line.get(name)
    if not isinstance(value, str):
        raise ConfigError(
            f"{where}: no string under `{name}`", mend='write one {"id": …, "a": …, "b": …} a line'
        )
    return value


@contextmanager
def progress(what: str, *, wanted: bool) -> Iterator[Callable[[], None]]:
    """Count lines on standard error, where that is a terminal and the results go elsewhere."""
    if not wanted or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn(f"{{task.completed}} {what}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda: bar.advance(task)
