"""Certificates as JSON Web Signatures, for those who have tools for nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from upright.certify.certificate import base64url, certificate_id
from upright.certify.errors import CertificateError
from upright.certify.issuer import Issuer
from upright.certify.offline import FIELDS, Opened, leaf_hash

TYPE = "upright-certificate+jws"


def jws(issuer: Issuer, opened: Opened, fields: Iterable[str] = FIELDS) -> str:
    """Sign what a certificate says anew, in JSON: RFC 7515, compact, EdDSA.

    Bytes are in hex. `text` can be compared with a text only by means of `text_salt`, which is
    among the claims whenever `text` is; the other salts stay behind.

    Args:
        issuer: signs; only it can export.
        opened: the certificate.
        fields: what to say of it.

    Raises:
        CertificateError: for a field that is not disclosed.
    """
    shown = [name for name in FIELDS if name in set(fields)]
    missing = sorted(set(fields) - set(opened.fields))
    if missing:
        raise CertificateError(
            f"not among the certificate's fields: {', '.join(missing)}",
            mend=f"its fields are {', '.join(opened.fields)}",
        )
    claims: dict[str, Any] = {"jti": certificate_id(leaf_hash(opened.signed.entry))}
    claims |= {name: _plain(opened.fields[name]) for name in shown}
    if "issuer" in claims:
        claims["iss"] = claims.pop("issuer")
    if "time" in claims:
        claims["iat"] = claims.pop("time")
    if "text" in claims:
        claims["text_salt"] = _plain(opened.text_salt)
    kid = issuer.key().hex()
    head = _part({"alg": "EdDSA", "kid": kid, "typ": TYPE})
    message = f"{head}.{_part(claims)}"
    key, signature = issuer.sign_text(message.encode())
    if key != kid:
        raise CertificateError("the issuer's key was rotated meanwhile", mend="export again")
    return f"{message}.{base64url(signature)}"


def _plain(value: Any) -> Any:  # noqa: ANN401 (any CBOR value)
    if isinstance(value, bytes):
        return value.hex()
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _part(value: dict[str, Any]) -> str:
    return base64url(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
