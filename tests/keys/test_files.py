"""Secret files: whole or absent, and their owner's alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from upright.keys import KeyFileError, make_private_folder, read_private, write_private
from upright.keys.vault import load_vault_key


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_written_secret_is_read_back_and_only_its_owner_may(tmp_path):
    path = tmp_path / "secret"
    assert write_private(path, b"hush")
    assert read_private(path) == b"hush"
    assert mode(path) == 0o600


def test_an_older_file_is_kept_unless_it_is_to_be_replaced(tmp_path):
    path = tmp_path / "secret"
    write_private(path, b"one")
    assert not write_private(path, b"two")
    assert read_private(path) == b"one"
    assert write_private(path, b"two", replace=True)
    assert read_private(path) == b"two"
    assert mode(path) == 0o600


def test_no_draft_is_left_behind(tmp_path):
    path = tmp_path / "secret"
    write_private(path, b"one")
    write_private(path, b"two")
    write_private(path, b"three", replace=True)
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_of_many_writers_at_once_exactly_one_wins(tmp_path):
    path = tmp_path / "secret"
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: write_private(path, b"%d" % n), range(8)))
    assert won.count(True) == 1
    assert read_private(path) == b"%d" % won.index(True)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o620, 0o644, 0o777])
def test_a_secret_that_others_can_reach_is_refused_with_the_mend(tmp_path, bits):
    path = tmp_path / "secret"
    write_private(path, b"hush")
    path.chmod(bits)
    with pytest.raises(KeyFileError, match=f"{bits:04o}") as caught:
        read_private(path)
    assert "chmod 600" in caught.value.mend
    path.chmod(0o600)
    assert read_private(path) == b"hush"


def test_a_missing_secret_is_named(tmp_path):
    with pytest.raises(KeyFileError, match="secret: cannot be read"):
        read_private(tmp_path / "secret")


def test_a_secret_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(KeyFileError, match="secret: cannot be written"):
        write_private(tmp_path / "no-folder" / "secret", b"hush")


def test_a_new_folder_is_its_owners_alone_and_an_old_one_keeps_its_mode(tmp_path):
    assert mode(make_private_folder(tmp_path / "new")) == 0o700
    old = tmp_path / "old"
    old.mkdir(mode=0o755)
    assert mode(make_private_folder(old)) == 0o755


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="cannot be made"):
        make_private_folder(tmp_path / "file" / "folder")


# The vault's key -------------------------------------------------------------------------------


def test_the_vault_key_is_made_once_and_is_32_bytes(tmp_path):
    path = tmp_path / "home" / "vault.key"
    key = load_vault_key(path)
    assert len(key) == 32
    assert load_vault_key(path) == key
    assert mode(path) == 0o600
    assert path.read_text().strip() == key.hex()


def test_two_homes_have_two_vault_keys(tmp_path):
    assert load_vault_key(tmp_path / "a") != load_vault_key(tmp_path / "b")


@pytest.mark.parametrize("content", [b"", b"00", b"zz" * 32, b"00" * 33, b"\xff" * 64])
def test_a_file_that_holds_no_vault_key_is_refused_and_kept(tmp_path, content):
    path = tmp_path / "vault.key"
    write_private(path, content)
    with pytest.raises(KeyFileError, match="does not hold a vault key"):
        load_vault_key(path)
    assert path.read_bytes() == content


def test_many_first_looks_at_once_agree_on_one_vault_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: load_vault_key(tmp_path / "vault.key"), range(8)))
    assert len(found) == 1
