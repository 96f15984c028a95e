"""`upright keys`: who may call the service, and the key that signs the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.app import app
from upright.cli.ledger import open_ledger, plain, print_columns
from upright.cli.options import Debug, Json, write_line
from upright.terms import ConfigError

if TYPE_CHECKING:
    from upright.ledger import ApiKey

keys_app = typer.Typer(
    name="keys",
    help="Make, list and revoke the keys that callers use.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(keys_app)


@keys_app.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")],
    use_case: Annotated[str, typer.Option("--use-case", "-u", help="The use case it opens.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a key and print its secret, once."""
    del debug
    if not name.strip() or not use_case.strip():
        raise ConfigError("a key needs a name and a use case", mend="keys create NAME -u USE_CASE")
    with open_ledger(create=True) as ledger:
        key, secret = ledger.api_keys.create(name, use_case)
        published = use_case in ledger.uses.names()
    if as_json:
        write_line({**_shape(key), "secret": secret})
        return
    typer.echo(f"key {key.id} opens {use_case!r}; its secret is not shown again:", err=True)
    typer.echo(secret)
    if not published:
        typer.echo(f"note: no policy called {use_case!r} is published here yet", err=True)


@keys_app.command("list")
def list_keys(as_json: Json = False, debug: Debug = False) -> None:
    """List all keys, revoked ones too."""
    del debug
    with open_ledger() as ledger:
        keys = ledger.api_keys.list()
    if as_json:
        for key in keys:
            write_line(_shape(key))
        return
    rows = [
        (key.id, plain(key.name), plain(key.use_case), key.created[:19], key.revoked[:19] or "-")
        for key in keys
    ]
    print_columns([("key", "name", "use case", "created", "revoked"), *rows])


@keys_app.command("revoke")
def revoke(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its id: `upr_` and 8 characters.")],
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a key useless, from the next request on."""
    del debug
    with open_ledger() as ledger:
        revoked = ledger.api_keys.revoke(key)
    if as_json:
        write_line(_shape(revoked))
    else:
        typer.echo(f"key {revoked.id} ({plain(revoked.name)}) is revoked since {revoked.revoked}")


@keys_app.command("rotate")
def rotate(as_json: Json = False, debug: Debug = False) -> None:
    """Sign the ledger a last time with the current signing key, and begin a new one.

    The old key still verifies what it signed. Its private half is deleted.
    """
    del debug
    with open_ledger() as ledger:
        key = ledger.rotate_signing_key()
    if as_json:
        write_line({"key": key})
    else:
        typer.echo(f"the ledger is signed by the new key {key} from now on")


def _shape(key: ApiKey) -> dict[str, str | None]:
    return {
        "id": key.id,
        "name": key.name,
        "use_case": key.use_case,
        "created": key.created,
        "revoked": key.revoked or None,
    }
