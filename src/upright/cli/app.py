"""The command line's frame: one module per verb, errors that end in an exit code.

A module of this package is imported when its verb is used, so that `--help` stays quick:
modules import what is heavy inside the command.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from upright.cli.absent import missing_extra
from upright.terms import UprightError

app = typer.Typer(
    name="upright",
    help="Generative AI answerable from its training data to the sentence a user reads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode=None,  # plain help: importing rich would double the time it takes
)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code.

    Exit codes: 0 pass, 1 a gate failed, 2 usage or configuration, 3 could not measure. A fault
    of upright's own is a 3 too: it must not read as a gate that failed.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=words, prog_name="upright")
    except UprightError as error:
        if "--debug" in words:
            raise
        _leave(error)
    except ModuleNotFoundError as error:
        told = missing_extra(error, words)
        if told is None or "--debug" in words:
            raise
        _leave(told)
    except BrokenPipeError:
        # The reader of our output has gone; what was asked for is done as far as it wanted.
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        if "--debug" in words:
            raise
        _leave(_UnforeseenError(error))


class _UnforeseenError(UprightError):
    """An error that nobody foresaw."""

    exit_code = 3

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"upright itself failed: {type(error).__name__}: {error}",
            mend="--debug shows where; please report it",
        )


def _leave(error: UprightError) -> NoReturn:
    sys.stderr.write(f"error: {error}\n")
    sys.exit(error.exit_code)


# Each module adds its commands to `app`; the order here is the order of `upright --help`.
from upright.cli import (  # noqa: E402, F401 (they need `app`, and are needed for it)
    answer,
    attribute,
    attribute_take_out,
    audit,
    audit_copying,
    audit_lending,
    audit_pronouns,
    audit_stereotypes,
    audit_table,
    audit_tone,
    certify,
    curate,
    generate,
    guard,
    init,
    keys,
    ledger,
    match,
    match_index,
    panel,
    policy,
    serve,
    train,
    train_classifier,
    train_label,
    uses,
    verify,
    watermark,
)
