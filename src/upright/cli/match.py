"""`upright match`: compare texts and code, and keep and ask an index of works."""

from __future__ import annotations

import typer

from upright.cli.app import app

match_app = typer.Typer(
    name="match",
    help="Compare texts and code; keep and ask an index of protected works.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(match_app)
