"""The tamper matrix: whatever is changed, forged, swapped or replayed, all of it is refused."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.certify.conftest import ESSAY, TALE, statement

from upright.certify import Certifier, offline
from upright.certify.certificate import with_header
from upright.certify.issuer import sign1
from upright.certify.offline import FIELDS, RECEIPTS, VDP, Refused, decode, encode
from upright.ledger import Ledger


def parts(data):
    """Protected header, unprotected header, payload and signature."""
    return decode(data[1:])


def refused(data, keys, **how) -> str:
    with pytest.raises(Refused) as caught:
        offline.open_certificate(data, keys, **how)
    return str(caught.value)


def disclosed(certificate, change):
    """The certificate after a change of what it discloses."""
    header = parts(certificate.data)[1]
    values = [*header["disclosed"]["values"]]
    change(values)
    told = {**header["disclosed"], "values": values}
    return with_header(certificate.data, {**header, "disclosed": told})


def test_the_untouched_certificate_is_accepted(certificate, keys):
    opened = offline.open_certificate(certificate.data, keys)
    assert opened.id == certificate.id
    assert offline.check_text(opened, TALE) == [(0, len(TALE))]


@pytest.mark.parametrize("number", range(len(FIELDS)), ids=FIELDS)
def test_no_field_can_be_changed_removed_or_swapped(certificate, keys, number):
    def altered(values):
        value = values[number]
        other = {int: lambda: value + 1, str: lambda: value + "x", bytes: lambda: bytes(len(value))}
        values[number] = other.get(type(value), lambda: [0, 9])()

    def emptied(values):
        values[number] = 0 if values[number] is None else None

    def swapped(values):
        values[number], values[number - 1] = values[number - 1], values[number]

    for change in (altered, emptied, swapped, lambda values: values.pop(number)):
        changed = disclosed(certificate, change)
        if changed == certificate.data:
            continue  # two neighbouring fields of one value
        refused(changed, keys)


def test_no_byte_of_a_certificate_can_be_changed(certificate, keys):
    for place in range(len(certificate.data)):
        changed = bytearray(certificate.data)
        changed[place] ^= 1 << place % 8
        refused(bytes(changed), keys)


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_no_bit_of_a_certificate_can_be_changed(certificate, keys, place, bit):
    data = bytearray(certificate.data)
    data[place % len(data)] ^= 1 << bit
    with pytest.raises(Refused):
        offline.open_certificate(bytes(data), keys)


@given(cut=st.integers(1))
def test_a_certificate_that_is_cut_off_is_refused(certificate, keys, cut):
    refused(
        certificate.data[: -(cut % len(certificate.data)) or None][: len(certificate.data) - 1],
        keys,
    )


@given(signature=st.binary(min_size=64, max_size=64) | st.binary(max_size=100))
def test_no_other_signature_is_accepted(certificate, keys, signature):
    protected, header, payload, _ = parts(certificate.data)
    assert "signature" in refused(sign1(protected, header, payload, signature), keys)


@pytest.mark.parametrize("algorithm", [-7, -19, 5, 4, 0, -257, None, "EdDSA", "none"])
def test_a_header_cannot_choose_the_algorithm(certificate, keys, algorithm):
    protected, header, payload, signature = parts(certificate.data)
    told = {**decode(protected), 1: algorithm}
    forged = sign1(encode(told), header, payload, signature)
    assert "another algorithm" in refused(forged, keys)


def test_a_public_key_is_never_used_as_a_secret(certificate, keys):
    """The classic confusion: a MAC whose key is the public key that everybody knows."""
    protected, header, payload, _ = parts(certificate.data)
    (public,) = {key.public_bytes_raw() for key in keys.values()}
    for told in (decode(protected), {**decode(protected), 1: 5}):
        message = offline.signing_input(encode(told), payload)
        mac = hmac.digest(public, message, hashlib.sha256)
        refused(sign1(encode(told), header, payload, mac), keys)


def test_an_algorithm_or_a_key_outside_the_signed_header_is_refused(certificate, keys):
    for label, value in ((1, -7), (4, bytes(16)), (33, b"certificate"), (2, [1])):
        header = {**parts(certificate.data)[1], label: value}
        assert "outside" in refused(with_header(certificate.data, header), keys)


def test_a_critical_header_that_is_not_understood_is_refused(certificate, keys):
    protected, header, payload, signature = parts(certificate.data)
    told = {**decode(protected), 2: [99], 99: 1}
    refused(sign1(encode(told), header, payload, signature), keys)


def forge(certificate, key: Ed25519PrivateKey, *, kid: bytes) -> bytes:
    protected, header, payload, _ = parts(certificate.data)
    told = encode({**decode(protected), 4: kid})
    return sign1(told, header, payload, key.sign(offline.signing_input(told, payload)))


def test_another_key_is_refused_under_its_own_name_and_under_ours(certificate, keys):
    key = Ed25519PrivateKey.generate()
    assert "not trusted" in refused(forge(certificate, key, kid=bytes(16)), keys)
    (kid,) = keys
    assert "signature" in refused(forge(certificate, key, kid=kid), keys)
    assert "not trusted" in refused(certificate.data, {bytes(16): key.public_key()})
    assert "signature" in refused(certificate.data, {kid: key.public_key()})


def test_a_certificate_with_another_ones_fields_is_refused(shop, certificate, keys):
    other = shop.issue(statement(request="ans_other"), ESSAY)
    header = {**parts(certificate.data)[1], "disclosed": parts(other.data)[1]["disclosed"]}
    assert "not the one that was signed" in refused(with_header(certificate.data, header), keys)


def test_a_certificate_with_another_ones_receipt_is_refused(shop, certificate, keys):
    other = shop.certificate(shop.issue(statement(), ESSAY).id)
    header = {**parts(certificate.data)[1], RECEIPTS: parts(other.data)[1][RECEIPTS]}
    refused(with_header(certificate.data, header), keys)


def with_receipt(certificate, change):
    """The certificate after a change of its receipt's proof."""
    header = parts(certificate.data)[1]
    protected, unprotected, payload, signature = parts(header[RECEIPTS][0])
    size, index, path = decode(unprotected[VDP][-1][0])
    proof = encode(change(size, index, path))
    receipt = sign1(protected, {VDP: {-1: [proof]}}, payload, signature)
    return with_header(certificate.data, {**header, RECEIPTS: [receipt]})


@pytest.mark.parametrize(
    "change",
    {
        "truncated": lambda size, index, path: [size, index, path[:-1]],
        "empty": lambda size, index, path: [size, index, []],
        "longer": lambda size, index, path: [size, index, [*path, bytes(32)]],
        "reordered": lambda size, index, path: [size, index, path[::-1]],
        "another hash": lambda size, index, path: [size, index, [bytes(32), *path[1:]]],
        "short hash": lambda size, index, path: [size, index, [path[0][:-1], *path[1:]]],
        "another leaf": lambda size, index, path: [size, index - 1, path],
        "another size": lambda size, index, path: [size + 1, index, path],
        "no size": lambda size, index, path: [0, index, path],
        "negative": lambda size, index, path: [size, -1, path],
        "texts": lambda size, index, path: ["9", "5", path],
        "not a proof": lambda size, index, path: [size, index],
    }.items(),
    ids=lambda item: item[0],
)
def test_no_other_proof_of_inclusion_is_accepted(certificate, keys, change):
    refused(with_receipt(certificate, change[1]), keys)


@pytest.mark.parametrize("receipts", [None, [], [b""], [b"\xd2"], "x", [1], {}])
def test_a_certificate_without_a_receipt_is_refused(certificate, keys, receipts):
    header = parts(certificate.data)[1]
    header = {**header, RECEIPTS: receipts} if receipts is not None else {
        label: value for label, value in header.items() if label != RECEIPTS
    }  # fmt: skip
    data = with_header(certificate.data, header)
    refused(data, keys)
    assert offline.open_certificate(data, keys, receipt=False).head is None


def test_two_receipts_are_refused(certificate, keys):
    header = parts(certificate.data)[1]
    header = {**header, RECEIPTS: header[RECEIPTS] * 2}
    refused(with_header(certificate.data, header), keys)


def test_a_statement_of_one_kind_never_passes_for_another(shop, certificate, keys):
    for data in (shop.head(), shop.revoked()):
        assert "type" in refused(data, keys)
    for read in (offline.open_head, offline.open_revoked):
        with pytest.raises(Refused, match="type"):
            read(certificate.data, keys)
    receipt = parts(certificate.data)[1][RECEIPTS][0]
    with pytest.raises(Refused):
        offline.open_head(receipt, keys)


def test_the_certificate_of_one_text_does_not_serve_for_another(opened):
    for text in (ESSAY, TALE + " ", TALE[:-1], TALE.upper(), "", TALE.replace(" ", "\u00a0")):
        with pytest.raises(Refused, match="not the certified one"):
            offline.check_text(opened, text)


def test_the_salt_of_a_text_cannot_swallow_its_beginning(shop, certificate, keys, opened):
    """A longer salt with a shorter text would give the same bytes, were lengths not bound in."""
    salt = opened.text_salt
    with pytest.raises(Refused):
        offline.check_text(replace(opened, text_salt=salt + TALE[:4].encode()), TALE[4:])
    part = shop.disclose(certificate.id, ["text", "echoed"], text_salt=True)
    header = parts(part)[1]
    told = {**header["disclosed"], "text_salt": salt + TALE[:4].encode()}
    assert "salt" in refused(with_header(part, {**header, "disclosed": told}), keys)


def test_a_certificate_from_the_future_is_refused_and_a_clock_slightly_off_is_not(
    certificate, keys, opened
):
    issued = opened.fields["time"]
    assert "clock" in refused(certificate.data, keys, now=issued - 3600)
    offline.open_certificate(certificate.data, keys, now=issued - 60)
    offline.open_certificate(certificate.data, keys, now=issued + 10**9)


def test_a_forked_log_is_refused(tmp_path, certifier, ledger):
    """The same issuer shows two histories: whoever kept a head of one does not accept the other."""
    for number in range(4):
        certifier.issue(statement(), f"{number} {TALE}")
    kept = certifier.open_head(certifier.head())
    other_home = tmp_path / "fork"
    other_home.mkdir()
    with Ledger.open(f"sqlite:///{other_home}/ledger.db", home=other_home) as other:
        fork = Certifier(other, certifier.issuer, certifier._lookups)
        for number in range(9):
            fork.issue(statement(), f"{number} {ESSAY}")
        lie = certifier.issuer.growth(other.certificates.log.consistency(4))
    with pytest.raises(Refused, match="forked"):
        offline.check_growth(lie, kept, certifier.issuer.trusted())


def test_an_old_head_replayed_as_the_newest_is_noticed(certifier):
    certifier.issue(statement(), TALE)
    first = certifier.head()
    certifier.issue(statement(), ESSAY)
    second = certifier.growth(first)
    keys = certifier.issuer.trusted()
    kept = offline.check_growth(second, offline.open_head(first, keys), keys)
    assert kept.size == 2
    with pytest.raises(Refused):
        offline.check_growth(first, kept, keys)
    with pytest.raises(Refused, match="other heads"):
        offline.check_growth(second, kept, keys)


@given(data=st.binary(max_size=400))
def test_no_bytes_crash_the_verifier(keys, data):
    for read in (
        offline.open_certificate,
        offline.open_head,
        offline.check_excerpt,
        offline.open_revoked,
    ):
        for attempt in (data, b"\xd2" + data):
            with pytest.raises(Refused):
                read(attempt, keys)


def test_ten_megabytes_are_refused_at_once(keys, opened):
    big = b"\xd2\x84" + bytes(10_000_000)
    assert "no certificate is so large" in refused(big, keys)
    with pytest.raises(Refused):
        offline.check_excerpt(bytes(10_000_000), keys)
    with pytest.raises(Refused, match="longer than"):
        offline.check_text(opened, "a" * 10_000_000)
