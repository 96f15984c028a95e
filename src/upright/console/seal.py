"""Small values that travel through a browser and come back unaltered."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any


class Seal:
    """Signs values with HMAC-SHA256. They stay readable to whoever holds them.

    Args:
        secret: at least 32 random bytes.

    Raises:
        ValueError: for a shorter secret.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < hashlib.sha256().digest_size:
            raise ValueError("the console's secret needs 32 bytes")
        self._secret = secret

    def stamp(self, purpose: str, data: bytes) -> bytes:
        """Return the 32 bytes that vouch for `data` under one purpose and no other."""
        return hmac.digest(self._secret, purpose.encode() + b"\0" + data, "sha256")

    def close(self, purpose: str, value: Any) -> str:  # noqa: ANN401 (any JSON value)
        """Return a JSON value as a token that is fit for a cookie, a form field or an address."""
        data = json.dumps(value, separators=(",", ":")).encode()
        return f"{_encode(data)}.{_encode(self.stamp(purpose, data))}"

    def open(self, purpose: str, token: str) -> Any | None:  # noqa: ANN401 (any JSON value)
        """Return the value of a token, or None for one that was not closed here."""
        body, _, stamp = token.partition(".")
        try:
            data, given = _decode(body), _decode(stamp)
        except (ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(self.stamp(purpose, data), given):
            return None
        return json.loads(data)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    raw = text.encode("ascii")
    return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
