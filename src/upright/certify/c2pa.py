"""C2PA manifests, beside a text or in a picture, for tools that read C2PA; extra `c2pa`.

Trust in C2PA comes from X.509 certificates of listed authorities. With a chain of yours such
tools show who you are; without one they read the manifest and call its signer untrusted.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from upright.certify.certificate import Certificate
from upright.certify.issuer import Issuer
from upright.terms import Image, MissingExtraError

LABEL = "org.upright.certificate"
ANSWER_LABEL = "org.upright.answer"
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
    c2pa = _library()
    builder = c2pa.Builder(_manifest(certificate.id, LABEL, certificate.to_json()))
    builder.set_no_embed()
    source = io.BytesIO(text.encode())
    return bytes(builder.sign(_signer(c2pa, issuer, chain), "text/plain", source, io.BytesIO()))


def embedded(
    issuer: Issuer, answer: Mapping[str, str], image: Image, *, chain: bytes | None = None
) -> bytes:
    """Return a picture's file with a manifest in it: a model drew it, for this answer.

    The pixels stay as they are. Re-encoding the picture, as many sites do, loses the manifest.

    Args:
        issuer: signs with its current key.
        answer: what the manifest says of the answer; `id` names it.
        image: of a kind that can hold a manifest: PNG, JPEG, WebP, GIF.
        chain: see `sidecar`.

    Raises:
        MissingExtraError: without the extra `c2pa`.
    """
    c2pa = _library()
    builder = c2pa.Builder(_manifest(answer["id"], ANSWER_LABEL, answer))
    made = io.BytesIO()
    source = io.BytesIO(image.data)
    builder.sign(_signer(c2pa, issuer, chain), image.media_type, source, made)
    return made.getvalue()


def is_installed() -> bool:
    """Say whether manifests can be made here."""
    return find_spec("c2pa") is not None


def _library() -> ModuleType:
    try:
        import c2pa  # noqa: PLC0415 (an optional extra)
    except ModuleNotFoundError:
        raise MissingExtraError("a C2PA manifest", "c2pa", missing="c2pa-python") from None
    library: ModuleType = c2pa
    return library


def _signer(c2pa: ModuleType, issuer: Issuer, chain: bytes | None) -> Any:  # noqa: ANN401 (no types)
    key = issuer.key()
    pem = (chain or _untrusted_chain(issuer.name, issuer.trusted()[key])).decode("ascii")
    return c2pa.Signer.from_callback(
        lambda message: issuer.sign_text(message)[1], c2pa.C2paSigningAlg.ED25519, pem, None
    )


def _manifest(title: str, label: str, data: Mapping[str, str]) -> str:
    made = {"action": "c2pa.created", "digitalSourceType": _BY_MODEL}
    return json.dumps(
        {
            "claim_generator_info": [{"name": "upright"}],
            "title": title,
            "assertions": [
                {"label": "c2pa.actions.v2", "data": {"actions": [made]}},
                {"label": label, "data": dict(data)},
            ],
        }
    )


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
