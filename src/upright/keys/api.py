"""API keys: a secret shown once, an id for people, and the hash that is kept."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_PREFIX = "upr_"
_ID_LENGTH = len(_PREFIX) + 8
_SHAPE = re.compile(r"upr_[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MintedKey:
    """A new API key.

    Attributes:
        id: the start of the secret (`upr_` and 8 characters): names the key in lists and logs,
            and leaves 208 unknown bits.
        secret: what the client sends; shown once, never stored, not in the repr.
        digest: what is stored.
    """

    id: str
    secret: str = field(repr=False)
    digest: str


def mint_api_key() -> MintedKey:
    """Return a new key with 256 random bits."""
    secret = _PREFIX + secrets.token_urlsafe(32)
    return MintedKey(id=secret[:_ID_LENGTH], secret=secret, digest=api_key_digest(secret))


def api_key_id(secret: str) -> str | None:
    """Return the id of a secret, or None for a text that cannot be one of our secrets."""
    return secret[:_ID_LENGTH] if _SHAPE.fullmatch(secret) else None


def api_key_digest(secret: str) -> str:
    """Return `sha256:<hex>` of a secret.

    One round of SHA-256 is enough: slow, salted hashes protect passwords that people choose
    and others guess; 256 random bits cannot be guessed, whatever the speed.
    """
    return "sha256:" + hashlib.sha256(b"upright.api-key.v1\0" + secret.encode()).hexdigest()
