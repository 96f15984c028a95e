"""A C2PA manifest beside a text, for tools that read C2PA; needs the extra `c2pa`.

Trust in C2PA comes from X.509 certificates of listed authorities. With a chain of yours such
tools show who you are; without one they read the manifest and call its signer untrusted.
"""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from upright.certify.certificate import Certificate
from upright.certify.issuer import Issuer
from upright.terms import MissingExtraError

LABEL = "org.upright.certificate"
_BY_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_VALID = timedelta(days=365)


def sidecar(
    issuer: Issuer, certificate: Certificate, text: str, *, chain: bytes | None = None
) -> bytes:
    """Return a manifest store for `application/c2pa`, bound to the text's bytes in UTF-8.

    Args:
        issuer: signs with its current key.
        certificate: stands in the manifest.
        text: must be kept byte by byte; reflowing it breaks the binding.
        chain: PEM, the certificate of the issuer's key first; None makes a chain that no one
            trusts.

    Raises:
        MissingExtraError: without the extra `c2pa`.
    """
    try:
        import c2pa  # noqa: PLC0415 (an optional extra)
    except ModuleNotFoundError:
        raise MissingExtraError("a C2PA manifest", "c2pa", missing="c2pa-python") from None
    public = issuer.trusted()[issuer.key()]
    pem = (chain or _untrusted_chain(issuer.name, public)).decode("ascii")
    signer = c2pa.Signer.from_callback(
        lambda message: issuer.sign_text(message)[1], c2pa.C2paSigningAlg.ED25519, pem, None
    )
    builder = c2pa.Builder(json.dumps(_manifest(certificate)))
    builder.set_no_embed()
    return bytes(builder.sign(signer, "text/plain", io.BytesIO(text.encode()), io.BytesIO()))


def _manifest(certificate: Certificate) -> dict[str, Any]:
    made = {"action": "c2pa.created", "digitalSourceType": _BY_MODEL}
    return {
        "claim_generator_info": [{"name": "upright"}],
        "title": certificate.id,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [made]}},
            {"label": LABEL, "data": certificate.to_json()},
        ],
    }


def _untrusted_chain(name: str, public: Ed25519PublicKey) -> bytes:
    """Return a certificate for the key, by an authority that is forgotten at once."""
    authority = Ed25519PrivateKey.generate()
    root = _certificate(f"{name} (no authority)", authority.public_key(), name, authority)
    leaf = _certificate(name, public, f"{name} (no authority)", authority)
    return leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)


def _certificate(
    subject: str, public: Ed25519PublicKey, by: str, key: Ed25519PrivateKey
) -> x509.Certificate:
    is_root = public == key.public_key()
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not is_root, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=is_root, crl_sign=is_root,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    built = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(subject if is_root else by))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(issuer_key, critical=False)
    )
    if not is_root:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        built = built.add_extension(purpose, critical=False)
    return built.sign(key, None)


def _name(common: str) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, common), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(kind, value[:64]) for kind, value in parts])
