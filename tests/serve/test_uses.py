"""Versions of a policy, the kill switch, appeals and reviews over a running gateway."""

from __future__ import annotations

import asyncio
import threading

import pytest
from tests.answer.fakes import HEAD, InlinePool, ScriptedEngine, chunked, echo, rule
from tests.serve.conftest import REDACTING
from tests.serve.gateway import chat

MAIL = "bob.miller@example.com"
BLOCKING = HEAD + rule("block", at='"prompt","output"')


class HeldEngine(ScriptedEngine):
    """Echoes once it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self._hold = asyncio.Event()

    async def go_on(self) -> None:
        self._hold.set()

    async def stream(self, job):
        self.jobs.append(job)
        await self._hold.wait()
        for piece in echo(job):
            yield piece


def said(response) -> str:
    return response.json()["choices"][0]["message"]["content"]


def test_a_newly_published_version_answers_the_very_next_request(gateway):
    running = gateway()
    assert said(running.post(chat(MAIL))) == "[EMAIL]"
    running.state.ledger.uses.publish(BLOCKING, by="test")
    response = running.post(chat(MAIL))
    assert response.json()["choices"][0]["finish_reason"] == "content_filter"
    running.state.ledger.uses.rollback("test-use", by="test")
    assert said(running.post(chat(MAIL, stream=False))) == "[EMAIL]"


def test_the_request_that_meets_the_change_is_answered_once(gateway):
    engine = ScriptedEngine(echo)
    running = gateway(engine=engine)
    running.state.ledger.uses.publish(BLOCKING, by="test")
    running.post(chat("hello"))
    assert len(engine.jobs) == 1
    closed = [e.body["finish_reason"] for e in running.state.ledger.entries(kind="closed")]
    assert closed == ["superseded", "stop"]


def test_an_old_version_ends_when_its_last_request_has(gateway):
    pools = []

    def open_pool(policy, workers):
        pools.append(InlinePool(policy, workers))
        return pools[-1]

    engine = HeldEngine()
    running = gateway(engine=engine, open_pool=open_pool)
    answers = []
    first = threading.Thread(target=lambda: answers.append(running.post(chat(MAIL))))
    first.start()

    running.until(lambda: engine.jobs)
    running.state.ledger.uses.publish(BLOCKING, by="test")
    second = running.post(chat(MAIL))
    assert second.json()["choices"][0]["finish_reason"] == "content_filter"
    assert not pools[0].closed
    running.on_loop(engine.go_on())
    first.join(30)
    assert said(answers[0]) == "[EMAIL]"
    running.until(lambda: pools[0].closed)
    assert not engine.closed


def test_the_engine_is_kept_while_its_section_stays_and_closed_at_the_end(gateway):
    engine = ScriptedEngine(echo)
    running = gateway(engine=engine)
    running.state.ledger.uses.publish(BLOCKING, by="test")
    running.post(chat())
    assert not engine.closed
    running.__exit__()
    assert engine.closed


def test_a_version_that_cannot_be_loaded_lets_nothing_through(gateway):
    running = gateway()
    running.state.ledger.uses.publish(HEAD, by="test")
    response = running.post(chat(MAIL))
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "misconfigured"


def test_a_restart_keeps_a_rollback(gateway, tmp_path):
    home = tmp_path / "home"
    first = gateway(home=home)
    first.state.ledger.uses.publish(BLOCKING, by="test")
    first.state.ledger.uses.rollback("test-use", by="test")
    first.__exit__()
    second = gateway(BLOCKING, home=home)
    assert said(second.post(chat(MAIL))) == "[EMAIL]"


def test_a_released_review_gives_its_text_to_the_key_of_its_use(gateway):
    running = gateway(HEAD + rule("review"), engine=ScriptedEngine(chunked(f"ask {MAIL}")))
    evidence = running.post(chat()).json()["x_upright"]
    item = evidence["review_id"]
    with running.http() as client:
        waiting = client.get(f"/v1/reviews/{item}").json()
        assert (waiting["state"], waiting["text"]) == ("open", None)
        running.state.ledger.reviews.decide(item, "release", "harmless", "reviewer")
        released = client.get(f"/v1/reviews/{item}").json()
    assert released["text"] == f"ask {MAIL}"
    assert released["answer"] == evidence["id"]


def test_a_withheld_review_never_gives_its_text(gateway):
    running = gateway(HEAD + rule("review"), engine=ScriptedEngine(chunked(f"ask {MAIL}")))
    item = running.post(chat()).json()["x_upright"]["review_id"]
    running.state.ledger.reviews.decide(item, "withhold", "private", "reviewer")
    with running.http() as client:
        assert MAIL not in client.get(f"/v1/reviews/{item}").text


def test_a_review_of_another_use_is_not_found(gateway):
    other = HEAD.replace("test-use", "other-use") + rule("review")
    running = gateway(REDACTING, other, engine=ScriptedEngine(chunked(MAIL)))
    _, secret = running.state.ledger.api_keys.create("other", "other-use")
    with running.http(secret) as client:
        item = client.post("/v1/chat/completions", json=chat()).json()["x_upright"]["review_id"]
        assert client.get(f"/v1/reviews/{item}").status_code == 200
    with running.http() as client:
        assert client.get(f"/v1/reviews/{item}").status_code == 404


@pytest.fixture
def blocked(gateway):
    running = gateway(BLOCKING)
    return running, running.post(chat(MAIL)).json()["id"]


def test_a_block_can_be_appealed_by_its_id(blocked):
    running, answer = blocked
    made = running.post({"id": answer, "reason": "It is my own.", "text": MAIL}, "/v1/appeals")
    assert made.status_code == 201
    item = running.state.ledger.reviews.get(made.json()["id"])
    assert (item.kind, item.request, item.reason) == ("appeal", answer, "It is my own.")
    assert MAIL not in repr([e.body for e in running.state.ledger.entries()])


def test_an_appeal_is_opened_once(blocked):
    running, answer = blocked
    body = {"id": answer, "reason": "It is my own."}
    ids = {running.post(body, "/v1/appeals").json()["id"] for _ in range(3)}
    assert len(ids) == 1


def test_an_untouched_or_unknown_answer_cannot_be_appealed(blocked):
    running, _ = blocked
    fine = running.post(chat("hello")).json()["id"]
    assert running.post({"id": fine, "reason": "x"}, "/v1/appeals").status_code == 409
    assert running.post({"id": "ans_0", "reason": "x"}, "/v1/appeals").status_code == 404


def test_another_uses_answer_cannot_be_appealed(gateway):
    other = HEAD.replace("test-use", "other-use") + rule("block", at='"prompt"')
    running = gateway(BLOCKING, other)
    _, secret = running.state.ledger.api_keys.create("other", "other-use")
    answer = running.post(chat(MAIL)).json()["id"]
    with running.http(secret) as client:
        response = client.post("/v1/appeals", json={"id": answer, "reason": "x"})
    assert response.status_code == 404
