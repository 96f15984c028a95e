"""A certificate's many salts, made from its secret."""

from __future__ import annotations

import hashlib

from upright.certify.offline import SALT_BYTES

_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class Salts:
    """The salts of one certificate, as `upright.certify.offline.salt_of` makes them.

    Args:
        secret: of the certificate, at most 64 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        # HMAC (RFC 2104) with its two hashes of the key made once for all salts.
        padded = secret.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def of(self, purpose: str, number: int = 0) -> bytes:
        """Return the salt of a purpose: `field`, `chunk` or `text`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"upright.salt.v1 {purpose} {number}".encode())
        outer.update(inner.digest())
        return outer.digest()[:SALT_BYTES]
