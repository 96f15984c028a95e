"""`upright policy publish | history | activate | rollback | stop | resume`: policies in force."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from upright.cli.ledger import open_ledger, plain, print_columns
from upright.cli.options import LARGEST, Debug, Json, write_line
from upright.cli.policy import policy_app
from upright.terms import ConfigError

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the use case.")]
By = Annotated[
    str, typer.Option("--by", help="Who does it; recorded.", show_default="the user logged in")
]


def me() -> str:
    """Return who runs this, as the system names them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


@policy_app.command("publish")
def publish(
    source: Annotated[str, typer.Argument(metavar="FILE", help="Use-case file, or a preset.")],
    by: By = "",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Publish a use-case file and put it in force on every replica."""
    from upright.policy import parse_policy, policy_text

    del debug
    text, name = policy_text(source)
    use_case = parse_policy(text, source=name).use_case.name
    with open_ledger(create=True) as ledger:
        version = ledger.uses.publish(text, by=by or me())
        active = ledger.uses.state(use_case).version
    if as_json:
        write_line({"use_case": use_case, "version": version, "active": active})
    elif active == version:
        typer.echo(f"{use_case}: version {version} is in force")
    else:
        typer.echo(
            f"{use_case}: this text is version {version} already; version {active} stays in "
            f"force (upright policy activate {use_case} {version})"
        )


@policy_app.command("history")
def history(name: Name, as_json: Json = False, debug: Debug = False) -> None:
    """List the published versions of a use case."""
    del debug
    with open_ledger() as ledger:
        versions = ledger.uses.history(name)
        state = ledger.uses.state(name)
    if not versions:
        raise ConfigError(
            f"no use case is called {name!r} in this ledger", mend="upright policy publish FILE"
        )
    if as_json:
        for version in versions:
            write_line(
                {
                    "version": version.version,
                    "policy_digest": version.digest,
                    "time": version.time,
                    "by": version.by,
                    "active": version.active,
                    "stopped": version.active and state.stopped,
                }
            )
        return
    rows = [
        (
            str(version.version),
            version.time[:19],
            plain(version.by),
            "in force" if version.active else "",
            version.digest,
        )
        for version in versions
    ]
    print_columns([("version", "published", "by", "", "digest"), *rows])
    if state.stopped:
        typer.echo(f"{name} is stopped: {plain(state.reason)}")


@policy_app.command("activate")
def activate(
    name: Name,
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1, max=LARGEST)],
    by: By = "",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Put a published version in force."""
    del debug
    with open_ledger() as ledger:
        ledger.uses.activate(name, version, by=by or me())
    _tell_version(name, version, as_json=as_json)


@policy_app.command("rollback")
def rollback(name: Name, by: By = "", as_json: Json = False, debug: Debug = False) -> None:
    """Put the version before the active one in force."""
    del debug
    with open_ledger() as ledger:
        version = ledger.uses.rollback(name, by=by or me())
    _tell_version(name, version, as_json=as_json)


@policy_app.command("stop")
def stop(
    name: Name,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; recorded and shown.")],
    by: By = "",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Stop a use case at once, on every replica."""
    del debug
    with open_ledger() as ledger:
        ledger.uses.stop(name, reason, by=by or me())
    _tell_stopped(name, stopped=True, as_json=as_json)


@policy_app.command("resume")
def resume(name: Name, by: By = "", as_json: Json = False, debug: Debug = False) -> None:
    """Let a stopped use case run again."""
    del debug
    with open_ledger() as ledger:
        ledger.uses.resume(name, by=by or me())
    _tell_stopped(name, stopped=False, as_json=as_json)


def _tell_version(name: str, version: int, *, as_json: bool) -> None:
    if as_json:
        write_line({"use_case": name, "active": version})
    else:
        typer.echo(f"{name}: version {version} is in force")


def _tell_stopped(name: str, *, stopped: bool, as_json: bool) -> None:
    if as_json:
        write_line({"use_case": name, "stopped": stopped})
    else:
        typer.echo(f"{name} is stopped" if stopped else f"{name} runs again")
