"""A gateway on a free port of this machine, in a thread of the test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

import httpx2
import openai
from tests.answer.fakes import InlinePool

from upright.ledger import Ledger
from upright.serve.app import build_app
from upright.serve.run import listening, run
from upright.serve.state import GatewayState, Settings
from upright.serve.uses import Uses

PATIENCE = 30.0


class Gateway:
    """A running gateway and ways to talk to it.

    Args:
        home: state folder.
        policies: texts of use-case files.
        engine: makes the engine of a policy.
        open_pool: makes the guard pool of a policy.
        settings: further settings.
    """

    def __init__(
        self,
        home: Path,
        *policies: str,
        engine: Callable,
        open_pool: Callable = InlinePool,
        **settings,
    ) -> None:
        self.home = home
        self._policies = policies
        self._engine = engine
        self._open_pool = open_pool
        self._settings = settings
        self._started = threading.Event()
        self.failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._started.wait(PATIENCE), "the gateway did not start"
        if self.failure is not None:
            raise self.failure
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the gateway did not end"

    def _run(self) -> None:
        try:
            with listening("127.0.0.1", 0) as sock:
                self.port = sock.getsockname()[1]
                self.state = self._open()
                self.secret = self.state.local_key.read_text().strip()
                run(
                    build_app(self.state),
                    sock,
                    ready=self._ready,
                )
        except BaseException as error:  # noqa: BLE001 (shown by the test that started it)
            self.failure = error
            self._started.set()

    def _ready(self, server) -> None:
        self.server = server
        self.loop = asyncio.get_running_loop()
        self._started.set()

    def _open(self) -> GatewayState:
        settings = Settings(self._policies, home=self.home, **self._settings)

        def uses(ledger, writer, *, workers):
            return Uses(
                ledger,
                writer,
                workers=workers,
                open_engine=lambda policy: self._engine,
                open_pool=self._open_pool,
            )

        return GatewayState.open(settings, uses=uses)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def sdk(self, secret: str | None = None, **options) -> openai.OpenAI:
        """The official client, unchanged."""
        return openai.OpenAI(
            base_url=f"{self.url}/v1", api_key=secret or self.secret, max_retries=0, **options
        )

    def async_sdk(self, secret: str | None = None) -> openai.AsyncOpenAI:
        """The official asynchronous client, unchanged."""
        return openai.AsyncOpenAI(
            base_url=f"{self.url}/v1", api_key=secret or self.secret, max_retries=0
        )

    def http(self, secret: str | None = "", **options) -> httpx2.Client:
        """A bare client; `secret=None` sends no key."""
        headers = {} if secret is None else {"authorization": f"Bearer {secret or self.secret}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=PATIENCE, **options)

    def post(self, body: object, path: str = "/v1/chat/completions", **options):
        """One bare request."""
        with self.http() as client:
            return client.post(path, json=body, **options)

    def kinds(self) -> list[str]:
        """Kinds of the ledger's events so far."""
        with Ledger.open(home=self.home) as ledger:
            return [entry.kind for entry in ledger.entries(limit=100_000)]

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""

        async def wait() -> None:
            while not condition():  # noqa: ASYNC110 (what is waited for happens in other threads)
                await asyncio.sleep(0.005)

        self.on_loop(asyncio.wait_for(wait(), PATIENCE))

    def on_loop(self, coroutine):
        """Run a coroutine on the gateway's own loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE)


def chat(text: str = "Hello.", **more) -> dict:
    """A body for `/v1/chat/completions`."""
    return {"model": "any", "messages": [{"role": "user", "content": text}], **more}
