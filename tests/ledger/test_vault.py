"""The vault: what is in it cannot be read without its key, and what is erased not at all."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from upright.keys import KeyFileError
from upright.ledger import Event, Ledger, NotFoundError
from upright.ledger.tables import vault

SECRET = b"The heroine's real name is Zebedee Quux, of 7 Nowhere Lane."


def files_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def stored(ledger: Ledger) -> list:
    with ledger._database.reading() as connection:
        return connection.execute(select(vault)).all()


def test_a_record_comes_back_as_it_was(ledger):
    record = ledger.vault.put("answer", SECRET, use_case="tales", request="r1")
    assert ledger.vault.get(record) == SECRET


@settings(max_examples=30)
@given(data=st.binary(max_size=500))
def test_any_bytes_come_back_as_they_were(tmp_path_factory, data):
    with Ledger.open(home=tmp_path_factory.getbasetemp() / "any-bytes") as ledger:
        assert ledger.vault.get(ledger.vault.put("answer", data, use_case="tales")) == data


def test_equal_records_look_different_and_have_keys_of_their_own(ledger):
    for _ in range(2):
        ledger.vault.put("answer", SECRET, use_case="tales")
    one, two = stored(ledger)
    assert one.wrapped_key != two.wrapped_key
    assert one.sealed[12:] != two.sealed[12:]


def test_an_unknown_record_is_none(ledger):
    assert ledger.vault.get("0" * 32) is None


def test_an_erased_record_is_none_and_the_chain_says_so_and_stays_sound(ledger):
    ledger.append(Event("opened", "tales", {}, "r1"))
    record = ledger.vault.put("answer", SECRET, use_case="tales", request="r1")
    ledger.checkpoint()
    ledger.vault.erase(record)
    assert ledger.vault.get(record) is None
    assert stored(ledger) == []
    erased = ledger.head()
    assert (erased.kind, erased.use_case, erased.request) == ("vault.erased", "tales", "r1")
    assert erased.body == {"record": record, "kind": "answer"}
    assert ledger.verify().ok


def test_erasing_twice_is_an_error_and_leaves_no_second_event(ledger):
    record = ledger.vault.put("answer", SECRET, use_case="tales")
    ledger.vault.erase(record)
    with pytest.raises(NotFoundError, match=record):
        ledger.vault.erase(record)
    assert len(ledger.entries(kind="vault.erased")) == 1


def test_all_records_of_a_request_are_erased_and_no_others(ledger):
    for request in ("r1", "r1", "r2", ""):
        ledger.vault.put("answer", SECRET, use_case="tales", request=request)
    assert ledger.vault.erase_request("r1") == 2
    assert sorted(row.request for row in stored(ledger)) == ["", "r2"]
    assert ledger.vault.erase_request("r1") == 0
    assert ledger.vault.erase_request("") == 0
    assert len(ledger.entries(kind="vault.erased")) == 2


def test_the_database_files_never_hold_the_text_nor_after_erasure_its_key(home):
    with Ledger.open(home=home) as ledger:
        kept = ledger.vault.put("answer", b"kept", use_case="tales")
        record = ledger.vault.put("answer", SECRET, use_case="tales", request="r1")
        row = next(row for row in stored(ledger) if row.id == record)
        before = files_under(home)
        assert row.wrapped_key in before
        assert SECRET not in before
        ledger.vault.erase(record)
        # With the service still running: neither in the database nor in its log.
        after = files_under(home)
        assert row.wrapped_key not in after
        assert row.sealed not in after
        assert row.sealed[12:40] not in after
        assert SECRET not in after
        assert ledger.vault.get(kept) == b"kept"
    assert row.wrapped_key not in files_under(home)


def test_a_reader_that_lasts_delays_the_clearing_and_is_warned_of(home, caplog):
    with Ledger.open(home=home) as ledger:
        record = ledger.vault.put("answer", SECRET, use_case="tales")
        (row,) = stored(ledger)
        with ledger._database.reading() as connection:
            connection.execute(text("SELECT count(*) FROM events")).scalar()
            ledger.vault.erase(record)
        assert "until it ends" in caplog.text
        assert ledger.vault.get(record) is None
    assert row.wrapped_key not in files_under(home)


def test_a_record_moved_to_another_row_does_not_open(ledger):
    records = [ledger.vault.put("answer", SECRET, use_case="tales") for _ in range(2)]
    rows = {row.id: row for row in stored(ledger)}
    with ledger._database.writing() as connection:
        connection.execute(
            text("UPDATE vault SET wrapped_key = :key, sealed = :sealed WHERE id = :id"),
            {
                "key": rows[records[0]].wrapped_key,
                "sealed": rows[records[0]].sealed,
                "id": records[1],
            },
        )
    assert ledger.vault.get(records[0]) == SECRET
    with pytest.raises(KeyFileError, match="does not open"):
        ledger.vault.get(records[1])


@pytest.mark.parametrize("column", ["kind", "use_case"])
def test_a_record_whose_description_was_changed_does_not_open(ledger, column):
    record = ledger.vault.put("answer", SECRET, use_case="tales")
    with ledger._database.writing() as connection:
        connection.execute(text(f"UPDATE vault SET {column} = 'other'"))
    with pytest.raises(KeyFileError, match="does not open"):
        ledger.vault.get(record)


def test_a_change_of_any_byte_is_noticed(home):
    with Ledger.open(home=home) as ledger:
        record = ledger.vault.put("answer", b"abc", use_case="tales")
        (row,) = stored(ledger)
        for column, place in itertools.chain(
            (("sealed", n) for n in range(len(row.sealed))),
            (("wrapped_key", n) for n in range(len(row.wrapped_key))),
        ):
            changed = bytearray(getattr(row, column))
            changed[place] ^= 1
            with ledger._database.writing() as connection:
                values = {"wrapped_key": row.wrapped_key, "sealed": row.sealed}
                values[column] = bytes(changed)
                connection.execute(vault.update().values(**values))
            with pytest.raises(KeyFileError):
                ledger.vault.get(record)


def test_under_another_vault_key_nothing_opens(ledger, home):
    record = ledger.vault.put("answer", SECRET, use_case="tales")
    key = home / "vault.key"
    old = key.read_bytes()
    key.write_bytes(b"0" * 64)
    with pytest.raises(KeyFileError, match="another vault key"):
        ledger.vault.get(record)
    key.write_bytes(old)
    assert ledger.vault.get(record) == SECRET


def test_replicas_that_share_the_key_read_each_others_records(ledger, url, home, tmp_path):
    record = ledger.vault.put("answer", SECRET, use_case="tales")
    replica = tmp_path / "replica"
    replica.mkdir()
    (replica / "vault.key").touch(mode=0o600)
    (replica / "vault.key").write_bytes((home / "vault.key").read_bytes())
    with Ledger.open(url, home=replica) as other:
        assert other.vault.get(record) == SECRET
