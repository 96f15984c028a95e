"""`POST /v1/attribute`: what a gateway says of a text's roots in the training data."""

import json

import pytest
from tests.answer.fakes import HEAD, ScriptedEngine, echo, rule
from tests.serve.gateway import Gateway

from upright.match.passages import Document, Store

PASSAGE = "the keeper counted the ships that went by each evening and wrote their names"
TEXT = f"It is said that {PASSAGE.upper()}, but who knows."
USE = HEAD + rule("redact") + "[attribute]\nindex = {}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("index")
    with Store(made) as store:
        store.add([Document("tale", f"Once {PASSAGE}.", owner="Ann"), Document("b", "Nothing.")])
    return made


@pytest.fixture(scope="module")
def running(tmp_path_factory, folder):
    use = USE.format(json.dumps(str(folder)))
    home = tmp_path_factory.mktemp("home")
    with Gateway(home, use, engine=ScriptedEngine(echo)) as gateway:
        yield gateway


def attribute(gateway, status=200, **body):
    response = gateway.post(body, "/v1/attribute")
    assert response.status_code == status, response.text
    return response.json()


def test_a_passage_of_the_training_data_is_found_with_its_source(running):
    found = attribute(running, text=TEXT, id="mine")
    [span] = found["spans"]
    assert (found["object"], found["id"]) == ("upright.attribution", "mine")
    assert TEXT[span["start"] : span["end"]] == PASSAGE.upper()
    place = {"id": "tale", "start": 5, "end": 5 + len(PASSAGE), "owner": "Ann"}
    assert span["documents"] == [place]
    assert [one["id"] for one in found["documents"]] == ["tale"]
    assert span["found"] == 1


def test_another_text_has_no_roots_there(running):
    found = attribute(running, text="Quite another text, which nobody was trained on so far.")
    assert (found["spans"], found["documents"]) == ([], [])


def test_that_somebody_asked_is_recorded_without_the_text(running):
    found = attribute(running, text=TEXT)
    (newest,) = running.state.ledger.entries(kind="verdict", limit=1, newest_first=True)
    body = {"endpoint": "attribute", "texts": 1, "spans": 1, "index": found["index"]}
    assert newest.body == body


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 400),
        ({}, 400),
        ({"text": "x", "most": 0}, 400),
        ({"text": "x" * 200_001}, 413),
    ],
)
def test_what_is_no_request_is_refused(running, body, status):
    assert "error" in attribute(running, status, **body)


def test_nobody_asks_without_a_key(running):
    with running.http(None) as client:
        assert client.post("/v1/attribute", json={"text": "x"}).status_code == 401


def test_a_removed_document_is_gone_for_the_next_request(running, folder):
    with Store(folder) as store:
        store.add([Document("gone", f"And {PASSAGE}!")])
    assert attribute(running, text=TEXT)["spans"][0]["found"] == 2
    with Store(folder) as store:
        store.forget(["gone"])
    assert attribute(running, text=TEXT)["spans"][0]["found"] == 1


@pytest.mark.parametrize(
    ("use", "status", "code"),
    [
        (HEAD + rule("redact"), 404, "no_training_index"),
        (USE.format('"nowhere/at/all"'), 503, "training_index_unavailable"),
    ],
)
def test_a_use_without_a_good_index_says_so_and_names_no_folder(tmp_path, use, status, code):
    with Gateway(tmp_path, use, engine=ScriptedEngine(echo)) as gateway:
        error = attribute(gateway, status, text="x")["error"]
    assert error["code"] == code
    assert "nowhere" not in json.dumps(error)
