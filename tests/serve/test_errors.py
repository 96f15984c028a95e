"""Every error is an envelope that OpenAI's clients understand, and repeats nobody's text."""

from __future__ import annotations

import json

import openai
import pytest
from tests.answer.fakes import HEAD, EndlessEngine, ScriptedEngine, rule
from tests.serve.conftest import REDACTING
from tests.serve.gateway import chat

from upright.answer import PolicyChangedError, UseStoppedError
from upright.generate.types import EngineError, Piece
from upright.serve.errors import http_problem, problem_of, refused
from upright.terms import ConfigError

CANARY = "canary-4711@example.com"


def code_of(response):
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert CANARY not in response.text
    return response.status_code, error["code"]


@pytest.fixture
def running(gateway):
    return gateway()


@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer", "Bearer upr_wrong", CANARY])
def test_no_good_key_is_401(running, header):
    with running.http(None) as client:
        headers = {} if header is None else {"authorization": header}
        response = client.post("/v1/chat/completions", json=chat(), headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "authentication_error"
    assert response.headers["www-authenticate"] == "Bearer"


def test_an_endless_secret_is_401(running):
    with running.http("x" * 5000) as client:
        assert client.get("/v1/models").status_code == 401


def test_a_revoked_key_is_401_once_it_is_forgotten(running):
    key, secret = running.state.ledger.api_keys.create("temporary", "test-use")
    assert running.sdk(secret).models.list().data
    running.state.ledger.api_keys.revoke(key.id)
    running.state.doorkeeper._clock = lambda: 1e12
    with pytest.raises(openai.AuthenticationError):
        running.sdk(secret).models.list()


def test_a_key_reaches_only_its_use(running):
    _, secret = running.state.ledger.api_keys.create("foreign", "another-use")
    with pytest.raises(openai.PermissionDeniedError) as caught:
        running.sdk(secret).chat.completions.create(model="any", messages=[])
    assert caught.value.code == "wrong_use"


def test_two_uses_answer_side_by_side_under_their_own_policies(gateway):
    other = HEAD.replace("test-use", "other-use") + rule("block")
    running = gateway(REDACTING, other)
    _, secret = running.state.ledger.api_keys.create("other", "other-use")
    body = {"model": "any", "messages": [{"role": "user", "content": CANARY}]}
    mine = running.sdk().chat.completions.create(**body)
    theirs = running.sdk(secret).chat.completions.create(**body)
    assert mine.choices[0].finish_reason == "stop"
    assert theirs.choices[0].finish_reason == "content_filter"


def test_an_unknown_address_is_404_and_a_wrong_method_405(running):
    with running.http() as client:
        assert code_of(client.get(f"/{CANARY}")) == (404, "not_found")
        response = client.get("/v1/chat/completions")
    assert code_of(response) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "x"}, "messages"),
        ({"messages": [{"role": CANARY, "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
        (chat(n=0), "n"),
        (chat(n=17), "n"),
        (chat(temperature=CANARY), "temperature"),
        (chat(max_tokens=0), "max_tokens"),
        (chat(stop=["x"] * 17), "stop"),
        (chat(stream="perhaps"), "stream"),
        (chat(functions=[{"name": "f"}]), "functions"),
        (chat(audio={"voice": "x"}), "audio"),
        (chat(echo=True), "echo"),
    ],
)
def test_what_does_not_fit_is_400_and_names_the_field(running, body, param):
    response = running.post(body)
    assert response.status_code == 400
    assert code_of(response)[1] in {"invalid_value", "unsupported_field"}
    assert response.json()["error"]["param"].startswith(param)


def test_pictures_are_refused_since_no_guard_sees_them(running):
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    response = running.post({"messages": [{"role": "user", "content": [part]}]})
    assert code_of(response) == (400, "unsupported_content")


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"messages": "\\ud800"}', b"[" * 100_000]
)
def test_what_is_no_json_object_is_400(running, raw):
    with running.http() as client:
        response = client.post("/v1/chat/completions", content=raw)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_too_large_a_body_is_413_by_its_header(running):
    with running.http() as client:
        response = client.post("/v1/chat/completions", content=b"x" * 1_000_001)
    assert code_of(response) == (413, "request_too_large")


def test_too_large_a_body_is_413_without_a_length(running):
    with running.http() as client:
        response = client.post(
            "/v1/chat/completions", content=(b"x" * 100_000 for _ in range(1000))
        )
    assert code_of(response) == (413, "request_too_large")


def test_a_body_is_not_read_for_a_stranger(running):
    with running.http(None) as client:
        response = client.post(
            "/v1/chat/completions", content=(b"x" * 100_000 for _ in range(1000))
        )
    assert response.status_code == 401


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("timeout", 504),
        ("refused", 502),
        ("malformed", 502),
        ("unavailable", 503),
        ("overloaded", 503),
        ("bad_request", 400),
    ],
)
def test_an_engines_failure_before_the_first_text_has_a_status(gateway, kind, status, streamed):
    running = gateway(engine=ScriptedEngine(fault=EngineError(CANARY, kind=kind)))
    response = running.post(chat(stream=streamed))
    assert code_of(response) == (status, f"engine_{kind}")
    assert response.headers["x-upright-id"].startswith("ans_")
    assert running.kinds()[-3:] == ["opened", "error", "closed"]


def test_an_engines_failure_within_a_stream_ends_it_with_an_error(gateway):
    fault = EngineError(CANARY, kind="malformed")
    running = gateway(engine=ScriptedEngine([Piece(text="Once upon a time. ")], fault=fault))
    response = running.post(chat(stream=True))
    assert response.status_code == 200
    *_, last = [line[6:] for line in response.text.splitlines() if line]
    assert json.loads(last)["error"]["code"] == "engine_malformed"
    assert "[DONE]" not in response.text
    with pytest.raises(openai.APIError):
        list(
            running.sdk().chat.completions.create(
                model="any", messages=[{"role": "user", "content": "x"}], stream=True
            )
        )


@pytest.mark.parametrize("streamed", [False, True])
def test_a_failure_nobody_foresaw_is_a_500_without_its_message(gateway, streamed):
    running = gateway(engine=ScriptedEngine(fault=ValueError(CANARY)))
    response = running.post(chat(stream=streamed))
    assert code_of(response) == (500, "internal_error")


def test_a_stopped_use_is_503_on_every_endpoint_that_judges(running):
    running.state.ledger.uses.stop("test-use", CANARY, by="test")
    assert code_of(running.post(chat())) == (503, "use_stopped")
    assert code_of(running.post(chat(stream=True))) == (503, "use_stopped")
    assert code_of(running.post({"prompt": "x"}, "/v1/completions")) == (503, "use_stopped")
    assert code_of(running.post({"input": "x"}, "/v1/moderations")) == (503, "use_stopped")
    running.state.ledger.uses.resume("test-use", by="test")
    assert running.post(chat()).status_code == 200


def test_a_rate_beyond_the_policys_is_429_with_a_time(gateway):
    running = gateway(HEAD + "[limits]\nrequests_per_minute = 3\n" + rule("redact"))
    answers = [running.post(chat()) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert code_of(answers[-1]) == (429, "rate_limited")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20


def test_one_key_may_have_so_many_requests_in_flight(gateway):
    use = HEAD + "[limits]\nmax_concurrent = 1\n" + rule("redact")
    running = gateway(use, engine=EndlessEngine())
    with running.sdk().chat.completions.create(
        model="any", messages=[{"role": "user", "content": "x"}], stream=True
    ) as held:
        next(iter(held))
        response = running.post(chat())
    assert code_of(response) == (429, "too_many_concurrent")


def test_more_than_the_gateway_can_hold_is_503_with_a_time(gateway):
    running = gateway(engine=EndlessEngine(), active=1, waiting=0)
    with running.sdk().chat.completions.create(
        model="any", messages=[{"role": "user", "content": "x"}], stream=True
    ) as held:
        next(iter(held))
        response = running.post(chat())
    assert code_of(response) == (503, "overloaded")
    assert response.headers["retry-after"]


@pytest.mark.parametrize(
    "error",
    [
        UseStoppedError("use", CANARY),
        PolicyChangedError("use", 3),
        ConfigError(CANARY),
        EngineError(CANARY, kind="unheard-of"),
        RuntimeError(CANARY),
        refused(400, "code", "message"),
    ],
)
def test_no_problem_repeats_an_exceptions_message(error):
    problem = problem_of(error)
    assert CANARY not in json.dumps(problem.envelope())
    assert 400 <= problem.status < 600
    assert problem.code


def test_every_status_of_routing_has_words():
    for status in (404, 405, 418):
        assert http_problem(status).message
