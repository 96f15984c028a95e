"""Whose request it is."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from upright.serve.errors import ApiError, refused

_MOST_CACHED = 1024
_LONGEST_SECRET = 512


class Key(Protocol):
    """What the gateway needs to know of an API key."""

    @property
    def id(self) -> str:
        """Its public name."""
        ...

    @property
    def use_case(self) -> str:
        """The one use it opens."""
        ...


class KeyStore(Protocol):
    """Where keys are looked up; `upright.ledger` has it."""

    def find(self, secret: str) -> Key | None:
        """Return the key that a secret opens, unless it is unknown or revoked."""
        ...


class Doorkeeper:
    """Turns an `Authorization` header into a key.

    A found key is remembered for `seconds`, by the digest of its secret, so that a revoked key
    is refused on every replica after that time at most. Unknown secrets are not remembered.

    Args:
        store: where keys are looked up.
        seconds: how long a found key is remembered.
        clock: seconds that never go back.
    """

    def __init__(
        self, store: KeyStore, *, seconds: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._seconds = seconds
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Key]] = OrderedDict()

    async def key(self, authorization: str | None) -> Key:
        """Return the key of a request.

        Raises:
            ApiError: 401 if there is none, or none that is known.
        """
        secret = _secret(authorization)
        name = hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
        cached = self._known.get(name)
        if cached is not None and self._clock() < cached[0]:
            return cached[1]
        self._known.pop(name, None)
        key = await asyncio.to_thread(self._store.find, secret)
        if key is None:
            raise refused(401, "invalid_api_key", "the API key is unknown or revoked")
        self._known[name] = (self._clock() + self._seconds, key)
        while len(self._known) > _MOST_CACHED:
            self._known.popitem(last=False)
        return key


def _secret(authorization: str | None) -> str:
    scheme, _, secret = (authorization or "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret or len(secret) > _LONGEST_SECRET:
        raise _missing()
    return secret


def _missing() -> ApiError:
    return refused(
        401,
        "missing_api_key",
        "send `Authorization: Bearer <key>`; `upright keys create` makes one",
    )
