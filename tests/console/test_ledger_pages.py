"""The Ledger pages: what happened, in order, and whether the chain is whole."""

from __future__ import annotations

import re
import sqlite3

import pytest

from upright.ledger import Event


def sequences(browser):
    return [int(number) for number in re.findall(r'/console/ledger/(\d+)">\d+</a>', browser.page)]


def put(gateway, *, count=1, kind="test.event", use="order-support", request="", body=None):
    events = [Event(kind, use, body or {"reason": "a test"}, request) for _ in range(count)]
    return [entry.sequence for entry in gateway.ledger.append_many(events)]


def test_the_newest_record_stands_first(browser, gateway):
    last = put(gateway, count=3)[-1]
    browser.get("/ledger")
    shown = sequences(browser)
    assert shown[0] == last
    assert shown == sorted(shown, reverse=True)


def test_pages_hold_fifty_records_and_lead_to_all(browser, gateway):
    put(gateway, count=120)
    total = gateway.ledger.count()
    seen, path = [], "/ledger"
    while path:
        browser.get(path)
        page = sequences(browser)
        assert len(page) <= 50
        seen += page
        found = re.search(r'rel="next" href="/console([^"]+)"', browser.page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert seen == list(range(total, 0, -1))


def test_records_are_filtered_by_kind_and_request(browser, gateway):
    (mine,) = put(gateway, kind="closed", request="ans_7")
    put(gateway, kind="opened", request="ans_8")
    browser.get("/ledger?kind=closed")
    assert sequences(browser) == [mine]
    browser.get("/ledger?request=ans_7")
    assert sequences(browser) == [mine]
    browser.get("/ledger?request=ans_7&kind=opened")
    assert "No record fits." in browser.page


def test_filters_stay_with_older_records(browser, gateway):
    put(gateway, count=60, kind="closed", request="a&b=c")
    browser.get("/ledger?kind=closed&request=a%26b%3Dc")
    found = re.search(r'rel="next" href="/console([^"]+)"', browser.page)
    browser.get(found[1].replace("&amp;", "&"))
    assert len(sequences(browser)) == 10


def test_a_key_sees_records_of_its_own_use_only(browser, gateway):
    (other,) = put(gateway, use="another-use", body={"reason": "private"})
    browser.get("/ledger")
    assert other not in sequences(browser)
    browser.get(f"/ledger/{other}", status=403)
    assert "private" not in browser.page


def test_a_record_is_shown_in_full(browser, gateway):
    body = {"reason": "<script>alert(1)</script>", "n": 3}
    (number,) = put(gateway, request="ans_9", body=body)
    entry = gateway.ledger.entry(number)
    browser.get(f"/ledger/{number}")
    assert entry.digest in browser.page
    assert entry.previous in browser.page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in browser.page
    assert f"/console/ledger/{number - 1}" in browser.page
    assert f"/console/ledger/{number + 1}" not in browser.page


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30])
def test_a_record_that_is_not_there_is_a_404(browser, number):
    browser.get(f"/ledger/{number}", status=404)
    assert "no record" in browser.page


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "٣"])
def test_a_place_that_is_no_number_is_said(browser, before):
    browser.get(f"/ledger?before={before}", status=400)
    assert "no record&#39;s number" in browser.page


def test_a_place_beyond_all_numbers_is_the_end(browser, gateway):
    browser.get(f"/ledger?before={'9' * 40}")
    assert sequences(browser)[0] == gateway.ledger.count()


def test_the_chain_is_checked_on_demand(browser):
    browser.get("/ledger")
    assert "Not checked since this service started" in browser.page
    browser.post("/ledger/verify")
    assert "The chain is whole" in browser.page
    browser.get("/ledger")
    assert "The chain is whole" in browser.page


def test_the_last_checkpoint_is_shown(browser, gateway):
    browser.get("/ledger")
    assert "No checkpoint was signed yet." in browser.page
    point = gateway.ledger.checkpoint()
    browser.get("/ledger")
    assert f"record {point.count} at" in browser.page
    browser.post("/ledger/verify")
    assert f"those up to {point.count} are under a signature" in browser.page


def test_a_broken_chain_is_named_with_its_first_bad_record(browser, gateway):
    put(gateway, count=5)
    database = sqlite3.connect(gateway.ledger.home / "ledger.db")
    triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        database.execute(f"DROP TRIGGER {name}")
    database.execute("UPDATE events SET body = '{}' WHERE sequence = 4")
    database.commit()
    database.close()
    browser.get("/ledger")
    browser.post("/ledger/verify")
    assert "The chain is broken at record 4" in browser.page
    assert 'role="alert"' in browser.page


def test_interrupted_requests_are_listed(browser, gateway):
    put(gateway, kind="opened", request="ans_lost")
    browser.get("/ledger")
    browser.post("/ledger/verify")
    assert "1 interrupted request" in browser.page
    assert "ans_lost" in browser.page


def test_a_records_gist_says_what_was_found(browser, gateway):
    body = {
        "endpoint": "/v1/chat/completions",
        "model": "m",
        "prompt": {"rules": {"pii.email": {"redact": 2}, "pii.phone": {"flag": 1}}},
    }
    put(gateway, kind="opened", body=body)
    browser.get("/ledger")
    gist = "/v1/chat/completions · m · pii.email redacted 2 times, pii.phone flagged"
    assert gist in browser.page


@pytest.mark.parametrize(
    "body", [{"prompt": 3}, {"prompt": {"rules": []}}, {"prompt": {"rules": {"a": 1}}}, {}]
)
def test_a_body_of_another_shape_has_a_gist_too(browser, gateway, body):
    (number,) = put(gateway, kind="opened", body=body)
    browser.get(f"/ledger/{number}")
