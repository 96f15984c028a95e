"""The review queue: a person sees the text, decides, and says why."""

from __future__ import annotations

import pytest

FINDING = {
    "rule": "custom.wait",
    "hazard": "custom",
    "severity": 2,
    "score": 1.0,
    "start": 4,
    "end": 8,
    "explanation": "because <b>of it</b>",
}


def held(gateway, *, text="The text <i>that</i> waits", use="order-support", **more):
    options = {"kind": "review", "findings": [FINDING], **more}
    return gateway.ledger.reviews.open(use, "ans_1", text=text, **options)


def decide(browser, item, decision="release", reason="It is fine.", **options):
    browser.get(f"/review/{item}")
    fields = {"decision": decision, "reason": reason}
    return browser.post(f"/review/{item}", fields, **options)


def test_the_queue_is_empty_at_first(browser):
    browser.get("/review")
    assert "Nothing waits." in browser.page
    assert "No decision yet." in browser.page


def test_an_open_item_is_listed_and_counted(browser, gateway):
    item = held(gateway)
    browser.get("/review")
    assert f"/console/review/{item}" in browser.page
    assert "Pattern: wait" in browser.page
    assert ", 1 open" in browser.page
    assert "that" not in browser.page.partition("Waiting")[2].partition("</section>")[0]


def test_an_item_shows_its_text_with_the_findings(browser, gateway):
    item = held(gateway)
    browser.get(f"/review/{item}")
    assert "&lt;i&gt;that&lt;/i&gt; waits" in browser.page
    assert ">text</mark>" in browser.page
    assert "because &lt;b&gt;of it&lt;/b&gt;" in browser.page
    assert '<th scope="col">Done</th>' not in browser.page


@pytest.mark.parametrize(("decision", "word"), [("release", "released"), ("withhold", "withheld")])
def test_a_decision_is_recorded_with_reason_and_person(browser, gateway, decision, word):
    item = held(gateway)
    decide(browser, item, decision, "Because of X & Y.")
    assert "Your decision is recorded." in browser.page
    assert word in browser.page
    (entry,) = gateway.ledger.entries(kind="review.decided")
    key = gateway.ledger.api_keys.find(gateway.secret)
    assert entry.body == {
        "item": item,
        "decision": decision,
        "reason": "Because of X & Y.",
        "by": f"local ({key.id})",
    }
    browser.get("/review")
    assert "Because of X &amp; Y." in browser.page
    assert "Nothing waits." in browser.page


@pytest.mark.parametrize(
    ("decision", "reason", "problem"),
    [
        ("release", "", "needs a reason"),
        ("release", "   ", "needs a reason"),
        ("", "Because.", "Choose to release"),
        ("burn", "Because.", "Choose to release"),
        ("release", "x" * 2001, "longer than 2,000"),
    ],
)
def test_a_decision_without_its_parts_is_none(browser, gateway, decision, reason, problem):
    item = held(gateway)
    decide(browser, item, decision, reason, status=400)
    assert problem in browser.page
    assert gateway.ledger.reviews.get(item).state == "open"
    if reason.strip():
        assert reason in browser.page


def test_a_decision_stands(browser, gateway):
    item = held(gateway)
    decide(browser, item)
    browser.post(f"/review/{item}", {"decision": "withhold", "reason": "No."}, status=409)
    assert "A decision stands" in browser.page
    assert gateway.ledger.reviews.get(item).decision == "release"
    browser.get(f"/review/{item}")
    assert "<textarea" not in browser.page


def test_an_erased_text_is_said_to_be_erased(browser, gateway):
    item = held(gateway)
    gateway.ledger.vault.erase_request("ans_1")
    browser.get(f"/review/{item}")
    assert "was erased from the vault" in browser.page


def test_another_uses_items_are_not_there(browser, gateway):
    item = held(gateway, use="another-use", text="not for these eyes")
    browser.get("/review")
    assert item not in browser.page
    assert "open</span>" not in browser.page
    browser.get(f"/review/{item}", status=404)
    theirs = browser.page.replace(item, "ITEM")
    browser.get("/review/unknown", status=404)
    for page in (theirs, browser.page):
        assert "not for these eyes" not in page
        assert "he review queue has no item" in page
    browser.post(f"/review/{item}", {"decision": "release", "reason": "x"}, status=404)
    assert gateway.ledger.reviews.get(item).state == "open"


def blocked_answer(browser, gateway):
    gateway.engine.reply = "This is BLOCKME."
    browser.get("/chat")
    browser.post("/chat", {"message": "Go on", "transcript": ""})
    return gateway.ledger.entries(kind="closed")[-1].request


def test_a_block_is_appealed_by_its_id(browser, gateway):
    answer = blocked_answer(browser, gateway)
    browser.get(f"/appeal?id={answer}")
    assert f'value="{answer}"' in browser.page
    fields = {"id": answer, "reason": "It was a <b>book title</b>.", "text": "BLOCKME, a novel"}
    response = browser.post("/appeal", fields)
    (item,) = gateway.ledger.reviews.list(state="open")
    assert response.url.path == f"/console/review/{item.id}"
    assert "Your appeal waits for a person." in browser.page
    assert "It was a &lt;b&gt;book title&lt;/b&gt;." in browser.page
    assert "BLOCKME, a novel" in browser.page
    assert item.request == answer
    assert gateway.ledger.entries(kind="appeal.opened")


def test_an_appeal_twice_is_one_item(browser, gateway):
    answer = blocked_answer(browser, gateway)
    for _ in range(2):
        browser.get("/appeal")
        browser.post("/appeal", {"id": answer, "reason": "Please look.", "text": ""})
    assert len(gateway.ledger.reviews.list(state="open")) == 1


@pytest.mark.parametrize(
    ("answer", "reason", "problem"),
    [
        ("", "why", "needs the answer"),
        ("ans_x", "", "needs the answer"),
        ("ans_x", "why", "gave no answer of that id"),
        ("x" * 101, "why", "needs the answer"),
        ("ans_x", "y" * 4001, "needs the answer"),
    ],
)
def test_an_appeal_that_cannot_be_made_says_why(browser, answer, reason, problem):
    browser.get("/appeal")
    browser.post("/appeal", {"id": answer, "reason": reason, "text": ""}, status=400)
    assert problem in browser.page


def test_an_answer_that_was_left_alone_cannot_be_appealed(browser, gateway):
    browser.get("/chat")
    browser.post("/chat", {"message": "Hello", "transcript": ""})
    answer = gateway.ledger.entries(kind="closed")[-1].request
    browser.get("/appeal")
    browser.post("/appeal", {"id": answer, "reason": "why", "text": ""}, status=400)
    assert "Nothing was withheld" in browser.page


def test_a_finding_outside_the_text_does_no_harm(browser, gateway):
    far = {**FINDING, "start": 400, "end": 900}
    item = held(gateway, findings=[far, {**FINDING, "start": 0, "end": 10_000}])
    browser.get(f"/review/{item}")
    assert "What was found in it" in browser.page
