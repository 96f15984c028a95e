"""Other people's tools read what we issue: COSE, JSON Web Signatures, C2PA."""

from __future__ import annotations

import io
import json

import cbor2
import pytest
from cwt import COSE, COSEKey
from joserfc import jws as other_jws
from joserfc.jwk import OKPKey
from tests.certify.conftest import ESSAY, TALE, statement

from upright.certify import CertificateError, offline
from upright.certify.c2pa import LABEL, sidecar
from upright.certify.offline import FIELDS
from upright.terms import MissingExtraError


@pytest.fixture(scope="module")
def public(keys):
    ((kid, key),) = keys.items()
    return kid, key.public_bytes_raw()


def test_another_library_verifies_the_certificate(certificate, public, opened):
    kid, raw = public
    key = COSEKey.new({1: 1, -1: 6, -2: raw, 2: kid, 3: -8, 4: [2]})
    payload = cbor2.loads(COSE.new().decode(certificate.data, key))
    assert payload == {1: 1, 2: offline.commit("fields", opened.hashes)}


def test_another_library_refuses_a_changed_certificate(certificate, public):
    kid, raw = public
    key = COSEKey.new({1: 1, -1: 6, -2: raw, 2: kid, 3: -8, 4: [2]})
    changed = certificate.data[:-1] + bytes([certificate.data[-1] ^ 1])
    with pytest.raises(Exception, match=r"[Vv]erif"):
        COSE.new().decode(changed, key)


def test_the_receipt_has_the_shape_of_rfc_9942(certificate, public):
    kid, raw = public
    receipt = cbor2.loads(cbor2.loads(certificate.data).value[1][394][0])
    assert receipt.tag == 18
    protected, unprotected, payload, _ = receipt.value
    header = cbor2.loads(protected)
    assert (header[1], header[4], header[395], payload) == (-8, kid, 1, None)
    size, index, path = cbor2.loads(unprotected[396][-1][0])
    assert size > index >= 0
    leaf = offline.leaf_hash(
        offline.open_signed(certificate.data, keys_of(public), offline.CERTIFICATE).entry
    )
    key = COSEKey.new({1: 1, -1: 6, -2: raw, 2: kid, 3: -8, 4: [2]})
    root = offline.root_of(leaf, index, size, path)
    encoded = cbor2.loads(certificate.data).value[1][394][0]
    assert COSE.new().decode(encoded, key, detached_payload=root) == root


def keys_of(public):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    kid, raw = public
    return {kid: Ed25519PublicKey.from_public_bytes(raw)}


def test_a_json_web_signature_says_the_same_and_is_verified_by_another_library(
    shop, certificate, keys, opened
):
    (key,) = keys.values()
    token = shop.jws(certificate.id)
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    read = other_jws.deserialize_compact(
        token, OKPKey.import_key(pem), algorithms=["EdDSA", "Ed25519"]
    )
    claims = json.loads(read.payload)
    assert read.protected["kid"] == opened.signed.key.hex()
    assert (claims["jti"], claims["iss"]) == (certificate.id, "Example Ltd")
    assert claims["iat"] == opened.fields["time"]
    assert claims["policy"] == opened.fields["policy"].hex()
    salt = bytes.fromhex(claims["text_salt"])
    assert offline.commit("text", [salt, TALE.encode()]).hex() == claims["text"]
    assert opened.secret.hex() not in json.dumps(claims)


def test_a_json_web_signature_can_say_less(shop, certificate):
    token = shop.jws(certificate.id, ["policy"])
    claims = json.loads(offline_base64(token.split(".")[1]))
    assert set(claims) == {"jti", "policy"}
    with pytest.raises(CertificateError, match="colour"):
        shop.jws(certificate.id, ["colour"])


def offline_base64(part: str) -> bytes:
    from upright.certify import read_base64  # noqa: PLC0415 (only here)

    return read_base64(part)


def test_a_revoked_certificate_is_not_exported(certifier):
    issued = certifier.issue(statement(), TALE)
    certifier.revoke(issued.id, "wrong")
    for call in (certifier.jws, lambda name: certifier.disclose(name, FIELDS)):
        with pytest.raises(CertificateError, match="revoked"):
            call(issued.id)


def test_a_c2pa_reader_reads_the_manifest_and_notices_another_text(shop, certificate):
    c2pa = pytest.importorskip("c2pa", reason="the extra `c2pa` is not installed")
    manifest = sidecar(shop.issuer, certificate, TALE)
    codes = {}
    for name, text in (("same", TALE), ("other", ESSAY)):
        reader = c2pa.Reader("text/plain", io.BytesIO(text.encode()), manifest_data=manifest)
        told = json.loads(reader.json())
        assertions = told["manifests"][told["active_manifest"]]["assertions"]
        assert {"label": LABEL, "data": certificate.to_json()} in assertions
        codes[name] = {status["code"] for status in told.get("validation_status", [])}
    assert codes["same"] == {"signingCredential.untrusted"}
    assert "assertion.dataHash.mismatch" in codes["other"]


def test_without_the_extra_it_is_named(shop, certificate, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "c2pa", None)
    with pytest.raises(MissingExtraError, match="c2pa-python") as caught:
        sidecar(shop.issuer, certificate, TALE)
    assert "upright[c2pa]" in caught.value.mend
