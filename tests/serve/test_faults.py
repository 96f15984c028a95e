"""A detector that gives no answer: every endpoint ends as the policy declares, and says so."""

from __future__ import annotations

import functools
import time

import pytest
from tests.answer.fakes import FAULTS, FAULTY, HEAD, ScriptedEngine, chunked, rule
from tests.serve.gateway import Gateway, chat

from upright.guard import GuardPool

NOTICE = "This text was withheld by the rules of this service."
DEADLINE = 0.3
# Far beyond the deadline and far below for ever: a hung detector never hangs an answer.
BOUND = 20.0


def shout(job):
    """Say the prompt in capitals, so that a word can be a fault in the answer alone."""
    text = job.prompt if job.messages is None else job.messages[-1].content
    return chunked(text.upper(), 7)


@pytest.fixture(scope="module", params=["block", "flag", "allow"])
def declared(request, tmp_path_factory):
    """A running gateway, with what its policy declares for errors."""
    head = f'{HEAD}\n[guard]\non_error = "{request.param}"\ndeadline_ms = {int(DEADLINE * 1000)}\n'
    use = head + "[limits]\nrequests_per_minute = 100000\n" + rule("redact")
    pool = functools.partial(GuardPool, extra=FAULTY)
    home = tmp_path_factory.mktemp("home")
    with Gateway(home, use, engine=ScriptedEngine(shout), open_pool=pool) as running:
        yield request.param, running


def ask(running, path, text, *, stream):
    body = chat(text) if path == "chat/completions" else {"prompt": text}
    with running.http() as client:
        if not stream:
            made = client.post(f"/v1/{path}", json=body)
            choice = made.json()["choices"][0]
            said = choice["text"] if "text" in choice else choice["message"]["content"]
            return said, choice["finish_reason"], made.json()["x_upright"]
        sdk = running.sdk()
        if path == "completions":
            chunks = list(sdk.completions.create(model="any", stream=True, **body))
            parts = [chunk.choices[0].text for chunk in chunks]
        else:
            chunks = list(sdk.chat.completions.create(**body, stream=True))
            parts = [chunk.choices[0].delta.content or "" for chunk in chunks]
        last = chunks[-1]
        return "".join(parts), last.choices[0].finish_reason, last.model_extra["x_upright"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("path", ["chat/completions", "completions"])
@pytest.mark.parametrize("stage", ["prompt", "output"])
@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_ends_as_the_policy_declares(declared, fault, stage, path, stream):
    action, running = declared
    before = running.state.ledger.count()
    word = fault.upper() if stage == "prompt" else fault
    started = time.monotonic()
    said, reason, evidence = ask(running, path, f"tell me of {word} please", stream=stream)
    assert time.monotonic() - started < BOUND
    if action == "block":
        assert reason == "content_filter"
        assert said.endswith(NOTICE)
        assert fault.upper() not in said
    else:
        assert (said, reason) == (f"TELL ME OF {fault.upper()} PLEASE", "stop")
    told = [error for verdict in evidence["verdicts"] for error in verdict["errors"]]
    expected = {"rule": f"custom.{fault}", "kind": FAULTS[fault], "action": action}
    assert expected in told
    recorded = running.state.ledger.entries(after=before, kind="error")
    assert expected in [error for entry in recorded for error in entry.body["errors"]]
    assert stage in {entry.body["stage"] for entry in recorded}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_moderation_ends_as_the_policy_declares(declared, fault):
    action, running = declared
    before = running.state.ledger.count()
    response = running.post({"input": [fault.upper(), "fine"]}, "/v1/moderations")
    first, second = response.json()["results"]
    assert first["flagged"] is (action == "block")
    assert {error["kind"] for error in first["x_upright"]["errors"]} == {FAULTS[fault]}
    assert len(second["categories"]) == 13
    assert running.state.ledger.entries(after=before, kind="error")


def test_the_next_request_finds_a_healthy_guard(declared):
    _, running = declared
    said, reason, evidence = ask(running, "chat/completions", "all is well", stream=False)
    assert (said, reason, evidence["verdicts"]) == ("ALL IS WELL", "stop", [])
