"""Sealing one record under a key of its own, so that losing that key erases the record."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from upright.keys.files import KeyFileError

_KEY_SIZE = 32
_NONCE_SIZE = 12


def seal(wrapping_key: bytes, data: bytes, *, bound_to: bytes) -> tuple[bytes, bytes]:
    """Encrypt `data` under a fresh key and wrap that key.

    AES-256-GCM seals the data; RFC 3394 key wrap, which has no nonce to repeat, seals the key.

    Args:
        wrapping_key: 32 bytes.
        data: anything.
        bound_to: what the record is (id, kind, …); opening needs the same bytes, so a record
            moved to another row does not open.

    Returns:
        The wrapped key (40 bytes) and the sealed data (nonce, ciphertext, tag).
    """
    key = secrets.token_bytes(_KEY_SIZE)
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return aes_key_wrap(wrapping_key, key), nonce + AESGCM(key).encrypt(nonce, data, bound_to)


def open_sealed(wrapping_key: bytes, wrapped: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    """Return what `seal` sealed.

    Raises:
        KeyFileError: if the key is another one, or any byte was changed.
    """
    try:
        key = aes_key_unwrap(wrapping_key, wrapped)
        return AESGCM(key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], bound_to)
    except (InvalidUnwrap, InvalidTag, ValueError):
        raise KeyFileError(
            "a vault record does not open: it was changed, or sealed under another vault key",
            mend="put back the vault.key that this database was written with",
        ) from None
