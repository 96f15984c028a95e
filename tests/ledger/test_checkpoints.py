"""Checkpoints: signed, kept twice, and each tampering with them is found."""

from __future__ import annotations

import itertools
import json
import stat

import pytest

from upright.keys import SigningKeys
from upright.ledger import Ledger, LedgerError, NotFoundError
from upright.ledger.checkpoint import CheckpointFile, _sign

# Making them -----------------------------------------------------------------------------------


def test_a_checkpoint_names_count_and_head_and_is_in_file_and_table(ledger, story, home):
    entries = ledger.append_many(story)
    made = ledger.checkpoint()
    assert (made.count, made.head) == (10, entries[-1].digest)
    (line,) = (home / "checkpoints.jsonl").read_text().splitlines()
    assert json.loads(line) == made.to_json()
    with ledger._database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM checkpoints").mappings().all()
    assert [dict(row) for row in rows] == [made.to_json()]


def test_an_unchanged_chain_keeps_its_checkpoint(ledger, story, home):
    ledger.append_many(story)
    assert ledger.checkpoint() == ledger.checkpoint()
    assert len((home / "checkpoints.jsonl").read_text().splitlines()) == 1


def test_the_file_is_its_owners_alone(signed, home):
    assert stat.S_IMODE((home / "checkpoints.jsonl").stat().st_mode) == 0o600


def test_a_crash_between_file_and_table_is_made_good_by_the_next_checkpoint(
    ledger, story, home, monkeypatch
):
    real = CheckpointFile.append

    def crash_behind_it(self, checkpoint):
        real(self, checkpoint)
        raise RuntimeError("killed")

    ledger.append_many(story[:4])
    monkeypatch.setattr(CheckpointFile, "append", crash_behind_it)
    with pytest.raises(RuntimeError):
        ledger.checkpoint()
    monkeypatch.setattr(CheckpointFile, "append", real)
    verification = ledger.verify()
    assert verification.ok, verification.problem
    assert verification.checkpointed == 4
    ledger.append_many(story[4:])
    ledger.checkpoint()
    assert ledger.verify().ok
    with ledger._database.reading() as connection:
        counts = connection.exec_driver_sql("SELECT count FROM checkpoints ORDER BY 1").scalars()
        assert list(counts) == [4, 10]


@pytest.mark.parametrize("torn", [b"{", b'{"count": 5, "head": "sha', b"\xff"])
def test_a_line_torn_by_a_crash_is_passed_over_and_written_over(signed, home, story, torn):
    file = home / "checkpoints.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + torn)
    assert signed.verify().ok
    signed.append_many(story)
    made = signed.checkpoint()
    assert signed.verify().ok
    assert file.read_bytes().startswith(whole)
    assert json.loads(file.read_bytes()[len(whole) :]) == made.to_json()


def test_a_file_that_is_one_torn_line_becomes_a_whole_one(ledger, story, home):
    (home / "checkpoints.jsonl").write_bytes(b'{"count"')
    ledger.append_many(story)
    ledger.checkpoint()
    assert ledger.verify().checkpointed == 10


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_in_the_table(ledger, story, home):
    ledger.append_many(story)
    (home / "checkpoints.jsonl").mkdir()
    with pytest.raises(LedgerError, match=r"checkpoints\.jsonl"):
        ledger.checkpoint()
    (home / "checkpoints.jsonl").rmdir()
    assert ledger.verify().checkpointed == 0
    assert ledger.checkpoint().count == 10


# Several homes ---------------------------------------------------------------------------------


def test_replicas_sign_with_keys_of_their_own_and_trust_each_other(
    ledger, story, url, home, tmp_path
):
    with Ledger.open(url, home=tmp_path / "replica") as replica:
        ledger.append_many(story[:3])
        ledger.checkpoint()
        replica.append_many(story[3:])
        replica.checkpoint()
        verification = ledger.verify()
        assert not verification.ok
        assert "not among the signing keys of this home" in verification.problem
        for one, other in ((home, tmp_path / "replica"), (tmp_path / "replica", home)):
            (one / "signing" / "trusted").mkdir()
            public = (other / "signing" / "1.pub.pem").read_bytes()
            (one / "signing" / "trusted" / "other.pem").write_bytes(public)
        for one in (ledger, replica):
            verification = one.verify()
            assert verification.ok, verification.problem
            assert verification.checkpointed == 10


def test_signatures_of_earlier_epochs_count_after_a_rotation(signed, story, home):
    signed.rotate_signing_key()
    signed.append_many(story)
    signed.checkpoint()
    verification = signed.verify()
    assert (verification.ok, verification.checkpointed) == (True, 20)


def test_a_rotation_signs_the_chain_a_last_time(signed, story):
    signed.append_many(story)
    signed.rotate_signing_key()
    assert signed.verify().checkpointed == 20


# Tampering with them -----------------------------------------------------------------------------


def test_an_edit_of_any_field_of_a_stored_checkpoint_is_found(signed, attack):
    attacker = attack(signed)
    for column in ("head", "time", "key", "signature"):
        attacker.execute(f"UPDATE checkpoints SET {column} = 'x' || {column} WHERE count = 5")
        verification = signed.verify()
        assert not verification.ok, column
        assert "checkpoint at 5" in verification.problem
        attacker.execute(f"UPDATE checkpoints SET {column} = substr({column}, 2) WHERE count = 5")
    attacker.execute("UPDATE checkpoints SET count = 4 WHERE count = 5")
    assert not signed.verify().ok
    attacker.execute("UPDATE checkpoints SET count = 5 WHERE count = 4")
    assert signed.verify().ok


def test_an_edit_of_any_field_of_the_checkpoint_file_is_found(signed, home):
    file = home / "checkpoints.jsonl"
    lines = file.read_text().splitlines()
    for place, field in itertools.product(range(2), ("count", "head", "time", "key", "signature")):
        fields = json.loads(lines[place])
        fields[field] = fields[field] + 1 if field == "count" else fields[field] + "x"
        edited = [*lines]
        edited[place] = json.dumps(fields)
        file.write_text("\n".join(edited) + "\n")
        assert not signed.verify().ok, (place, field)
    file.write_text("\n".join(lines) + "\n")
    assert signed.verify().ok


@pytest.mark.parametrize(
    "line",
    ["", "{}", "[]", "null", "no json", '{"count": "5"}', "[" * 100_000, "\ud800"],
)
def test_a_line_that_is_no_checkpoint_is_named(signed, home, line):
    file = home / "checkpoints.jsonl"
    file.write_bytes(line.encode("utf-8", "surrogatepass") + b"\n" + file.read_bytes())
    verification = signed.verify()
    assert not verification.ok
    assert verification.problem == f"{file}:1: not a checkpoint"


def test_a_removed_checkpoint_file_is_reported(signed, home):
    (home / "checkpoints.jsonl").unlink()
    verification = signed.verify()
    assert not verification.ok
    assert "checkpoints.jsonl: the checkpoint at 5 was removed" in verification.problem


def test_an_emptied_checkpoint_file_is_reported_and_stays_so(signed, home, story):
    (home / "checkpoints.jsonl").write_text("")
    assert not signed.verify().ok
    signed.append_many(story)
    signed.checkpoint()
    assert not signed.verify().ok


def test_a_checkpoint_removed_from_the_file_is_reported(signed, home):
    file = home / "checkpoints.jsonl"
    for kept in ([0], [1]):
        lines = file.read_text().splitlines(keepends=True)
        file.write_text("".join(lines[place] for place in kept))
        assert not signed.verify().ok
        file.write_text("".join(lines))
    assert signed.verify().ok


def test_a_checkpoint_removed_from_the_table_is_reported(signed, attack):
    attack(signed).execute("DELETE FROM checkpoints WHERE count = 5")
    verification = signed.verify()
    assert not verification.ok
    assert "the one at 5 was removed" in verification.problem


def test_checkpoints_and_tail_removed_from_the_database_are_found_by_the_file(signed, attack):
    attacker = attack(signed)
    attacker.put(attacker.rows()[:5])
    attacker.execute("DELETE FROM checkpoints WHERE count = 10")
    verification = signed.verify()
    assert not verification.ok
    assert verification.first_bad == 6


def test_tail_and_file_cut_together_are_found_by_the_table(signed, attack, home):
    attacker = attack(signed)
    attacker.put(attacker.rows()[:5])
    file = home / "checkpoints.jsonl"
    file.write_text(file.read_text().splitlines(keepends=True)[0])
    verification = signed.verify()
    assert not verification.ok
    assert verification.first_bad == 6


def test_checkpoints_forged_with_another_key_are_found(signed, attack, home, tmp_path):
    attacker = attack(signed)
    rows = attacker.rows()
    rows[2]["body"] = "{}"
    fresh = attacker.recompute(rows)
    attacker.put(fresh)
    thief = SigningKeys(tmp_path / "thief")
    forged = [_sign(count, fresh[count - 1]["digest"], thief) for count in (5, 10)]
    for point in forged:
        attacker.execute(
            "UPDATE checkpoints SET head = :head, key = :key, time = :time, "
            "signature = :signature WHERE count = :count",
            **point.to_json(),
        )
    lines = [json.dumps(point.to_json()) + "\n" for point in forged]
    (home / "checkpoints.jsonl").write_text("".join(lines))
    verification = signed.verify()
    assert not verification.ok
    assert forged[0].key in verification.problem


def test_a_forged_signature_under_the_true_key_id_is_found(signed, attack, home, tmp_path):
    attacker = attack(signed)
    rows = attacker.rows()
    rows[2]["body"] = "{}"
    fresh = attacker.recompute(rows)
    attacker.put(fresh)
    thief = SigningKeys(tmp_path / "thief")
    (own,) = SigningKeys(home / "signing").trusted().own
    forged = [{**_sign(n, fresh[n - 1]["digest"], thief).to_json(), "key": own} for n in (5, 10)]
    for point in forged:
        attacker.execute(
            "UPDATE checkpoints SET head = :head, time = :time, signature = :signature "
            "WHERE count = :count AND key = :key",
            **point,
        )
    (home / "checkpoints.jsonl").write_text("".join(json.dumps(p) + "\n" for p in forged))
    verification = signed.verify()
    assert not verification.ok
    assert "does not bear its key's signature" in verification.problem


def test_without_the_public_key_no_checkpoint_counts(signed, home):
    for path in (home / "signing").glob("*.pem"):
        path.unlink()
    verification = signed.verify()
    assert not verification.ok
    assert verification.checkpointed == 0


# Copies kept elsewhere -------------------------------------------------------------------------


@pytest.fixture
def elsewhere(signed, home, tmp_path):
    """The newest checkpoint, as somebody outside keeps it."""
    copy = tmp_path / "kept-elsewhere.jsonl"
    copy.write_text((home / "checkpoints.jsonl").read_text().splitlines()[-1] + "\n")
    return copy


def test_a_copy_of_a_checkpoint_agrees_with_an_untouched_chain(signed, elsewhere, story):
    signed.append_many(story)
    verification = signed.verify(copies=elsewhere)
    assert verification.ok
    assert verification.checkpointed == 10


def test_who_holds_every_key_and_file_is_found_by_a_copy_elsewhere(signed, attack, home, elsewhere):
    """The operator rewrites history and signs it anew: only the copy can tell."""
    attacker = attack(signed)
    rows = attacker.rows()
    rows[2]["body"] = '{"innocent":true}'
    attacker.put(attacker.recompute(rows))
    attacker.execute("DELETE FROM checkpoints")
    (home / "checkpoints.jsonl").unlink()
    signed.checkpoint()
    assert signed.verify().ok
    verification = signed.verify(copies=elsewhere)
    assert not verification.ok
    assert "computed anew" in verification.problem


def test_a_ledger_made_from_nothing_is_found_by_a_copy_elsewhere(
    signed, attack, home, elsewhere, story
):
    attacker = attack(signed)
    attacker.put([])
    attacker.execute("DELETE FROM checkpoints")
    (home / "checkpoints.jsonl").unlink()
    signed.append_many(story[:3])
    signed.checkpoint()
    assert signed.verify().ok
    verification = signed.verify(copies=elsewhere)
    assert not verification.ok
    assert verification.first_bad == 4


def test_a_copy_that_was_altered_or_is_another_ledgers_is_named(signed, elsewhere, tmp_path):
    fields = json.loads(elsewhere.read_text())
    elsewhere.write_text(json.dumps({**fields, "count": 9}) + "\n")
    assert "does not bear its key's signature" in signed.verify(copies=elsewhere).problem
    elsewhere.write_text(json.dumps({**fields, "key": "0" * 32}) + "\n")
    assert "not among the signing keys" in signed.verify(copies=elsewhere).problem
    elsewhere.write_text("hello\n")
    assert signed.verify(copies=elsewhere).problem == f"{elsewhere}:1: not a checkpoint"


def test_a_copy_that_is_not_there_is_an_error_and_no_pass(signed, tmp_path):
    with pytest.raises(NotFoundError, match=r"nowhere\.jsonl: no such file"):
        signed.verify(copies=tmp_path / "nowhere.jsonl")
