"""Whatever is done to the records before the last checkpoint, `verify` finds it."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.keys import SigningKeys
from upright.ledger import Event, Ledger, NotFoundError
from upright.ledger.checkpoint import _sign

COLUMNS = ("time", "kind", "use_case", "request", "body", "previous", "digest")


def changed(value: str, column: str) -> str:
    """Change a value the least: one character, or one digit of a digest."""
    if column == "body":
        return value[:-1] + ',"x":1}' if len(value) > 2 else '{"x":1}'
    return value[:-1] + ("0" if value[-1:] != "0" else "1")


@pytest.fixture
def signed(ledger, story):
    """Ten events, signed after the fifth and after the last."""
    ledger.append_many(story[:5])
    ledger.checkpoint()
    ledger.append_many(story[5:])
    ledger.checkpoint()
    return ledger


def test_a_chain_that_nobody_touched_is_sound(signed):
    verification = signed.verify()
    assert verification.ok
    assert verification.problem == ""
    assert verification.first_bad is None
    assert verification.checked == verification.checkpointed == 10


def test_an_empty_ledger_is_sound(ledger):
    verification = ledger.verify()
    assert (verification.ok, verification.checked, verification.checkpointed) == (True, 0, 0)


def test_a_request_that_was_opened_and_not_closed_is_interrupted(signed):
    assert signed.verify().interrupted == ("r4",)


def test_records_behind_the_last_checkpoint_are_checked_and_not_counted_as_signed(signed, story):
    signed.append_many(story[:3])
    verification = signed.verify()
    assert (verification.checked, verification.checkpointed) == (13, 10)


def test_progress_goes_up_to_the_number_of_records(ledger):
    ledger.append_many([Event("verdict", "tales", {})] * 12_000)
    seen = []
    ledger.verify(lambda done, total: seen.append((done, total)))
    assert seen == [(5000, 12_000), (10_000, 12_000), (12_000, 12_000)]


def test_an_edit_of_any_column_of_any_record_is_found_and_named(signed, attack):
    attacker = attack(signed)
    rows = attacker.rows()
    for place, column in itertools.product(range(10), COLUMNS):
        row = {**rows[place], column: changed(rows[place][column], column)}
        attacker.put([*rows[:place], row, *rows[place + 1 :]])
        verification = signed.verify()
        assert not verification.ok, (place, column)
        assert verification.first_bad == place + 1
        assert str(place + 1) in verification.problem
    attacker.put(rows)
    assert signed.verify().ok


def test_the_removal_of_any_record_is_found_and_named(signed, attack):
    attacker = attack(signed)
    rows = attacker.rows()
    for place in range(10):
        attacker.put(rows[:place] + rows[place + 1 :])
        verification = signed.verify()
        assert not verification.ok
        assert verification.first_bad == place + 1


def test_the_removal_of_a_stretch_is_named_with_both_its_ends(signed, attack):
    attacker = attack(signed)
    rows = attacker.rows()
    attacker.put(rows[:3] + rows[7:])
    verification = signed.verify()
    assert verification.first_bad == 4
    assert verification.problem == "record 4 to 7 is missing"


def test_an_exchange_of_any_two_records_is_found(signed, attack):
    attacker = attack(signed)
    rows = attacker.rows()
    for one, two in itertools.combinations(range(10), 2):
        swapped = list(rows)
        swapped[one] = {**rows[two], "sequence": one + 1}
        swapped[two] = {**rows[one], "sequence": two + 1}
        attacker.put(swapped)
        verification = signed.verify()
        assert not verification.ok
        assert verification.first_bad == one + 1


def test_a_cut_of_the_end_is_found_however_long(signed, attack):
    attacker = attack(signed)
    rows = attacker.rows()
    for left in range(10):
        attacker.put(rows[:left])
        verification = signed.verify()
        assert not verification.ok
        assert verification.first_bad == left + 1
        assert "cut off" in verification.problem


def test_a_chain_computed_anew_after_an_edit_is_found_by_its_checkpoint(signed, attack):
    attacker = attack(signed)
    rows = attacker.rows()
    for place in range(10):
        edited = [dict(row) for row in rows]
        edited[place]["body"] = '{"innocent":true}'
        attacker.put(attacker.recompute(edited))
        verification = signed.verify()
        assert not verification.ok
        # The edit lies between the last checkpoint that fits and the first that does not.
        assert verification.first_bad == (1 if place < 5 else 6)
        assert "computed anew" in verification.problem


def test_a_chain_computed_anew_without_a_record_is_found(signed, attack):
    attacker = attack(signed)
    rows = attacker.rows()
    for place in range(10):
        attacker.put(attacker.recompute(rows[:place] + rows[place + 1 :]))
        assert not signed.verify().ok


def test_a_record_put_in_is_found(signed, attack):
    attacker = attack(signed)
    rows = attacker.rows()
    for place in range(10):
        attacker.put(attacker.recompute([*rows[:place], rows[3], *rows[place:]]))
        assert not signed.verify().ok


@pytest.mark.parametrize("sequence", [0, -1])
def test_a_record_before_the_first_is_found(signed, attack, sequence):
    attacker = attack(signed)
    rows = attacker.rows()
    attacker.put([{**rows[0], "sequence": sequence}, *rows])
    assert not signed.verify().ok


def test_a_column_of_another_type_is_a_changed_record_and_no_crash(home, story, attack):
    with Ledger.open(home=home) as ledger:
        ledger.append_many(story)
        ledger.checkpoint()
        attacker = attack(ledger)
        rows = attacker.rows()
        for column in COLUMNS:
            for value in ("x'00ff'", "CAST(x'fffe' AS TEXT)", "3.5"):
                attacker.execute(f"UPDATE events SET {column} = {value} WHERE sequence = 4")
                verification = ledger.verify()
                assert (verification.ok, verification.first_bad) == (False, 4)
                attacker.put(rows)
        assert ledger.verify().ok


def test_a_tampered_body_is_still_shown(home, story, attack):
    with Ledger.open(home=home) as ledger:
        ledger.append_many(story)
        attack(ledger).execute("UPDATE events SET body = 'no json' WHERE sequence = 4")
        assert ledger.entry(4).body == {"unreadable": "no json"}


# Checkpoints -----------------------------------------------------------------------------------


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


# Random ledgers --------------------------------------------------------------------------------


@st.composite
def ledgers(draw):
    events = draw(
        st.lists(
            st.builds(
                Event,
                kind=st.sampled_from(["opened", "closed", "error", "key.created"]),
                use_case=st.sampled_from(["a", "b"]),
                body=st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=2),
                request=st.sampled_from(["", "r1", "r2"]),
            ),
            min_size=1,
            max_size=12,
        )
    )
    size = len(events)
    signed = draw(st.sets(st.integers(1, size), min_size=1, max_size=3))
    return events, signed


@st.composite
def tamperings(draw, size: int, last_signed: int):
    """Draw one change to a chain, which touches something before its last checkpoint."""
    place = draw(st.integers(0, last_signed - 1))
    anew = draw(st.booleans())
    other = draw(st.integers(0, size - 1).filter(lambda at: at != place)) if size > 1 else None
    what = draw(st.sampled_from(["edit", "remove", "cut", "insert"] + ["swap"] * (size > 1)))
    column = draw(st.sampled_from(COLUMNS if not anew else COLUMNS[:-2]))
    return what, place, other, column, anew


def tampered(rows, what, place, other, column):
    rows = [dict(row) for row in rows]
    if what == "edit":
        rows[place][column] = changed(rows[place][column], column)
    elif what == "remove":
        del rows[place]
    elif what == "cut":
        del rows[place:]
    elif what == "insert":
        rows.insert(place, {**rows[place], "body": '{"new":1}'})
    else:
        rows[place], rows[other] = rows[other], rows[place]
    return [{**row, "sequence": sequence} for sequence, row in enumerate(rows, 1)]


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_tampering_with_any_ledger_before_its_last_checkpoint_is_found(attack, data):
    events, signed = data.draw(ledgers())
    tampering = data.draw(tamperings(len(events), max(signed)))
    *how, anew = tampering
    with tempfile.TemporaryDirectory() as folder, Ledger.open(home=Path(folder)) as ledger:
        for sequence, event in enumerate(events, 1):
            ledger.append(event)
            if sequence in signed:
                ledger.checkpoint()
        attacker = attack(ledger)
        rows = attacker.rows()
        after = tampered(rows, *how)
        attacker.put(attacker.recompute(after) if anew else after)
        same = attacker.rows()[: max(signed)] == rows[: max(signed)]
        verification = ledger.verify()
        assert verification.ok == same
        assert same or verification.first_bad is not None


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
