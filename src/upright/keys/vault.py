"""The key that wraps every record key of the vault."""

from __future__ import annotations

import secrets
from pathlib import Path

from upright.keys.files import KeyFileError, make_private_folder, read_private, write_private

_SIZE = 32


def load_vault_key(path: Path) -> bytes:
    """Return the 32 bytes of the vault's key file, making the file where there is none.

    Replicas that share a database share this file: a record sealed by one is opened by all.

    Raises:
        KeyFileError: if the file is open to others or does not hold 32 bytes in hex.
    """
    if not path.exists():
        make_private_folder(path.parent)
        write_private(path, secrets.token_bytes(_SIZE).hex().encode() + b"\n")
    try:
        key = bytes.fromhex(read_private(path).decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != _SIZE:
        raise KeyFileError(
            f"{path}: does not hold a vault key ({_SIZE} bytes as {2 * _SIZE} hex digits)",
            mend="bring the file back from a copy; what it sealed cannot be read without it",
        )
    return key
