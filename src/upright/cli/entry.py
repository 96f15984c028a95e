"""The command line's frame: one module per verb, errors that end in an exit code.

Every module of a verb is imported here, so that `--help` knows it; it stays quick because they
import what is heavy inside their commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

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
    of upright's own is a 3 too: it must not read as a gate that failed. So is a gate whose output
    nobody read to its end: it must not read as one that was passed.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if sys.stdout is None:  # closed by whoever called
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (to the very end)
    try:
        app(args=words, prog_name="upright")
    except SystemExit as end:
        # Typer ends with 1 where the reader of our output has gone.
        if isinstance(end.__context__, BrokenPipeError):
            sys.exit(3 if "--gate" in words else 0)
        raise
    except Exception as error:
        told = _told(error, words)
        if told is None or "--debug" in words:
            raise
        sys.stderr.write(f"error: {told}\n")
        sys.exit(told.exit_code)


def _told(error: Exception, words: Sequence[str]) -> UprightError | None:
    """Return an error as it is told, None for a package that is missing and is none of ours."""
    match error:
        case UprightError():
            return error
        case ModuleNotFoundError():
            return missing_extra(error, words)
        case OSError():
            return _UnwrittenError(error)
    return _UnforeseenError(error)


class _UnwrittenError(UprightError):
    """A disk, a file or a descriptor gave way, where no command had a better word for it."""

    exit_code = 3

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"{error.filename or 'the output'}: {error.strerror or error}",
            mend="see that there is room and that it may be used, and run again",
        )


class _UnforeseenError(UprightError):
    """An error that nobody foresaw."""

    exit_code = 3

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"upright itself failed: {type(error).__name__}: {error}",
            mend="--debug shows where; please report it",
        )
