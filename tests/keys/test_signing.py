"""Signing keys: one signs, earlier ones verify, strangers do neither."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from upright.keys import KeyFileError, Signature, SigningKeys


@pytest.fixture
def keys(tmp_path):
    return SigningKeys(tmp_path / "signing")


def test_a_signature_verifies(keys):
    made = keys.sign(b"message")
    assert keys.trusted().verify(made, b"message")


@given(message=st.binary(max_size=50), place=st.integers(0, 63), bit=st.integers(0, 7))
def test_a_signature_with_any_bit_changed_does_not_verify(tmp_path_factory, message, place, bit):
    keys = SigningKeys(tmp_path_factory.getbasetemp() / "one-bit")
    made = keys.sign(message)
    changed = bytearray(made.value)
    changed[place] ^= 1 << bit
    assert not keys.trusted().verify(Signature(made.key, bytes(changed)), message)


@pytest.mark.parametrize("value", [b"", b"short", b"\0" * 64, b"\0" * 65])
def test_what_is_no_signature_does_not_verify(keys, value):
    made = keys.sign(b"message")
    assert not keys.trusted().verify(Signature(made.key, value), b"message")


def test_a_signature_of_another_message_does_not_verify(keys):
    assert not keys.trusted().verify(keys.sign(b"message"), b"other")


def test_a_strangers_signature_does_not_verify(keys, tmp_path):
    stranger = SigningKeys(tmp_path / "stranger")
    keys.sign(b"message")
    forged = stranger.sign(b"message")
    assert not keys.trusted().verify(forged, b"message")
    (own,) = keys.trusted().own
    assert not keys.trusted().verify(Signature(own, forged.value), b"message")


def test_a_new_folder_trusts_nobody_and_looking_makes_nothing(keys):
    trusted = keys.trusted()
    assert trusted.keys == {}
    assert trusted.own == frozenset()
    assert not keys.folder.exists()


def test_key_files_are_their_owners_alone(keys):
    keys.sign(b"")
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.folder.iterdir()}
    assert found == {"1.pem": 0o600, "1.pub.pem": 0o600}
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700


def test_the_same_key_signs_until_it_is_rotated(keys):
    assert keys.sign(b"a").key == keys.sign(b"b").key == SigningKeys(keys.folder).sign(b"c").key


def test_after_rotation_the_old_key_verifies_and_never_signs(keys):
    old = keys.sign(b"message")
    new_id = keys.rotate()
    new = keys.sign(b"message")
    assert new.key == new_id != old.key
    assert keys.trusted().verify(old, b"message")
    assert keys.trusted().verify(new, b"message")
    assert keys.trusted().own == {old.key, new.key}
    assert sorted(path.name for path in keys.folder.iterdir()) == [
        "1.pub.pem", "2.pem", "2.pub.pem",
    ]  # fmt: skip


def test_a_running_service_signs_with_the_new_key_at_once(keys):
    running = SigningKeys(keys.folder)
    running.sign(b"before")
    new_id = keys.rotate()
    assert running.sign(b"after").key == new_id


def test_epochs_go_on_even_when_a_private_key_was_lost(keys):
    lost = keys.sign(b"message")
    (keys.folder / "1.pem").unlink()
    new = keys.sign(b"message")
    assert new.key != lost.key
    assert (keys.folder / "2.pem").exists()
    assert keys.trusted().verify(lost, b"message")


def test_many_first_signatures_at_once_all_verify(keys):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keys.sign(b"message"), range(8)))
    assert all(keys.trusted().verify(signature, b"message") for signature in made)


def test_a_replicas_public_key_can_be_trusted_and_is_not_ones_own(keys, tmp_path):
    replica = SigningKeys(tmp_path / "replica")
    theirs = replica.sign(b"message")
    keys.sign(b"message")
    (keys.folder / "trusted").mkdir()
    public = (replica.folder / "1.pub.pem").read_bytes()
    (keys.folder / "trusted" / "replica.pem").write_bytes(public)
    assert keys.trusted().verify(theirs, b"message")
    assert theirs.key not in keys.trusted().own


def test_a_private_key_that_others_can_read_is_refused(keys):
    keys.sign(b"")
    (keys.folder / "1.pem").chmod(0o644)
    with pytest.raises(KeyFileError, match="0644"):
        keys.sign(b"")


def test_a_lost_public_half_is_written_again(keys):
    made = keys.sign(b"message")
    (keys.folder / "1.pub.pem").unlink()
    assert not keys.trusted().verify(made, b"message")
    keys.sign(b"message")
    assert keys.trusted().verify(made, b"message")


def test_halves_that_do_not_belong_together_are_refused(keys):
    keys.sign(b"")
    stranger = Ed25519PrivateKey.generate().public_key()
    pem = stranger.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (keys.folder / "1.pub.pem").write_bytes(pem)
    with pytest.raises(KeyFileError, match="not the public half"):
        keys.sign(b"")


def other_kind() -> bytes:
    return X25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


@pytest.mark.parametrize("content", [b"", b"hello", other_kind()])
def test_a_private_file_that_is_no_signing_key_is_refused(keys, content):
    keys.sign(b"")
    (keys.folder / "1.pem").write_bytes(content)
    with pytest.raises(KeyFileError, match="not an unencrypted Ed25519 private key"):
        keys.sign(b"")


@pytest.mark.parametrize("content", [b"", b"hello", other_kind()])
def test_a_public_file_that_is_no_signing_key_is_refused(keys, content):
    keys.sign(b"")
    (keys.folder / "1.pub.pem").write_bytes(content)
    with pytest.raises(KeyFileError, match="not an Ed25519 public key"):
        keys.trusted()


def test_other_files_in_the_folder_are_passed_over(keys):
    made = keys.sign(b"message")
    for name in ("README", "x.pem", "2.pem.bak", ".1.pem.draft", "-1.pem"):
        (keys.folder / name).write_text("not a key")
    assert keys.sign(b"message").key == made.key
    assert keys.trusted().own == {made.key}
