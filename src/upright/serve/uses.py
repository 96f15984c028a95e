"""The uses this gateway answers for, each under the version of its policy that is active now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.answer import Answerer
from upright.guard import GuardPool
from upright.policy import Policy, parse_policy
from upright.serve.errors import refused
from upright.serve.logs import log, log_failure

if TYPE_CHECKING:
    from upright.generate.types import Engine
    from upright.ledger import Ledger, LedgerWriter


@dataclass(slots=True)
class _Running:
    """One version at work."""

    version: int
    answerer: Answerer
    leases: int = 0
    retired: bool = False
    ends_engine: bool = True


class Uses:
    """Loads policies and hands out answerers.

    A version that is no longer active finishes the requests it has and then ends its workers.
    An engine is kept over versions as long as the policy's engine section stays the same.

    Args:
        ledger: has the active versions.
        writer: commits events.
        workers: guard processes for each use.
        open_engine: another way to open engines, for tests.
        open_pool: another way to open guard pools, for tests.
    """

    def __init__(
        self,
        ledger: Ledger,
        writer: LedgerWriter,
        *,
        workers: int,
        open_engine: Callable[[Policy], Engine] | None = None,
        open_pool: Callable[[Policy, int], GuardPool] = GuardPool,
    ) -> None:
        self._ledger = ledger
        self._writer = writer
        self._workers = workers
        self._open_engine = open_engine or _open_engine
        self._open_pool = open_pool
        self._running: dict[str, _Running] = {}
        self._loading: dict[str, asyncio.Lock] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def names(self) -> list[str]:
        """The uses that are loaded, the first one first."""
        return list(self._running)

    def answerer(self, name: str) -> Answerer:
        """Return the answerer of a loaded use; for longer work take a `lease`.

        Raises:
            ApiError: 403 if this gateway does not answer for that use.
        """
        return self._of(name).answerer

    async def load(self, name: str) -> None:
        """Bring a use to its active version; does nothing if it is there already."""
        async with self._loading.setdefault(name, asyncio.Lock()):
            active = await asyncio.to_thread(self._ledger.uses.active, name)
            if active is None:
                raise refused(503, "no_policy", "this use has no published policy")
            version, text = active
            before = self._running.get(name)
            if before is not None and before.version == version:
                return
            policy = parse_policy(text, source=f"{name} version {version}")
            answerer = await self._build(policy, before)
            self._running[name] = _Running(version, answerer)
            log("policy_active", use_case=name, version=version)
            if before is not None:
                self._retire(before, keep=answerer.engine)

    async def _build(self, policy: Policy, before: _Running | None) -> Answerer:
        same = before is not None and before.answerer.policy.engine == policy.engine
        pool = await asyncio.to_thread(self._open_pool, policy, self._workers)
        try:
            engine = (
                before.answerer.engine
                if before is not None and same
                else await asyncio.to_thread(self._open_engine, policy)
            )
        except BaseException:
            await asyncio.to_thread(pool.close)
            raise
        return Answerer(policy, engine=engine, pool=pool, ledger=self._ledger, writer=self._writer)

    @asynccontextmanager
    async def lease(self, name: str) -> AsyncIterator[Answerer]:
        """Hold the answerer of a use for one request.

        Raises:
            ApiError: 403 if this gateway does not answer for that use.
        """
        running = self._of(name)
        running.leases += 1
        try:
            yield running.answerer
        finally:
            running.leases -= 1
            if running.retired and not running.leases:
                self._end(running)

    async def close(self) -> None:
        """End all workers and engines; requests must have ended."""
        for running in self._running.values():
            self._retire(running, keep=None)
        self._running.clear()
        await asyncio.gather(*self._ending)

    def _of(self, name: str) -> _Running:
        running = self._running.get(name)
        if running is None:
            raise refused(403, "wrong_use", "this key belongs to a use that is not served here")
        return running

    def _retire(self, running: _Running, *, keep: Engine | None) -> None:
        running.retired = True
        running.ends_engine = running.answerer.engine is not keep
        if not running.leases:
            self._end(running)

    def _end(self, running: _Running) -> None:
        task = asyncio.get_running_loop().create_task(_closed(running))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


def _open_engine(policy: Policy) -> Engine:
    from upright.generate import open_engine  # noqa: PLC0415 (loads the engine's packages)

    return open_engine(policy)


async def _closed(running: _Running) -> None:
    try:
        await running.answerer.aclose()
        if running.ends_engine:
            await running.answerer.engine.aclose()
    except Exception as error:  # noqa: BLE001 (a version that is gone must not end the gateway)
        log_failure("close_failed", error)
