"""Running the application in this process."""

from __future__ import annotations

import contextlib
import gc
import socket
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import uvicorn

from upright.terms import ConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# In-flight answers get so long to end before they are cut off; the ledger is drained after it.
DRAIN_SECONDS = 30

_BACKLOG = 1024


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Hold a bound socket; replicas share it.

    Raises:
        ConfigError: if the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay off only where it is.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ConfigError(
                f"cannot listen on {host}:{port}: {reason}",
                mend="choose another --host or --port",
            ) from None
        sock.listen(_BACKLOG)
        sock.set_inheritable(True)
        yield sock


def run(app: ASGIApp, sock: socket.socket, *, ready: Callable[[uvicorn.Server], None]) -> None:
    """Serve until SIGINT or SIGTERM, then let what is under way end.

    Args:
        app: the application.
        sock: a bound socket.
        ready: called with the server once requests are taken.
    """
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=30,
    )
    with contextlib.suppress(KeyboardInterrupt):
        _Server(config, ready).run([sock])


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[uvicorn.Server], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as the parent does, then say so."""
        await super().startup(sockets)
        if self.started:
            # What is there now stays: walking it again and again would only stall requests.
            gc.collect()
            gc.freeze()
            self._ready(self)
