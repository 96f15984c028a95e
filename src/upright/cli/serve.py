"""`upright serve`: the gateway and the console."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upright.cli.app import app
from upright.cli.options import Debug, Quiet

if TYPE_CHECKING:
    from socket import socket

    from upright.serve.state import GatewayState, Settings

_GUARD_WORKERS = 2


@app.command("serve")
def serve(  # noqa: PLR0917 (Typer names them as options)
    policy: Annotated[
        list[str],
        typer.Option(
            "--policy",
            "-p",
            metavar="FILE",
            help="Use-case file or preset; several for several uses.",
        ),
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8787,
    workers: Annotated[
        int, typer.Option(min=1, help="Guard processes for each use.")
    ] = _GUARD_WORKERS,
    replicas: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that share the address.")
    ] = 1,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Serve the guarded OpenAI-compatible gateway and the console."""
    del debug
    from upright.serve.replicas import Replicas
    from upright.serve.run import listening
    from upright.serve.state import Settings

    settings = Settings(tuple(_valid_text(name) for name in policy), workers=workers)
    with listening(host, port) as sock:
        if replicas == 1:
            _replica(sock, 0, settings, host, quiet)
        else:
            Replicas(_replica, sock, (settings, host, quiet), count=replicas).wait()


def _replica(
    sock: socket,
    number: int,
    settings: Settings,
    host: str,
    quiet: bool,  # noqa: FBT001 (see above)
) -> None:
    """Run one gateway process; the first one tells the address."""
    from upright.console import mount
    from upright.serve.app import build_app
    from upright.serve.logs import install
    from upright.serve.run import run
    from upright.serve.state import GatewayState

    state = GatewayState.open(settings)
    application = build_app(state)
    mount(application, state)
    install()
    bound = sock.getsockname()[1]

    def ready(_: object) -> None:
        if number == 0:
            _tell(state, host, bound, quiet=quiet)

    try:
        run(application, sock, ready=ready)
    except SystemExit:
        if state.failure is not None:
            raise state.failure from None
        raise


def _valid_text(name: str) -> str:
    """Return the text of a use-case file or preset that is known to be good."""
    from upright.policy.load import parse_policy, policy_text

    text, source = policy_text(name)
    parse_policy(text, source=source)
    return text


def _tell(state: GatewayState, host: str, port: int, *, quiet: bool) -> None:
    from upright.console import one_time_link

    name = f"[{host}]" if ":" in host else host
    base = f"http://{name}:{port}"
    typer.echo(f"upright answers on {base}/v1 for {', '.join(state.uses.names)}")
    if not quiet:
        typer.echo(f"  key      {_shown(state.local_key)}")
        typer.echo(f"  console  {one_time_link(state, base)}   (one use, one browser)")
        typer.echo("Ctrl-C ends it.")


def _shown(path: Path) -> str:
    """Return a path as people write it."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
