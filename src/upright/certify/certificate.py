"""A certificate in hand: what it says, and how parts of it are shown to others."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from upright.certify import offline
from upright.certify.errors import CertificateError
from upright.certify.issuer import sign1
from upright.certify.offline import FIELDS, RECEIPTS, Opened, salt_of


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that discloses everything, with its receipt.

    Attributes:
        id: its name, which follows from its content.
        data: COSE_Sign1, as files and answers hold it.
    """

    id: str
    data: bytes

    @property
    def text(self) -> str:
        """The data in base64url without padding, as JSON holds it."""
        return base64url(self.data)

    def to_json(self) -> dict[str, str]:
        """Return the public shape."""
        return {"id": self.id, "cose": self.text}


def certificate_id(leaf: bytes) -> str:
    """Return the name of the certificate with this leaf in the log."""
    return "crt_" + leaf.hex()[:32]


def base64url(data: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_base64(text: str) -> bytes:
    """Return the bytes of base64 or base64url, with padding or without.

    Raises:
        CertificateError: for anything else.
    """
    try:
        raw = text.rstrip("=").replace("+", "-").replace("/", "_").encode("ascii")
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise CertificateError(
            "a certificate in text form is no base64url", mend="copy all of `cose`, or give a file"
        ) from None


def disclose(opened: Opened, fields: Iterable[str], *, text_salt: bool = False) -> bytes:
    """Return the certificate with some fields only; the others cannot be learnt from it.

    Args:
        opened: one that discloses everything.
        fields: names out of FIELDS.
        text_salt: let its holder compare texts with the field `text`.

    Raises:
        CertificateError: for a name that is no field, or one that is not disclosed here.
    """
    shown = set(fields)
    unknown = sorted(shown - set(opened.fields))
    if unknown or opened.secret is None:
        raise CertificateError(
            f"cannot be disclosed: {', '.join(unknown) or 'fields of a certificate in part'}",
            mend=f"start from the whole certificate; its fields are {', '.join(FIELDS)}",
        )
    secret = opened.secret
    items: list[Any] = [
        [salt_of(secret, "field", number), opened.fields[name]] if name in shown else digest
        for number, (name, digest) in enumerate(zip(FIELDS, opened.hashes, strict=True))
    ]
    shows = {"fields": items, "text_salt": salt_of(secret, "text") if text_salt else None}
    receipts = {
        label: value for label, value in opened.signed.unprotected.items() if label == RECEIPTS
    }
    return with_header(opened.signed.entry, {**receipts, "disclosed": shows})


def with_header(entry: bytes, unprotected: dict[Any, Any]) -> bytes:
    """Return a COSE_Sign1 with another unprotected header."""
    protected, _, payload, signature = offline.decode(entry[1:])
    return sign1(protected, unprotected, payload, signature)
