"""`POST /v1/verify`: what a gateway says of where a text came from."""

import asyncio
import json
import socket
import threading

import pytest
from tests.answer.fakes import HEAD, ScriptedEngine, echo, rule
from tests.serve.gateway import Gateway, chat
from tests.watermark.letterer import LETTERS, Letterer
from tests.watermark.texts import written

MARKED = HEAD + rule("redact") + '[watermark]\nscheme = "split"\n[generation]\ntemperature = 1.0\n'


def text_of(tokens):
    return "".join(LETTERS[token] for token in tokens)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Gateway(tmp_path_factory.mktemp("home"), MARKED, engine=Letterer()) as gateway:
        yield gateway


def verify(gateway, status=200, **body):
    response = gateway.post(body, "/v1/verify")
    assert response.status_code == status, response.text
    return response.json()


def test_a_text_that_the_gateway_wrote_is_found_and_the_answer_says_that_it_is_marked(running):
    answer = running.post(chat("Write.")).json()
    assert answer["x_upright"]["watermark"] == {"scheme": "split", "epoch": 1}
    text = answer["choices"][0]["message"]["content"]
    found = verify(running, text=text, id="mine")
    assert (found["id"], found["verdict"]) == ("mine", "certified")
    assert found["watermark"]["verdict"] == "watermarked"
    assert found["watermark"]["p_value"] <= 1e-6
    assert found["watermark"]["spans"]


def test_another_text_is_not_and_the_answer_says_what_that_means(running):
    found = verify(running, text=text_of(written(None, 80, 77)))
    assert found["verdict"] == "insufficient"
    assert "no finding" in found["meaning"]
    assert found["watermark"]["p_value"] > 1e-6


def test_that_somebody_asked_is_recorded_without_the_text(running):
    text = text_of(written(None, 30, 78))
    verify(running, text=text)
    (newest,) = running.state.ledger.entries(kind="verdict", limit=1, newest_first=True)
    assert newest.body == {"endpoint": "verify", "texts": 1, "verdict": "insufficient"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 400),
        ({"text": "a\x00b"}, 400),
        ({}, 400),
        ({"text": 7}, 400),
        ({"text": "x" * 20_001}, 413),
        ({"text": "x", "prompt": "y" * 20_001}, 413),
    ],
)
def test_what_is_no_text_is_refused(running, body, status):
    assert "error" in verify(running, status, **body)


def test_nobody_asks_without_a_key(running):
    with running.http(None) as client:
        assert client.post("/v1/verify", json={"text": "x"}).status_code == 401


def test_a_gateway_that_never_marked_has_nothing_to_look_for(tmp_path):
    plain = HEAD + rule("redact")
    with Gateway(tmp_path, plain, engine=ScriptedEngine(echo)) as gateway:
        found = verify(gateway, text="Hello there.")
    assert (found["verdict"], found["watermark"]) == ("insufficient", None)


def test_the_public_gets_a_bare_verdict_and_not_too_often_where_a_use_allows_it(tmp_path):
    use = HEAD + rule("redact") + "[limits]\npublic_verifications_per_minute = 2\n"
    with (
        Gateway(tmp_path, use, engine=ScriptedEngine(echo)) as gateway,
        gateway.http(None) as client,
    ):
        body = {"text": "Hello there.", "use_case": "test-use"}
        first, second, third = (client.post("/v1/verify", json=body) for _ in range(3))
        unknown = client.post("/v1/verify", json={**body, "use_case": "other"})
    assert set(first.json()) == {"object", "verdict", "meaning"}
    assert (second.status_code, third.status_code, unknown.status_code) == (200, 429, 401)
    assert int(third.headers["retry-after"]) > 0


class SlowReader(Letterer):
    """Reads until it is stopped."""

    def __init__(self):
        super().__init__()
        self.asked = threading.Event()
        self.stopped = threading.Event()

    async def read(self, tokens, visit, *, after=()):
        self.asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


def test_a_verification_that_nobody_waits_for_stops_the_engine(tmp_path):
    engine = SlowReader()
    with Gateway(tmp_path, MARKED, engine=engine) as gateway:
        body = json.dumps({"text": text_of(written(None, 80, 79))}).encode()
        head = (
            f"POST /v1/verify HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {gateway.secret}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", gateway.port)) as client:
            client.sendall(head.encode() + body)
            assert engine.asked.wait(30)
            assert not engine.stopped.is_set()
        assert engine.stopped.wait(30)
        left = gateway.state.metrics.cancelled.labels("verify")
        gateway.until(lambda: left._value.get() == 1)


@pytest.mark.parametrize("group", [{"kind": "sonnet"}, {"kind": ""}])
def test_a_kind_of_text_that_was_not_measured_is_refused_whatever_the_verdict(
    running, tmp_path, group
):
    certified = running.post(chat("Write.")).json()["choices"][0]["message"]["content"]
    for text in (certified, text_of(written(None, 80, 77))):
        error = verify(running, 400, text=text, **group)["error"]
        assert (error["code"], error["param"]) == ("unknown_kind", "kind")
        assert "essays" in error["message"], "the message names those that were"
    with Gateway(tmp_path, HEAD + rule("redact"), engine=ScriptedEngine(echo)) as gateway:
        error = verify(gateway, 400, text="Hello there.", **group)["error"]
    assert error["code"] == "unknown_kind"


def test_no_prompt_is_said_by_null_as_well(running):
    text = text_of(written(None, 40, 81))
    assert verify(running, text=text, prompt=None) == verify(running, text=text)


@pytest.mark.parametrize("body", [{"text": "a\x00b"}, {"text": "ab", "prompt": "a\x00b"}])
def test_a_nul_is_refused_by_an_engine_that_reads_and_by_one_that_does_not(running, tmp_path, body):
    with Gateway(tmp_path, HEAD + rule("redact"), engine=ScriptedEngine(echo)) as gateway:
        errors = [verify(one, 400, **body)["error"] for one in (running, gateway)]
    assert errors[0] == errors[1]
    assert "NUL" in errors[0]["message"]
