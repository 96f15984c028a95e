"""The command line's frame: one module per verb, errors that end in an exit code.

Every module of a verb is imported here, so that `--help` knows it; it stays quick because they
import what is heavy inside their commands.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from upright.cli import (  # noqa: F401 (a verb is there once its module is read; `app` keeps their order for `--help`)
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
from upright.cli.absent import missing_extra
from upright.cli.app import app
from upright.terms import UprightError


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
