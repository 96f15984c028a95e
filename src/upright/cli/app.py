"""The command that every verb hangs itself on."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="upright",
    help="Generative AI answerable from its training data to the sentence a user reads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
    rich_markup_mode=None,  # plain help: importing rich would double the time it takes
)
