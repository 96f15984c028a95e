"""`upright init`: write a use-case file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from upright.cli.app import app
from upright.cli.options import Debug, Quiet
from upright.terms import ConfigError


@app.command("init")
def init(
    preset: Annotated[
        str, typer.Option("--preset", help="Which use case to start from.", metavar="NAME")
    ] = "storytelling",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write it.", metavar="FILE")
    ] = Path("upright.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write a commented use-case file and, beside it, the schema that editors complete from."""
    from upright.policy import preset_text
    from upright.policy.schema import SCHEMA_FILE, schema_text

    del debug
    text = f"#:schema {SCHEMA_FILE}\n{preset_text(preset)}"
    _write(output, text, force=force)
    # The schema is upright's own: an older one is replaced, so that it fits this release.
    _write(output.with_name(SCHEMA_FILE), schema_text(), force=True)
    if not quiet:
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
