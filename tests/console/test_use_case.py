"""The Use case pages: the policy in words, its versions, and the switch that stops it."""

from __future__ import annotations

import pytest

NAME = "order-support"


def test_the_policy_stands_there_in_words(browser, markup):
    browser.get("/use-case")
    shown = " ".join("".join(markup(browser.page).text).split())
    assert "Answers questions about orders <b>& parcels</b>." in shown
    assert "In answers" in shown
    assert "E-mail addresses: replaced by a placeholder." in shown


def stop(browser, *, status=200, **fields):
    browser.get("/use-case/stop")
    form = {"reason": "Wrong <i>answers</i>.", "sure": "yes", **fields}
    return browser.post("/use-case/stop", form, status=status)


def test_stopping_is_recorded_and_seen_on_every_page(browser, gateway):
    stop(browser)
    state = gateway.ledger.uses.state(NAME)
    assert (state.stopped, state.reason) == (True, "Wrong <i>answers</i>.")
    (entry,) = gateway.ledger.entries(kind="policy.stopped")
    assert entry.body["by"].startswith("local (upr_")
    for path in ("/use-case", "/chat", "/ledger"):
        browser.get(path)
        assert "This use is stopped." in browser.page
        assert "Wrong &lt;i&gt;answers&lt;/i&gt;." in browser.page


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"reason": ""}, "Say why"),
        ({"reason": " \n"}, "Say why"),
        ({"reason": "x" * 501}, "Say why"),
        ({"sure": ""}, "Tick the box"),
        ({"sure": "no"}, "Tick the box"),
    ],
)
def test_stopping_needs_a_reason_and_a_second_look(browser, gateway, fields, problem):
    stop(browser, status=400, **fields)
    assert problem in browser.page
    assert not gateway.ledger.uses.state(NAME).stopped


def test_a_stopped_use_is_resumed_by_a_person(browser, gateway):
    stop(browser)
    browser.get("/use-case/resume")
    assert "Wrong &lt;i&gt;answers&lt;/i&gt;." in browser.page
    browser.post("/use-case/resume", {}, status=400)
    assert gateway.ledger.uses.state(NAME).stopped
    browser.post("/use-case/resume", {"sure": "yes"})
    assert not gateway.ledger.uses.state(NAME).stopped
    assert "The use answers again." in browser.page
    assert "This use is stopped." not in browser.page


def test_reading_a_page_changes_nothing(browser, gateway):
    before = gateway.ledger.count()
    for path in ("/use-case/stop", "/use-case/resume", "/use-case/activate?version=1"):
        browser.get(path)
    assert gateway.ledger.count() == before


@pytest.fixture
def second(gateway, policy_text):
    """The text of a second version, which is active."""
    text = policy_text.replace("temperature = 0.8", "temperature = 0.2")
    assert gateway.ledger.uses.publish(text, by="an <b>author</b>") == 2
    return text


def test_versions_are_listed_newest_first(browser, second):
    browser.get("/use-case")
    newer, older = browser.page.index("Version 2"), browser.page.index("Version 1")
    assert newer < older
    assert "an &lt;b&gt;author&lt;/b&gt;" in browser.page
    assert "/console/use-case/activate?version=1" in browser.page
    assert "/console/use-case/activate?version=2" not in browser.page


def test_the_page_shows_the_policy_that_is_active_now(browser, second, markup):
    browser.get("/use-case")
    assert "temperature 0.2" in "".join(markup(browser.page).text)


def test_a_version_shows_its_file_and_what_it_would_change(browser, second):
    browser.get("/use-case/versions/1")
    assert "temperature = 0.8" in browser.page
    assert "no longer: Drawn with temperature 0.2" in browser.page
    assert "new: Drawn with temperature 0.8" in browser.page
    assert "&lt;b&gt;&amp; parcels&lt;/b&gt;" in browser.page


def test_the_active_version_changes_nothing(browser, second):
    browser.get("/use-case/versions/2")
    assert "What making it active would change" not in browser.page


def test_going_back_takes_a_second_look_and_is_recorded(browser, gateway, second, markup):
    browser.get("/use-case/activate?version=1")
    browser.post("/use-case/activate", {"version": "1"}, status=400)
    assert gateway.ledger.uses.state(NAME).version == 2
    browser.post("/use-case/activate", {"version": "1", "sure": "yes"})
    assert gateway.ledger.uses.state(NAME).version == 1
    assert "The version is active." in browser.page
    assert "temperature 0.8" in "".join(markup(browser.page).text)
    newest = gateway.ledger.entries(kind="policy.activated", newest_first=True)[0]
    assert newest.body["version"] == 1
    assert newest.body["by"].startswith("local (upr_")


@pytest.mark.parametrize("number", ["", "0", "3", "-1", "x", "1.0", "9" * 30])
def test_a_version_that_was_never_published_is_a_404(browser, gateway, number):
    browser.get(f"/use-case/activate?version={number}", status=404)
    browser.get("/use-case/stop")
    browser.post("/use-case/activate", {"version": number, "sure": "yes"}, status=404)
    assert gateway.ledger.uses.state(NAME).version == 1


OTHER = """
schema = 1
[use_case]
name = "other-use"
purpose = "Something else."
[[guard.rule]]
detect = ["pii.email"]
at = ["prompt"]
action = "block"
"""


def test_a_key_reaches_its_own_use_only(open_browser, policy_text, gateway_browser):
    browser = open_browser(policy_text, OTHER)
    _, secret = browser.gateway.ledger.api_keys.create("theirs", "other-use")
    theirs = gateway_browser(browser.gateway)
    theirs.sign_in(secret)
    theirs.get("/use-case")
    assert "Something else." in theirs.page
    assert "order-support" not in theirs.page
    theirs.get("/use-case/stop")
    theirs.post("/use-case/stop", {"reason": "mine", "sure": "yes"})
    states = browser.gateway.ledger.uses
    assert states.state("other-use").stopped
    assert not states.state(NAME).stopped
    browser.get("/chat")
    assert "This use is stopped." not in browser.page
