"""`upright init`: write a use-case file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from upright.cli.app import app
from upright.cli.options import Debug, Json, Quiet, write_line
from upright.terms import ConfigError


@app.command("init")
def init(  # noqa: PLR0917 (Typer names them as options)
    preset: Annotated[
        str, typer.Option("--preset", help="Which use case to start from.", metavar="NAME")
    ] = "storytelling",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write it.", metavar="FILE")
    ] = Path("upright.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a use-case file to start from, and beside it the schema for editors."""
    from upright.policy import preset_text
    from upright.policy.schema import SCHEMA_FILE, schema_text

    del debug
    text = f"#:schema {SCHEMA_FILE}\n{preset_text(preset)}"
    _write(output, text, force=force)
    # The schema is upright's own: an older one is replaced, so that it fits this release.
    schema = output.with_name(SCHEMA_FILE)
    _write(schema, schema_text(), force=True)
    if as_json:
        write_line({"preset": preset, "file": str(output), "schema": str(schema)})
    elif not quiet:
        typer.echo(f"wrote {output} (preset {preset}) and {SCHEMA_FILE} beside it")
        typer.echo(f"next: edit it, then run  upright policy lint {output}")


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(
            f"{path}: is there already", mend="--force overwrites it, --output writes elsewhere"
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", mend="--output gives another place"
        ) from None
