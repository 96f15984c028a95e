"""API keys: a secret opens exactly its use case, until it is revoked."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from upright.keys import KeyFileError, api_key_digest, mint_api_key
from upright.ledger import Ledger, NotFoundError
from upright.ledger.tables import api_keys


@pytest.fixture
def keys(ledger):
    return ledger.api_keys


def test_a_secret_finds_its_key(keys):
    key, secret = keys.create("Ann's laptop", "tales")
    assert keys.find(secret) == key
    assert (key.name, key.use_case, key.revoked) == ("Ann's laptop", "tales", "")
    assert secret.startswith(key.id)


def test_each_secret_finds_its_own_key(keys):
    made = [keys.create(f"key {n}", "tales") for n in range(5)]
    assert [keys.find(secret) for _, secret in made] == [key for key, _ in made]
    assert keys.list() == [key for key, _ in made]


@pytest.mark.parametrize(
    "change",
    [
        lambda secret: secret[:-1],
        lambda secret: secret + "A",
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret + "\n",
        lambda secret: " " + secret,
        lambda secret: secret.upper(),
        lambda secret: secret[:12],
        lambda secret: secret.replace("upr_", "sk-"),
        lambda secret: "",
        lambda secret: "\ud800" * 47,
        lambda secret: "é" * 47,
        lambda secret: "upr_" + "'" * 43,
        lambda secret: mint_api_key().secret,
    ],
)
def test_anything_but_the_secret_finds_nothing(keys, change):
    _, secret = keys.create("Ann", "tales")
    assert keys.find(change(secret)) is None


def test_a_revoked_key_opens_nothing_from_then_on(ledger, keys):
    key, secret = keys.create("Ann", "tales")
    revoked = keys.revoke(key.id)
    assert revoked.revoked
    assert keys.find(secret) is None
    assert keys.list() == [revoked]
    assert ledger.head().kind == "key.revoked"


def test_revoking_again_changes_nothing(ledger, keys):
    key, _ = keys.create("Ann", "tales")
    first = keys.revoke(key.id)
    before = ledger.count()
    assert keys.revoke(key.id) == first
    assert ledger.count() == before


def test_a_key_of_an_unknown_id_cannot_be_revoked(keys):
    with pytest.raises(NotFoundError, match="upr_nope"):
        keys.revoke("upr_nope")


def test_neither_table_nor_chain_holds_a_secret(ledger, keys):
    key, secret = keys.create("Ann", "tales")
    with ledger._database.reading() as connection:
        (row,) = connection.execute(select(api_keys)).all()
    assert row.digest == api_key_digest(secret)
    assert secret not in str(row)
    assert secret not in str(ledger.entries())
    assert ledger.head().body == {"key": key.id, "name": "Ann"}


# The local key ---------------------------------------------------------------------------------


def test_the_first_start_writes_a_key_file_for_its_owner_alone(keys, home):
    path, secret = keys.ensure_local("tales")
    assert path == home / "local.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == secret + "\n"
    assert keys.find(secret).use_case == "tales"


def test_the_next_start_finds_the_same_key(ledger, keys):
    assert keys.ensure_local("tales") == keys.ensure_local("tales")
    assert ledger.count() == 1


def test_the_local_key_opens_the_use_case_started_last(ledger, keys):
    _, secret = keys.ensure_local("tales")
    assert keys.ensure_local("news")[1] == secret
    assert keys.find(secret).use_case == "news"
    assert ledger.head().body["moved_from"] == "tales"


def test_a_revoked_local_key_is_replaced_at_the_next_start(keys):
    _, secret = keys.ensure_local("tales")
    keys.revoke(secret[:12])
    _, fresh = keys.ensure_local("tales")
    assert fresh != secret
    assert keys.find(secret) is None
    assert keys.find(fresh).use_case == "tales"


def test_a_key_file_from_before_a_crash_is_taken_over(keys, home):
    secret = mint_api_key().secret
    (home / "local.key").touch(mode=0o600)
    (home / "local.key").write_text(secret + "\n")
    assert keys.ensure_local("tales")[1] == secret
    assert keys.find(secret).name == "local"


def test_a_key_file_that_others_can_read_is_refused(keys, home):
    path, _ = keys.ensure_local("tales")
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="0644") as caught:
        keys.ensure_local("tales")
    assert "chmod 600" in caught.value.mend


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe", b"upr_short"])
def test_a_key_file_that_holds_no_key_is_refused(keys, home, content):
    path, _ = keys.ensure_local("tales")
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match="does not hold an API key"):
        keys.ensure_local("tales")


def test_many_first_starts_at_once_agree_on_one_key(url, home):
    def start(_: int) -> str:
        with Ledger.open(url, home=home) as ledger:
            return ledger.api_keys.ensure_local("tales")[1]

    with ThreadPoolExecutor(6) as pool:
        secrets = set(pool.map(start, range(6)))
    assert len(secrets) == 1
    with Ledger.open(url, home=home) as ledger:
        assert len(ledger.api_keys.list()) == 1
        assert ledger.api_keys.find(secrets.pop()) is not None
