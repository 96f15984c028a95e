"""Whatever is done to the records before the last checkpoint, `verify` finds it."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.ledger import Event, Ledger

COLUMNS = ("time", "kind", "use_case", "request", "body", "previous", "digest")


def changed(value: str, column: str) -> str:
    """Change a value the least: one character, or one digit of a digest."""
    if column == "body":
        return value[:-1] + ',"x":1}' if len(value) > 2 else '{"x":1}'
    return value[:-1] + ("0" if value[-1:] != "0" else "1")


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


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    Ledger.open(home=folder).close()
    return folder / "ledger.db"


def copied(database: Path, folder: str) -> Ledger:
    """Open a copy of an empty ledger, which takes a tenth of the time of making one."""
    file = Path(folder) / "ledger.db"
    shutil.copy(database, file)
    return Ledger.open(f"sqlite:///{file}?synchronous=normal", home=Path(folder))


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_tampering_with_any_ledger_before_its_last_checkpoint_is_found(
    attack, empty_database, data
):
    events, signed = data.draw(ledgers())
    tampering = data.draw(tamperings(len(events), max(signed)))
    *how, anew = tampering
    with tempfile.TemporaryDirectory() as folder, copied(empty_database, folder) as ledger:
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
