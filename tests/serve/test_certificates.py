"""Certificates over HTTP: with every answer, by name, and the log that anybody may look at."""

import re

import pytest
from tests.answer.fakes import HEAD, ScriptedEngine, chunked, echo, rule
from tests.serve.gateway import Gateway, chat

from upright.certify import Certifier, Statement, read_base64
from upright.certify.offline import (
    check_growth,
    check_text,
    open_certificate,
    open_head,
    open_revoked,
    read_keys,
)

STORY = (
    "The mill stood empty for a year before anyone asked about the key. When they did, "
    "Osric pretended not to hear, and went on counting sacks by the water until the light "
    "failed and the heron flew home over the weir."
)
ESSAY = (
    "My grandmother kept a notebook of every storm she had lived through, with the hour it "
    "began, the first tree that fell, and the neighbour who came to the door with a lamp. I "
    "read it now whenever the wind turns, and it steadies me more than any forecast does."
)


def script(job):
    """Repeat the prompt if it is long; tell the story otherwise."""
    said = job.messages[-1].content
    return echo(job) if len(said) > 100 else chunked(STORY, 9)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    engine = ScriptedEngine(script)
    with Gateway(tmp_path_factory.mktemp("home"), HEAD + rule("redact"), engine=engine) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def trusted(running):
    with running.http(None) as client:
        return read_keys(client.get("/v1/log/keys").content)


def attached(answer):
    (certificate,) = answer.json()["x_upright"]["certificates"]
    return certificate["id"], read_base64(certificate["cose"])


def get(gateway, path, status=200, secret="own"):
    with gateway.http(gateway.secret if secret == "own" else secret) as client:
        response = client.get(path)
    assert response.status_code == status, response.text
    return response


def cose(response):
    return read_base64(response.json()["cose"])


def test_every_answer_carries_a_certificate_that_a_third_party_can_check(running, trusted):
    answer = running.post(chat("Tell."))
    name, data = attached(answer)
    opened = open_certificate(data, trusted)
    text = answer.json()["choices"][0]["message"]["content"]
    assert check_text(opened, text) == [(0, len(text))]
    assert (opened.id, opened.fields["request"]) == (name, answer.json()["x_upright"]["id"])
    assert len(data) <= 1500
    assert opened.head is not None


def test_a_persons_essay_repeated_by_the_model_is_not_certified(running, trusted):
    answer = running.post(chat(ESSAY))
    text = answer.json()["choices"][0]["message"]["content"]
    assert text == ESSAY
    assert check_text(open_certificate(attached(answer)[1], trusted), text) == []
    found = running.post({"text": ESSAY}, "/v1/verify").json()
    assert found["verdict"] == "insufficient"
    assert found["certificate"] is None or not found["certificate"]["certified"]


def test_verify_knows_a_certified_text_and_an_edited_copy_of_it(running):
    name, _ = attached(running.post(chat("Tell.")))
    whole = running.post({"text": STORY}, "/v1/verify").json()
    assert whole["verdict"] == "certified"
    edited = re.sub(r"empty|pretended|light", "other", STORY)
    copy = running.post({"text": edited}, "/v1/verify").json()
    assert (copy["verdict"], copy["edited_copy_of"]) == ("insufficient", name)


def test_a_certificate_is_given_in_every_form_to_its_own_use_only(running, trusted):
    name, _ = attached(running.post(chat("Tell.")))
    told = get(running, f"/v1/certificates/{name}").json()
    assert (told["id"], told["revoked"]) == (name, None)
    raw = get(running, f"/v1/certificates/{name}?form=cose").content
    assert open_certificate(raw, trusted).id == name
    assert get(running, f"/v1/certificates/{name}?form=jws").text.count(".") == 2
    get(running, f"/v1/certificates/{name}", 401, secret=None)
    get(running, "/v1/certificates/crt_" + "0" * 32, 404)


def test_a_certificate_of_another_use_is_not_even_told_to_exist(running):
    other = Statement("another-use", "ans_1", "sha256:" + "0" * 64, "sha256:" + "0" * 64)
    issued = Certifier.open(running.state.ledger).issue(other, STORY)
    get(running, f"/v1/certificates/{issued.id}", 404)


def test_a_revoked_certificate_is_told_as_revoked(running, trusted):
    name, _ = attached(running.post(chat("Tell.")))
    Certifier.open(running.state.ledger).revoke(name, "the source was withdrawn")
    assert get(running, f"/v1/certificates/{name}").json()["revoked"]["reason"]
    get(running, f"/v1/certificates/{name}?form=jws", 409)
    get(running, f"/v1/certificates/{name}?form=cose", 409)
    listed = open_revoked(cose(get(running, "/v1/log/revoked", secret=None)), trusted)
    assert name in listed


def test_anybody_can_keep_a_head_of_the_log_and_see_later_that_it_only_grew(running, trusted):
    kept = open_head(cose(get(running, "/v1/log/head", secret=None)), trusted)
    running.post(chat("Tell."))
    newest = cose(get(running, f"/v1/log/consistency?first={kept.size}", secret=None))
    assert check_growth(newest, kept, trusted).size > kept.size


@pytest.mark.parametrize(("first", "status"), [(0, 400), (-1, 400), (10**9, 404), ("x", 400)])
def test_a_size_that_the_log_never_had_is_refused(running, first, status):
    get(running, f"/v1/log/consistency?first={first}", status, secret=None)


def test_a_certified_excerpt_is_not_called_the_exact_text(running):
    running.post(chat("Tell."))
    whole = running.post({"text": STORY}, "/v1/verify").json()
    excerpt = running.post({"text": STORY[: STORY.index(" and the heron")]}, "/v1/verify").json()
    assert (whole["certificate"]["kind"], excerpt["certificate"]["kind"]) == ("exact", "excerpt")
    assert "exactly this text" in whole["meaning"]
    assert (excerpt["verdict"], "exactly" in excerpt["meaning"]) == ("certified", False)


def test_what_anybody_may_send_is_bounded(tmp_path):
    use = HEAD + rule("redact") + "[limits]\npublic_verifications_per_minute = 9\n"
    with (
        Gateway(tmp_path, use, engine=ScriptedEngine(echo)) as gateway,
        gateway.http(None) as client,
    ):
        bodies = ({"text": "x" * 4_001}, {"text": "x", "prompt": "y"}, {"text": "x" * 4_000})
        codes = [
            client.post("/v1/verify", json={**body, "use_case": "test-use"}).status_code
            for body in bodies
        ]
    assert codes == [413, 413, 200]
