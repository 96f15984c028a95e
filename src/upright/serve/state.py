"""What a running gateway holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from upright.ledger import Ledger, LedgerWriter
from upright.policy import parse_policy
from upright.serve.auth import Doorkeeper, Key
from upright.serve.errors import refused
from upright.serve.limits import Gate, RateLimit
from upright.serve.metrics import Metrics
from upright.serve.uses import Uses
from upright.terms import UprightError

if TYPE_CHECKING:
    from upright.answer import Answerer
    from upright.generate.types import Engine
    from upright.policy import Policy


@dataclass(frozen=True, slots=True)
class Settings:
    """How a gateway runs; what it may answer is the policies' business.

    Attributes:
        policies: texts of use-case files; the first is the one for local use.
        home: state folder; None is `upright.terms.home()`.
        database: URL of the ledger's database; None is the default of `Ledger.open`.
        workers: guard processes for each use.
        active: requests at work at once, over all keys.
        waiting: requests that may wait for a place.
        patience: seconds a request waits for one.
        published_by: who published the policies, for the ledger.
    """

    policies: tuple[str, ...]
    home: Path | None = None
    database: str | None = None
    workers: int = 2
    active: int = 128
    waiting: int = 256
    patience: float = 10.0
    published_by: str = "upright serve"


class GatewayState:
    """Everything that lives as long as the gateway.

    Attributes:
        ledger: the ledger.
        writer: commits its events.
        uses: the policies at work.
        metrics: counters for Prometheus.
        doorkeeper: knows keys.
        rates: how often each key may ask.
        gate: how much may be under way.
        local_key: path of the key for local use.
        draining: no new requests are taken.
        failure: why the gateway could not start, or None.
    """

    def __init__(
        self, settings: Settings, ledger: Ledger, *, uses: Callable[..., Uses] = Uses
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.writer = LedgerWriter(ledger)
        self.uses = uses(ledger, self.writer, workers=settings.workers)
        self.metrics = Metrics()
        self.doorkeeper = Doorkeeper(ledger.api_keys)
        self.rates = RateLimit()
        self.gate = Gate(
            active=settings.active, waiting=settings.waiting, patience=settings.patience
        )
        self.draining = False
        self.failure: UprightError | None = None
        names = [parse_policy(text).use_case.name for text in settings.policies]
        self.local_key, _ = ledger.api_keys.ensure_local(names[0])
        self._names = names

    @classmethod
    def open(cls, settings: Settings, *, uses: Callable[..., Uses] = Uses) -> GatewayState:
        """Open the ledger, publish the policies and write the local key.

        Args:
            settings: how the gateway runs.
            uses: another way to load the uses, for tests.

        Raises:
            UprightError: if the ledger, the home or a policy is not fit for it.
        """
        ledger = Ledger.open(settings.database, home=settings.home)
        try:
            for text in settings.policies:
                ledger.uses.publish(text, by=settings.published_by)
            return cls(settings, ledger, uses=uses)
        except BaseException:
            ledger.close()
            raise

    async def start(self) -> None:
        """Start engines and guards.

        Raises:
            UprightError: if one cannot be; it is kept as `failure`, since the server that calls
                this tells nobody why.
        """
        try:
            for name in self._names:
                await self.uses.load(name)
        except UprightError as error:
            self.failure = error
            raise

    async def close(self) -> None:
        """End everything, the ledger last: what was answered is recorded before."""
        self.draining = True
        await self.uses.close()
        await asyncio.to_thread(self.writer.close, drain=True)
        self.ledger.close()

    @property
    def answerer(self) -> Answerer:
        """The answerer of the first use."""
        return self.uses.answerer(self._names[0])

    @property
    def policy(self) -> Policy:
        """The active policy of the first use."""
        return self.answerer.policy

    @property
    def engine(self) -> Engine:
        """The engine of the first use."""
        return self.answerer.engine

    async def key(self, authorization: str | None) -> Key:
        """Return the key of a request, if it may ask now.

        Raises:
            ApiError: 401 for no good key, 403 for another use's, 429 over its rate, 503 while
                the gateway ends.
        """
        if self.draining:
            raise refused(503, "shutting_down", "this replica is ending", retry_after=1)
        key = await self.doorkeeper.key(authorization)
        limits = self.uses.answerer(key.use_case).policy.limits
        wait = self.rates.take(key.id, per_minute=limits.requests_per_minute)
        if wait:
            raise refused(
                429,
                "rate_limited",
                f"this key may ask {limits.requests_per_minute} times a minute",
                retry_after=wait,
            )
        return key

    @property
    def is_public(self) -> bool:
        """Whether anybody without a key may ask about some use."""
        loaded = (self.uses.answerer(name).policy for name in self.uses.names)
        return any(policy.limits.public_verifications_per_minute for policy in loaded)

    async def anybody(self, use_case: str) -> str:
        """Let somebody without a key ask about a use, if the use lets anybody, and not too often.

        Raises:
            ApiError: 401 where a key is wanted, 429 over what all such callers share, 503 while
                the gateway ends.
        """
        limits = None
        if use_case in self.uses.names:
            limits = self.uses.answerer(use_case).policy.limits
        if self.draining or limits is None or not limits.public_verifications_per_minute:
            await self.key(None)  # says the same of a use that is private and of one that is not
        else:
            often = limits.public_verifications_per_minute
            wait = self.rates.take(f"anybody {use_case}", per_minute=often)
            if wait:
                raise refused(
                    429, "rate_limited", "anybody may ask, but not as often", retry_after=wait
                )
        return use_case
