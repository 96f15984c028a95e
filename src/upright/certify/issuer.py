"""Signing: certificates, heads of the log with their proofs, lists of revocations."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from upright.certify import offline
from upright.certify.offline import ALG, CWT, EDDSA, KID, TYP, VDP, VDS, encode
from upright.keys import SigningKeys
from upright.ledger import Proof, Revocation, TreeHead

_RFC9162_SHA256 = 1
_INCLUSION, _CONSISTENCY = -1, -2
_ISSUED_AT = 6
_HEADS_KEPT = 64


class Issuer:
    """Signs for one home.

    Attributes:
        name: what the certificates call it.

    Args:
        name: see above.
        home: its keys are in `issuer/`, apart from those that sign the ledger.
    """

    def __init__(self, name: str, home: Path) -> None:
        self.name = name
        self._keys = SigningKeys(home / "issuer")
        self._gate = threading.Lock()
        self._heads: OrderedDict[tuple[str, TreeHead], tuple[bytes, bytes]] = OrderedDict()

    def key(self) -> bytes:
        """Return the id of the key that signs now, 16 bytes."""
        return bytes.fromhex(self._keys.signer().key)

    def certificate(self, hashes: Sequence[bytes]) -> tuple[bytes, bytes, bytes]:
        """Sign the commitment to a certificate's fields.

        Returns:
            Protected header, payload and signature.
        """
        payload = encode({1: 1, 2: offline.commit("fields", hashes)})
        protected, signature = self._sign({TYP: offline.CERTIFICATE}, payload)
        return protected, payload, signature

    def head(self, head: TreeHead) -> bytes:
        """Return a signed tree head that holds its root."""
        protected, signature = self._sign_head(head)
        return sign1(protected, {}, head.root, signature)

    def receipt(self, proof: Proof) -> bytes:
        """Return a COSE receipt (RFC 9942) that a leaf is in the log."""
        protected, signature = self._sign_head(proof.head)
        path = encode([proof.head.size, proof.start, proof.path])
        return sign1(protected, {VDP: {_INCLUSION: [path]}}, None, signature)

    def growth(self, proof: Proof) -> bytes:
        """Return a signed tree head with the proof that it contains an older one."""
        protected, signature = self._sign_head(proof.head)
        path = encode([proof.start, proof.head.size, proof.path])
        return sign1(protected, {VDP: {_CONSISTENCY: [path]}}, proof.head.root, signature)

    def revoked(self, revocations: Sequence[Revocation]) -> bytes:
        """Return the signed list of what was revoked until now."""
        listed = {one.certificate: f"{one.time} {one.reason}" for one in revocations}
        payload = encode({"time": int(time.time()), "revoked": listed})
        protected, signature = self._sign({TYP: offline.REVOKED}, payload)
        return sign1(protected, {}, payload, signature)

    def sign_text(self, message: bytes) -> tuple[str, bytes]:
        """Sign the bytes of a JSON Web Signature; return the key's id and the signature."""
        signer = self._keys.signer()
        return signer.key, signer.sign(message)

    def trusted(self) -> offline.Keys:
        """Return the public keys of all epochs, and those of replicas, by id."""
        keys = self._keys.trusted().keys
        return {bytes.fromhex(name): key for name, key in keys.items()}

    def public_pem(self) -> bytes:
        """Return those keys as others need them, PEM blocks; makes the first key if need be."""
        self._keys.signer()
        return self.trusted_pem()

    def trusted_pem(self) -> bytes:
        """Return the keys that there are as PEM blocks, one after the other."""
        form = PublicFormat.SubjectPublicKeyInfo
        return b"".join(key.public_bytes(Encoding.PEM, form) for key in self.trusted().values())

    def rotate(self) -> str:
        """Begin a new epoch; the old private key is deleted, and its signatures stay good."""
        return self._keys.rotate()

    def _sign_head(self, head: TreeHead) -> tuple[bytes, bytes]:
        """Sign a head once: all certificates of one commit share it."""
        name = (self._keys.signer().key, head)
        with self._gate:
            known = self._heads.get(name)
            if known is None:
                header: dict[Any, Any] = {CWT: {_ISSUED_AT: int(time.time())}, "size": head.size}
                header |= {VDS: _RFC9162_SHA256, TYP: offline.HEAD}
                known = self._heads[name] = self._sign(header, head.root)
                if len(self._heads) > _HEADS_KEPT:
                    self._heads.popitem(last=False)
        return known

    def _sign(self, header: Mapping[Any, Any], payload: bytes) -> tuple[bytes, bytes]:
        signer = self._keys.signer()
        protected = encode({ALG: EDDSA, KID: bytes.fromhex(signer.key), **header})
        return protected, signer.sign(offline.signing_input(protected, payload))


def sign1(
    protected: bytes, unprotected: Mapping[Any, Any], payload: bytes | None, signature: bytes
) -> bytes:
    """Put a COSE_Sign1 together, RFC 9052 §4.2."""
    return b"\xd2" + encode([protected, unprotected, payload, signature])
