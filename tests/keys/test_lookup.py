"""Look-up secrets: HMAC, apart for each tenant, epoch and purpose, and deletable."""

from __future__ import annotations

import hmac
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.keys import KeyFileError, LookupKey, LookupKeys


@pytest.fixture
def keys(tmp_path):
    return LookupKeys(tmp_path / "lookup")


@given(value=st.binary(min_size=32, max_size=32), data=st.binary(max_size=300))
def test_a_tag_is_hmac_sha256(value, data):
    key = LookupKey(1, value)
    assert key.tag(data) == hmac.digest(value, data, "sha256")
    assert key.tag(data, 8) == hmac.digest(value, data, "sha256")[:8]


def test_looking_makes_nothing(keys, tmp_path):
    assert keys.epochs() == []
    assert not (tmp_path / "lookup").exists()


def test_the_first_secret_is_made_once_and_its_owners_alone(keys, tmp_path):
    assert keys.current() == keys.current() == 1
    path = tmp_path / "lookup" / "1.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(bytes.fromhex(path.read_text())) == 32


def test_tags_differ_by_tenant_epoch_and_purpose(keys):
    keys.current()
    keys.rotate()
    tags = {
        keys.key(epoch, tenant, purpose).tag(b"text")
        for epoch in (1, 2)
        for tenant in ("a", "b", "")
        for purpose in ("exact", "sketch")
    }
    assert len(tags) == 12


def test_another_reader_of_the_folder_makes_the_same_tags(keys, tmp_path):
    epoch = keys.current()
    other = LookupKeys(tmp_path / "lookup")
    assert other.current() == epoch
    assert other.key(epoch, "a", "x").tag(b"t") == keys.key(epoch, "a", "x").tag(b"t")


def test_after_rotation_the_new_secret_is_current_and_the_old_still_finds(keys):
    keys.current()
    before = keys.key(1, "a", "x").tag(b"t")
    assert keys.rotate() == keys.current() == 2
    assert keys.key(1, "a", "x").tag(b"t") == before
    assert keys.epochs() == [1, 2]


def test_a_forgotten_epoch_makes_no_tags_any_more(keys):
    keys.current()
    keys.key(1, "a", "x")
    keys.rotate()
    keys.forget(1)
    assert keys.epochs() == [2]
    with pytest.raises(KeyFileError):
        keys.key(1, "a", "x")


@pytest.mark.parametrize("epoch", [1, 3, 0])
def test_what_is_in_use_or_never_was_is_not_forgotten(keys, epoch):
    keys.current()
    with pytest.raises(KeyFileError, match="cannot be forgotten"):
        keys.forget(epoch)
    assert keys.epochs() == [1]


def test_a_secret_that_others_can_read_is_refused(keys, tmp_path):
    keys.current()
    (tmp_path / "lookup" / "1.key").chmod(0o644)
    with pytest.raises(KeyFileError, match="other users"):
        keys.key(1, "a", "x")


@pytest.mark.parametrize("content", ["", "zz", "00" * 31, "é"])
def test_a_damaged_secret_is_named(keys, tmp_path, content):
    keys.current()
    (tmp_path / "lookup" / "1.key").write_text(content)
    with pytest.raises(KeyFileError, match=r"1\.key"):
        keys.key(1, "a", "x")


def test_other_files_in_the_folder_are_passed_over(keys, tmp_path):
    keys.current()
    (tmp_path / "lookup" / "notes.txt").write_text("x")
    assert keys.epochs() == [1]
