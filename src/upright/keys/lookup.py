"""Secrets that find a text again: one file an epoch, the newest in use.

Tags made with them tell whoever lacks them nothing. Deleting the file of an old epoch makes
every tag of that epoch useless for ever, wherever copies of them may lie.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from upright.keys.files import KeyFileError, make_private_folder, read_private, write_private

_NAME = re.compile(r"(\d+)\.key")
_SIZE = 32
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_DOMAIN = b"upright.lookup.v1\0"


class LookupKey:
    """The secret of one tenant in one epoch, for one purpose.

    Args:
        epoch: counts rotations.
        value: 32 bytes.
    """

    def __init__(self, epoch: int, value: bytes) -> None:
        self.epoch = epoch
        # HMAC with its two hashes of the key made once: half the time for the many short tags.
        padded = value.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def tag(self, data: bytes, size: int = 32) -> bytes:
        """Return the first bytes of HMAC-SHA256 (RFC 2104) over `data`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(data)
        outer.update(inner.digest())
        return outer.digest()[:size]


class LookupKeys:
    """The look-up secrets of one home, `<epoch>.key`, mode 0600.

    Replicas that share a database share this folder.

    Args:
        folder: made when the first secret is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[int, bytes] = {}

    def epochs(self) -> list[int]:
        """Return the epochs whose secret is here, the newest last."""
        if not self._folder.is_dir():
            return []
        matches = (_NAME.fullmatch(path.name) for path in self._folder.iterdir())
        return sorted(int(match[1]) for match in matches if match)

    def current(self) -> int:
        """Return the newest epoch, making the first if there is none.

        Raises:
            KeyFileError: if it cannot be made.
        """
        epochs = self.epochs()
        return epochs[-1] if epochs else self._make(1)

    def key(self, epoch: int, tenant: str, purpose: str) -> LookupKey:
        """Return the key of a tenant in an epoch; nobody gets from one to another's.

        Raises:
            KeyFileError: if the epoch's file is missing, open to others or damaged.
        """
        named = tenant.encode("utf-8", "surrogatepass")
        label = _DOMAIN + purpose.encode() + b"\0" + named
        secret = self._known.get(epoch) or self._read(epoch)
        return LookupKey(epoch, hmac.digest(secret, label, "sha256"))

    def rotate(self) -> int:
        """Begin a new epoch: older ones find, and only the new one stores."""
        return self._make(max(self.epochs(), default=0) + 1)

    def forget(self, epoch: int) -> None:
        """Delete the secret of an old epoch, and with it what its tags could find.

        Raises:
            KeyFileError: for the newest epoch, which is in use.
        """
        epochs = self.epochs()
        if epoch not in epochs[:-1]:
            raise KeyFileError(
                f"epoch {epoch} cannot be forgotten", mend=f"one of: {epochs[:-1]}; rotate first"
            )
        self._path(epoch).unlink()
        self._known.pop(epoch, None)

    def _make(self, epoch: int) -> int:
        make_private_folder(self._folder)
        # Where another process was first, its secret is taken.
        write_private(self._path(epoch), secrets.token_bytes(_SIZE).hex().encode() + b"\n")
        return epoch

    def _read(self, epoch: int) -> bytes:
        path = self._path(epoch)
        try:
            secret = bytes.fromhex(read_private(path).decode("ascii"))
        except ValueError:
            secret = b""
        if len(secret) != _SIZE:
            raise KeyFileError(
                f"{path}: does not hold a look-up secret ({2 * _SIZE} hex digits)",
                mend="bring the file back from a copy; without it old texts are not found",
            )
        self._known[epoch] = secret
        return secret

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{epoch}.key"
