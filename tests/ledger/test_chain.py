"""What the chain promises about what is put into it."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from upright.ledger import GENESIS, Event, Ledger, LedgerError, NotFoundError
from upright.ledger.record import entry_digest
from upright.terms import canonical_json, digest

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
bodies = st.dictionaries(st.text(max_size=20), json_values, max_size=5)
any_text = st.text(st.characters(exclude_categories=[]), max_size=20)


def test_an_appended_event_is_read_back_as_it_was(ledger, story):
    entries = ledger.append_many(story)
    assert ledger.entries() == entries
    assert [(e.kind, e.use_case, dict(e.body), e.request) for e in entries] == [
        (e.kind, e.use_case, dict(e.body), e.request) for e in story
    ]


def test_sequences_count_from_one_without_gaps_over_many_transactions(ledger, story):
    for event in story:
        ledger.append(event)
    assert [entry.sequence for entry in ledger.entries()] == list(range(1, 11))
    assert ledger.count() == 10


def test_each_entry_holds_the_digest_of_the_one_before(ledger, story):
    ledger.append_many(story[:4])
    ledger.append_many(story[4:])
    entries = ledger.entries()
    assert entries[0].previous == GENESIS
    assert [e.previous for e in entries[1:]] == [e.digest for e in entries[:-1]]


def test_a_failed_transaction_leaves_no_trace(ledger, story):
    ledger.append(story[0])
    with pytest.raises(LedgerError, match="not JSON"):
        ledger.append_many([story[1], Event("closed", "tales", {"bad": object()})])
    assert ledger.count() == 1
    assert ledger.append(story[2]).sequence == 2


def test_appending_nothing_does_nothing(ledger):
    assert ledger.append_many([]) == []
    assert ledger.head() is None


def test_the_head_is_the_newest_entry(ledger, story):
    entries = ledger.append_many(story)
    assert ledger.head() == entries[-1]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({"after": 3, "limit": 2}, [4, 5]),
        ({"before": 3}, [1, 2]),
        ({"after": 2, "before": 5, "newest_first": True}, [4, 3]),
        ({"kind": "closed"}, [2, 6, 7]),
        ({"request": "r3"}, [4, 5, 6]),
        ({"request": "r3", "kind": "error"}, [5]),
        ({"use_case": "tales", "limit": 1, "newest_first": True}, [10]),
        ({"use_case": "other"}, []),
        ({"limit": None, "after": 9}, [10]),
    ],
)
def test_entries_are_selected_by_what_is_asked(ledger, story, which, expected):
    ledger.append_many(story)
    assert [entry.sequence for entry in ledger.entries(**which)] == expected


def test_entries_are_limited_to_a_hundred_unless_asked(ledger):
    ledger.append_many([Event("verdict", "tales", {})] * 120)
    assert len(ledger.entries()) == 100
    assert len(list(ledger.export())) == 120


def test_export_goes_on_behind_a_sequence(ledger, story):
    ledger.append_many(story)
    assert [entry.sequence for entry in ledger.export(after=8)] == [9, 10]


def test_one_entry_is_found_by_its_sequence(ledger, story):
    entries = ledger.append_many(story)
    assert ledger.entry(4) == entries[3]
    with pytest.raises(NotFoundError, match="no record 11"):
        ledger.entry(11)


def test_the_digest_is_over_the_canonical_json_of_the_whole_entry(ledger, story):
    entry = ledger.append_many(story)[1]
    fields = {name: value for name, value in entry.to_json().items() if name != "digest"}
    assert entry.digest == digest(b"upright.ledger.event.v1\0" + canonical_json(fields))


@given(body=bodies, use_case=any_text, request=any_text, kind=any_text, time=any_text)
def test_setting_the_body_in_as_text_gives_the_canonical_json(body, use_case, request, kind, time):
    fields = {
        "sequence": 7, "time": time, "kind": kind, "use_case": use_case,
        "request": request, "body": body, "previous": GENESIS,
    }  # fmt: skip
    text_form = canonical_json(body).decode("utf-8", "surrogatepass")
    expected = digest(b"upright.ledger.event.v1\0" + canonical_json(fields))
    assert entry_digest(**{**fields, "body": text_form}) == expected


@given(body=st.dictionaries(any_text, any_text | json_values, max_size=4))
def test_the_stored_body_is_the_same_value_and_fits_into_utf_8(body):
    stored = Event("opened", "tales", body).body_text()
    stored.encode()
    assert "\0" not in stored
    assert json.loads(stored) == json.loads(json.dumps(body))


def test_bodies_of_every_script_are_kept_exactly(ledger):
    body = {"lone": "\ud83d", "nul": "\0", "astral": "😀", "big": 2**80, "float": 0.1, "none": None}
    ledger.append(Event("opened", "tales", body))
    assert ledger.entries()[0].body == body
    assert ledger.verify().ok


@pytest.mark.parametrize("kind", ["", "Opened", "a b", "a.b.c", "opened\n", "é", "x" * 10 + "."])
def test_a_kind_that_is_no_word_is_refused(kind):
    with pytest.raises(LedgerError, match="no kind of event"):
        Event(kind, "tales", {})


@pytest.mark.parametrize("name", ["a\nb", "\0", "\x7f", "\ud800", "x" * 201])
@pytest.mark.parametrize("field", ["use_case", "request"])
def test_a_name_that_databases_or_terminals_stumble_over_is_refused(field, name):
    with pytest.raises(LedgerError, match=f"the {field} of an event does not fit"):
        Event(**{"kind": "opened", "use_case": "tales", "body": {}, field: name})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes"])
def test_a_body_that_is_not_json_is_refused(value):
    with pytest.raises(LedgerError, match="not JSON"):
        Event("opened", "tales", {"value": value}).body_text()


def test_many_threads_keep_one_chain(ledger):
    def work(name: int) -> None:
        for step in range(10):
            ledger.append(Event("verdict", "tales", {"step": step}, f"r{name}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    verification = ledger.verify()
    assert verification.ok, verification.problem
    assert verification.checked == 80
    for name in range(8):
        steps = [entry.body["step"] for entry in ledger.entries(request=f"r{name}")]
        assert steps == list(range(10))


def test_two_ledgers_on_one_database_keep_one_chain(url, home, tmp_path):
    with (
        Ledger.open(url, home=home) as one,
        Ledger.open(url, home=tmp_path / "replica") as two,
    ):
        for step in range(5):
            one.append(Event("verdict", "tales", {"step": step}))
            two.append(Event("verdict", "tales", {"step": step}))
        assert one.count() == two.count() == 10
        assert one.verify().ok
        assert two.verify().ok


def test_many_processes_may_open_a_new_database_at_once(url, home):
    barrier = threading.Barrier(6)

    def open_and_append(step: int) -> int:
        barrier.wait()
        with Ledger.open(url, home=home) as opened:
            return opened.append(Event("verdict", "tales", {"step": step})).sequence

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(open_and_append, range(6))) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = '{}' WHERE sequence = 1",
        "DELETE FROM events WHERE sequence = 2",
        "UPDATE checkpoints SET count = 1",
        "DELETE FROM checkpoints",
        "UPDATE policy_versions SET text = ''",
        "DELETE FROM policy_versions",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_written(ledger, story, statement):
    ledger.append_many(story)
    ledger.checkpoint()
    ledger.uses.publish(MINIMAL, by="test")
    with ledger._database.engine.begin() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text(statement))
    assert "append-only" in str(caught.value.orig)
    assert ledger.verify().ok


def test_sqlite_refuses_to_replace_a_record(home, story):
    with Ledger.open(home=home) as ledger:
        ledger.append_many(story)
        replace = text(
            "INSERT OR REPLACE INTO events SELECT sequence, time, kind, use_case, request, "
            "'{}', previous, digest FROM events WHERE sequence = 3"
        )
        with ledger._database.engine.begin() as connection, pytest.raises(DBAPIError) as caught:
            connection.execute(replace)
        assert "not the next sequence" in str(caught.value.orig)


MINIMAL = """
schema = 1
[use_case]
name = "tales"
purpose = "Tells tales."
"""
