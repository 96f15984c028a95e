"""Ed25519 signing keys in a folder: one signs, all earlier ones still verify."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from upright.keys.files import KeyFileError, make_private_folder, read_private, write_private

_PUBLIC_NAME = re.compile(r"(\d+)\.pub\.pem")
_PRIVATE_NAME = re.compile(r"(\d+)\.pem")


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature and the id of the key that made it."""

    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """Public keys that signatures are checked against.

    Attributes:
        keys: public keys by id.
        own: ids of those that this home made, in any epoch; the others are replicas'.
    """

    keys: Mapping[str, Ed25519PublicKey]
    own: frozenset[str]

    def verify(self, signature: Signature, message: bytes) -> bool:
        """Say whether the named key is trusted and made the signature."""
        public = self.keys.get(signature.key)
        if public is None:
            return False
        try:
            public.verify(signature.value, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key in memory.

    Attributes:
        key: its id.
        private: the key itself.
    """

    key: str
    private: Ed25519PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of 64 bytes."""
        return self.private.sign(message)


class SigningKeys:
    """The signing keys of one home.

    `<epoch>.pem` is the private key of the current epoch, mode 0600; `<epoch>.pub.pem` are the
    public keys of all epochs; `trusted/*.pem` are public keys of other homes that write to the
    same database. Rotation deletes the old private key: what is gone can sign nothing, also
    not for a thief who comes later.

    Args:
        folder: made when the first key is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: tuple[int, Signer] | None = None

    def sign(self, message: bytes) -> Signature:
        """Sign with the current epoch's key; the first call makes it.

        Raises:
            KeyFileError: if the key file is open to others or is no Ed25519 key.
        """
        signer = self._load_current()
        return Signature(signer.key, signer.sign(message))

    def signer(self) -> Signer:
        """Return the current epoch's key for many signatures; the first call makes it.

        It is kept until the folder changes: after a rotation the next call has the new one.

        Raises:
            KeyFileError: if the key file is open to others or is no Ed25519 key.
        """
        changed = self._changed()
        if self._kept is None or self._kept[0] != changed:
            signer = self._load_current()
            self._kept = (self._changed(), signer)
        return self._kept[1]

    def trusted(self) -> TrustedKeys:
        """Return the public keys as they are in the folder now.

        Raises:
            KeyFileError: for a file that is no Ed25519 public key.
        """
        own = [_load_public(self._public_path(epoch)) for epoch in self._epochs(_PUBLIC_NAME)]
        others = [_load_public(path) for path in sorted((self.folder / "trusted").glob("*.pem"))]
        return TrustedKeys(
            keys={_key_id(key): key for key in [*own, *others]},
            own=frozenset(_key_id(key) for key in own),
        )

    def rotate(self) -> str:
        """Begin a new epoch: a new key signs from now on; the old private key is deleted.

        Returns:
            The new key's id.
        """
        new = self._make(self._next_epoch())
        for epoch in self._epochs(_PRIVATE_NAME):
            if epoch < new:
                self._private_path(epoch).unlink(missing_ok=True)
        return _key_id(self._private(new).public_key())

    def _load_current(self) -> Signer:
        epoch = self._current_epoch() or self._make(self._next_epoch())
        private = self._private(epoch)
        return Signer(_key_id(private.public_key()), private)

    def _changed(self) -> int:
        """Return when a file of the folder was made or deleted, in nanoseconds."""
        try:
            return self.folder.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _current_epoch(self) -> int | None:
        return max(self._epochs(_PRIVATE_NAME), default=None)

    def _next_epoch(self) -> int:
        known = [*self._epochs(_PUBLIC_NAME), *self._epochs(_PRIVATE_NAME)]
        return max(known, default=0) + 1

    def _epochs(self, name: re.Pattern[str]) -> list[int]:
        if not self.folder.is_dir():
            return []
        matches = (name.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(int(match[1]) for match in matches if match)

    def _make(self, epoch: int) -> int:
        make_private_folder(self.folder)
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # Where another process was first its key is taken; `_private` writes the public half.
        write_private(self._private_path(epoch), pem)
        self._private(epoch)
        return epoch

    def _private(self, epoch: int) -> Ed25519PrivateKey:
        path = self._private_path(epoch)
        try:
            key = load_pem_private_key(read_private(path), password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(
                f"{path}: not an unencrypted Ed25519 private key in PEM",
                mend="bring the file back from a copy, or delete it to begin with a new key",
            )
        self._match_public(epoch, key.public_key())
        return key

    def _match_public(self, epoch: int, public: Ed25519PublicKey) -> None:
        """Write the public half beside the private one, or make sure that they agree."""
        path = self._public_path(epoch)
        if not path.exists():
            write_private(
                path, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            )
        if _key_id(_load_public(path)) != _key_id(public):
            raise KeyFileError(
                f"{path}: is not the public half of {self._private_path(epoch).name}",
                mend="bring both files back from one copy",
            )

    def _private_path(self, epoch: int) -> Path:
        return self.folder / f"{epoch}.pem"

    def _public_path(self, epoch: int) -> Path:
        return self.folder / f"{epoch}.pub.pem"


def _load_public(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileError(
            f"{path}: not an Ed25519 public key in PEM", mend="bring the file back from a copy"
        )
    return key


def _key_id(public: Ed25519PublicKey) -> str:
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(b"upright.signing-key.v1\0" + raw).hexdigest()[:32]
