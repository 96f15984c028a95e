"""The chat shows what the pipeline released, what was found, and what was done."""

from __future__ import annotations

import json
import re

import pytest

from upright.generate import EngineError

ANSWER = re.compile(r'id="answer-(ans_[0-9a-f]+)"')


def say(browser, message, **options):
    if 'name="transcript"' not in browser.page:
        browser.get("/chat")
    fields = {"message": message, "transcript": browser.hidden("transcript")}
    return browser.post("/chat", fields, **options)


def text_of(browser, markup):
    return re.sub(r"\s+", " ", "".join(markup(browser.page).text))


def test_an_answer_is_shown_with_its_id_and_disclosure(browser, gateway, markup):
    gateway.engine.reply = "Your parcel is on its way."
    say(browser, "Where is my parcel?")
    shown = text_of(browser, markup)
    assert "Where is my parcel?" in shown
    assert "Your parcel is on its way." in shown
    assert "Written with AI. Facts may be wrong." in shown
    answer = ANSWER.search(browser.page)[1]
    kinds = [entry.kind for entry in gateway.ledger.entries(request=answer)]
    assert kinds == ["opened", "closed"]
    opened = gateway.ledger.entries(request=answer)[0]
    assert opened.body["endpoint"] == "console.chat"
    assert opened.body["key"] == gateway.ledger.api_keys.find(gateway.secret).id


def test_the_model_gets_the_redacted_question_and_the_page_says_so(browser, gateway, markup):
    say(browser, "I am ann@example.org, help")
    assert gateway.engine.jobs[-1].messages[-1].content == "I am [EMAIL], help"
    shown = text_of(browser, markup)
    assert "redacted" in shown
    assert "1 Personal data" in shown
    assert "pii.email" in shown


def test_a_finding_in_the_answer_is_marked_where_it_stands(browser, gateway, markup):
    gateway.engine.reply = "Write to bob@example.org, it is NOTEWORTHY."
    say(browser, "Who helps me?")
    assert "bob@example.org" not in browser.page
    marked = re.findall(r"<mark [^>]*>(?:<span[^>]*>[^<]*</span>)*([^<]*)</mark>", browser.page)
    assert marked == ["[EMAIL]", "NOTEWORTHY"]
    assert "An &lt;i&gt;invented&lt;/i&gt; reason &amp; more." in browser.page


def test_a_blocked_answer_stops_there_and_can_be_appealed(browser, gateway, markup):
    gateway.engine.reply = "First this, then BLOCKME and a secret ending."
    say(browser, "Go on")
    shown = text_of(browser, markup)
    assert "First this, then " in shown
    assert "[withheld here]" in shown
    assert "BLOCKME" not in shown
    assert "secret ending" not in shown
    answer = ANSWER.search(browser.page)[1]
    assert f'href="/console/appeal?id={answer}"' in browser.page


def test_an_answer_held_for_review_names_its_item(browser, gateway, markup):
    gateway.engine.reply = "You must WAITFOR it."
    say(browser, "Go on")
    assert "WAITFOR" not in browser.page
    (item,) = gateway.ledger.reviews.list(state="open")
    assert f"/console/review/{item.id}" in browser.page
    assert "Appeal this decision" not in browser.page
    assert "[waits for a person]" in text_of(browser, markup)


def test_nothing_is_appealed_where_nothing_was_done(browser, gateway):
    gateway.engine.reply = "It is NOTEWORTHY."
    say(browser, "Go on")
    assert "flagged" in browser.page
    assert "Appeal this decision" not in browser.page


def test_a_redacted_question_does_not_make_the_answer_a_redacted_one(browser, gateway):
    say(browser, "I am ann@example.org")
    question, _, answer = browser.page.partition('class="card turn-service"')
    assert "badge-redact" in question
    assert "badge-allow" in answer.partition("turn-foot")[0]
    assert "Appeal this decision" in answer


def test_what_was_done_turns_ago_is_not_said_again(browser, gateway):
    say(browser, "I am ann@example.org")
    say(browser, "And now?")
    newest = browser.page.rpartition("turn-service")[2].partition("composer")[0]
    assert "badge-allow" in newest
    assert "Appeal this decision" not in newest


def test_the_conversation_goes_on(browser, gateway):
    gateway.engine.reply = "One."
    say(browser, "First")
    gateway.engine.reply = "Two."
    say(browser, "Second")
    turns = [(one.role, one.content) for one in gateway.engine.jobs[-1].messages]
    assert turns == [("user", "First"), ("assistant", "One."), ("user", "Second")]
    assert len(ANSWER.findall(browser.page)) == 2


def test_a_withheld_question_does_not_block_the_next_one(browser, gateway, markup):
    say(browser, "BLOCKME please")
    assert gateway.engine.jobs == []
    gateway.engine.reply = "Gladly."
    say(browser, "Something else")
    turns = [(one.role, one.content) for one in gateway.engine.jobs[-1].messages]
    assert turns == [("user", "Something else")]
    assert "Gladly." in text_of(browser, markup)


def test_findings_stay_with_their_turn_after_a_withheld_one(browser, gateway):
    say(browser, "BLOCKME please")
    say(browser, "I am ann@example.org")
    marked = re.findall(r"<mark [^>]*>(?:<span[^>]*>[^<]*</span>)*([^<]*)</mark>", browser.page)
    assert marked == ["BLOCKME", "ann@example.org"]


def test_a_clients_own_code_comes_back_in_the_answer(browser, gateway, markup):
    async def echo(job):
        from upright.generate import Piece  # noqa: PLC0415 (only here)

        yield Piece(text=f"I see {job.messages[-1].content[-10:].strip()}, NOTEWORTHY.")
        yield Piece(finish_reason="stop")

    gateway.engine.stream = echo
    say(browser, "My code: XK-1234")
    assert "I see" in text_of(browser, markup)
    assert "XK-1234, " in text_of(browser, markup).replace("1 Pattern: code", "")
    marked = re.findall(r"<mark [^>]*>(?:<span[^>]*>[^<]*</span>)*([^<]*)</mark>", browser.page)
    assert marked[-1] == "NOTEWORTHY"


@pytest.mark.parametrize("message", ["", "   ", "\n"])
def test_an_empty_message_is_not_sent(browser, gateway, message):
    say(browser, message)
    assert "There is no message to send." in browser.page
    assert gateway.engine.jobs == []


def test_too_long_a_message_is_not_sent_and_not_lost(browser, gateway):
    say(browser, "x" * 20_001)
    assert "longer than 20,000" in browser.page
    assert "x" * 20_001 in browser.page
    assert gateway.engine.jobs == []


def test_an_engine_that_fails_is_said_and_the_message_is_kept(browser, gateway):
    async def fail(job):
        raise EngineError("the model is away", kind="unavailable", mend="Start it.")
        yield

    gateway.engine.stream = fail
    say(browser, "Keep these words")
    assert "The model is away" in browser.page
    assert "Start it." in browser.page
    assert "Keep these words" in browser.page
    assert gateway.ledger.entries(kind="error")


def test_an_unforeseen_failure_tells_nobody_its_words(browser, gateway):
    async def fail(job):
        raise RuntimeError("private words")
        yield

    gateway.engine.stream = fail
    browser.get("/chat")
    fields = {"message": "Hello", "transcript": ""}
    browser.post("/chat", fields, status=500)
    assert "private words" not in browser.page
    assert "The page failed." in browser.page


def test_a_stopped_use_answers_nothing(browser, gateway):
    gateway.ledger.uses.stop("order-support", "a <b>test</b> of it", by="someone")
    say(browser, "Hello")
    assert "is stopped" in browser.page
    assert "a &lt;b&gt;test&lt;/b&gt; of it" in browser.page
    assert gateway.engine.jobs == []


def test_an_answer_cannot_be_invented(browser, gateway):
    say(browser, "Hello")
    token = browser.hidden("transcript")
    body, _, stamp = token.partition(".")
    forged = body[:-8] + body[-4:] + body[-8:-4]
    fields = {"message": "Again", "transcript": f"{forged}.{stamp}"}
    browser.post("/chat", fields)
    assert "was not written by this console" in browser.page
    assert len(gateway.engine.jobs) == 1


def test_a_new_policy_is_used_at_the_next_message(browser, gateway, policy_text, markup):
    gateway.engine.reply = "It is NOTEWORTHY."
    say(browser, "Hello")
    assert "NOTEWORTHY" in text_of(browser, markup)
    stricter = policy_text.replace('action = "flag"', 'action = "block"')
    gateway.ledger.uses.publish(stricter, by="a test")
    browser.get("/chat")
    say(browser, "Hello")
    assert "NOTEWORTHY" not in text_of(browser, markup)


def test_a_key_that_asks_too_often_is_told_to_wait(open_browser, policy_text):
    browser = open_browser(policy_text + "\n[limits]\nrequests_per_minute = 2\n")
    say(browser, "One")
    say(browser, "Two")
    say(browser, "Three")
    assert "2 times a minute" in browser.page
    assert "Three" in browser.page


def lines_of(response):
    return [json.loads(line) for line in response.text.splitlines()]


def stream(browser, message, *, transcript=""):
    browser.get("/chat")
    response = browser.post("/chat/stream", {"message": message, "transcript": transcript})
    assert response.headers["content-type"].startswith("application/x-ndjson")
    return lines_of(response)


def test_a_streamed_answer_ends_with_the_page(browser, gateway, markup):
    gateway.engine.reply = "A quite long answer that comes in many pieces."
    *texts, last = stream(browser, "Go on")
    assert "".join(line["text"] for line in texts) == gateway.engine.reply
    assert list(last) == ["page"]
    page = markup(last["page"])
    assert not page.problems
    assert gateway.engine.reply in "".join(page.text)


def test_a_stream_never_holds_what_was_withheld(browser, gateway):
    gateway.engine.chunks = 1
    gateway.engine.reply = "Write to bob@example.org or BLOCKME the rest."
    lines = stream(browser, "Go on")
    sent = json.dumps(lines)
    assert "bob@example" not in sent
    assert "BLOCKME" not in sent
    assert "the rest" not in sent
    assert "[EMAIL]" in sent


def test_a_stream_that_fails_ends_with_a_page_that_says_so(browser, gateway):
    async def fail(job):
        raise EngineError("the model is away", kind="unavailable")
        yield

    gateway.engine.stream = fail
    (last,) = stream(browser, "Keep these words")
    assert "The model is away" in last["page"]
    assert "Keep these words" in last["page"]


def test_a_stream_after_a_failure_nobody_foresaw_tells_nothing_of_it(browser, gateway):
    async def fail(job):
        raise RuntimeError("private words")
        yield

    gateway.engine.stream = fail
    (last,) = stream(browser, "Hello")
    assert "private words" not in last["page"]
    assert "The page failed." in last["page"]


def test_a_streamed_turn_can_be_followed_by_a_posted_one(browser, gateway):
    *_, last = stream(browser, "First")
    browser.page = last["page"]
    say(browser, "Second")
    assert [one.content for one in gateway.engine.jobs[-1].messages if one.role == "user"] == [
        "First",
        "Second",
    ]
