"""The review queue: a person decides once, with a reason, and texts stay erasable."""

from __future__ import annotations

import pytest

from upright.ledger import ConflictError, LedgerError, NotFoundError

FINDING = {"rule": "pii.email", "hazard": "privacy", "start": 3, "end": 9}
TEXT = "Write to zebedee@example.org, he said. \ud800😀"


@pytest.fixture
def reviews(ledger):
    return ledger.reviews


@pytest.fixture
def item(reviews):
    return reviews.open("tales", "r1", kind="review", text=TEXT, findings=[FINDING])


def test_an_item_shows_its_text_and_findings_to_who_decides(reviews, item):
    got = reviews.get(item)
    assert (got.use_case, got.request, got.kind, got.state) == ("tales", "r1", "review", "open")
    assert got.text == TEXT
    assert got.findings == (FINDING,)
    assert got.decision == ""


def test_an_appeal_keeps_what_its_user_wrote(ledger, reviews):
    item = reviews.open(
        "tales", "r1", kind="appeal", text=TEXT, findings=[], reason="It is my own address."
    )
    assert reviews.get(item).reason == "It is my own address."
    assert [entry.kind for entry in ledger.entries()] == ["appeal.opened"]


def test_lists_hold_no_texts(reviews, item):
    (listed,) = reviews.list()
    assert listed.id == item
    assert listed.text is None
    assert listed.reason == ""


def test_items_are_listed_by_state_newest_first(reviews):
    items = [
        reviews.open("tales", f"r{n}", kind="review", text=TEXT, findings=[]) for n in range(4)
    ]
    reviews.decide(items[1], "withhold", "harmful", "ann")
    assert [listed.id for listed in reviews.list("open")] == [items[3], items[2], items[0]]
    assert [listed.id for listed in reviews.list("decided")] == [items[1]]
    assert [listed.id for listed in reviews.list()] == items[::-1]
    assert len(reviews.list(limit=2)) == 2


def test_a_release_gives_the_text_back_and_is_recorded_with_reason_and_name(ledger, reviews, item):
    decided = reviews.decide(item, "release", "The address is public.", "ann")
    assert decided.text == TEXT
    assert (decided.state, decided.decision, decided.decided_by) == ("decided", "release", "ann")
    assert decided.decision_reason == "The address is public."
    assert decided.decided_time >= decided.time
    entry = ledger.head()
    assert (entry.kind, entry.use_case, entry.request) == ("review.decided", "tales", "r1")
    assert entry.body == {
        "item": item,
        "decision": "release",
        "reason": "The address is public.",
        "by": "ann",
    }


@pytest.mark.parametrize("second", ["release", "withhold"])
def test_deciding_twice_is_refused_and_the_first_decision_stands(ledger, reviews, item, second):
    reviews.decide(item, "withhold", "harmful", "ann")
    before = ledger.count()
    with pytest.raises(ConflictError, match="ann decided it"):
        reviews.decide(item, second, "changed my mind", "ben")
    assert reviews.get(item).decision == "withhold"
    assert ledger.count() == before


@pytest.mark.parametrize(
    ("decision", "reason"), [("release", ""), ("withhold", "  \n"), ("maybe", "why"), ("", "why")]
)
def test_a_decision_without_a_reason_or_of_another_kind_is_refused(
    ledger, reviews, item, decision, reason
):
    with pytest.raises(LedgerError, match="is no decision"):
        reviews.decide(item, decision, reason, "ann")
    assert reviews.get(item).state == "open"
    assert ledger.count() == 1


def test_an_unknown_item_is_named(reviews):
    with pytest.raises(NotFoundError, match="'nope'"):
        reviews.get("nope")
    with pytest.raises(NotFoundError, match="'nope'"):
        reviews.decide("nope", "release", "why", "ann")


def test_an_erased_text_leaves_the_item_and_what_was_decided(ledger, reviews, item):
    assert ledger.vault.erase_request("r1") == 1
    got = reviews.get(item)
    assert got.text is None
    assert got.findings == (FINDING,)
    assert reviews.decide(item, "withhold", "erased on request", "ann").text is None
    assert ledger.verify().ok


def test_neither_text_nor_reason_of_a_user_is_in_the_chain_or_the_queue(ledger, reviews):
    reviews.open("tales", "r", kind="appeal", text="Zebedee", findings=[], reason="Quux is me")
    with ledger._database.reading() as connection:
        dump = [
            str(row)
            for table in ("events", "reviews", "vault")
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").all()
        ]
    assert len(dump) == 3
    assert not any("Zebedee" in row or "Quux" in row for row in dump)
