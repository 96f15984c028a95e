"""`POST /v1/verify`: what a gateway says of where a text came from."""

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
