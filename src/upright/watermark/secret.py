"""From a master key to the keys of one tenant in one epoch."""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from upright.terms import ConfigError

KEY_BYTES = 32
SUBKEYS = 16
"""Each response draws one of so many sub-keys, since one key repeats its half in each context."""

_DOMAIN = b"upright watermark 1\x00"


@dataclass(frozen=True, slots=True)
class EpochKey:
    """The secrets of one tenant in one epoch.

    Attributes:
        tenant: whose answers are marked.
        epoch: counts rotations; an older epoch detects and never generates.
        context: 32 bytes; turns contexts into nonces.
        subkeys: AES-256 keys, one of which each response draws.
    """

    tenant: str
    epoch: int
    context: bytes = field(repr=False)
    subkeys: tuple[bytes, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """What a result calls the key; says nothing about it."""
        return f"{self.tenant}/{self.epoch}"


def epoch_key(master: bytes, tenant: str = "", epoch: int = 0) -> EpochKey:
    """Derive the keys of a tenant's epoch; nobody gets from one tenant's or epoch's to another's.

    Args:
        master: 32 secret bytes.
        tenant: any text.
        epoch: 0 to 2³² - 1.

    Raises:
        ConfigError: for a master key of another length.
    """
    if len(master) != KEY_BYTES:
        raise ConfigError(
            f"a watermark key has {KEY_BYTES} bytes, and this one {len(master)}",
            mend="python -c 'import secrets; print(secrets.token_hex(32))' > watermark.key",
        )
    named = tenant.encode()
    label = struct.pack("<QI", len(named), epoch) + named
    own = _derived(master, b"epoch", label)
    return EpochKey(
        tenant=tenant,
        epoch=epoch,
        context=_derived(own, b"context"),
        subkeys=tuple(_derived(own, b"sub-key", bytes([index])) for index in range(SUBKEYS)),
    )


def read_key(data: bytes) -> bytes:
    """Return the master key that the content of a key file holds: 32 bytes, raw or in hex.

    Raises:
        ConfigError: for anything else; the content is not repeated.
    """
    if len(data) == KEY_BYTES:
        return data
    try:
        key = bytes.fromhex(data.decode("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(
            f"not a watermark key: {len(data)} bytes that are neither {KEY_BYTES} raw ones "
            f"nor {2 * KEY_BYTES} hexadecimal digits",
            mend="python -c 'import secrets; print(secrets.token_hex(32))' > watermark.key",
        )
    return key


def _derived(key: bytes, purpose: bytes, label: bytes = b"") -> bytes:
    return hmac.new(key, _DOMAIN + purpose + b"\x00" + label, hashlib.sha256).digest()
