"""The *Take out* page: where a work stands, and its removal up to the receipt."""

from __future__ import annotations

import json
import re

import pytest
from tests.curate.corpora import POLICY, ids

from upright.attribute import documents
from upright.certify import Certifier, Statement
from upright.curate import Curation, curate
from upright.match.index import IndexWriter, Work
from upright.match.passages import Store
from upright.policy import parse_policy

PASSAGE = "the keeper counted the ships that went by each evening and wrote their names"
WORK = f"Once {PASSAGE} in a green book, and nobody has ever seen it since."
DIGEST = "sha256:" + "0" * 64
USE = """
schema = 1
[use_case]
name = "order-support"
purpose = "Tells tales."
[attribute]
index = {training}
[match]
index = {works}
[[guard.rule]]
detect = ["pii.email"]
at = ["prompt", "output"]
action = "redact"
"""


@pytest.fixture
def corpus(tmp_path):
    file = tmp_path / "corpus" / "c.jsonl"
    file.parent.mkdir()
    file.write_text(json.dumps({"id": "tale <1>", "text": WORK, "owner": "Ann & Co"}) + "\n")
    with Store(tmp_path / "training") as store:
        store.add(documents(file))
    with IndexWriter(tmp_path / "works") as writer:
        writer.add(Work("w<1>", WORK))
    return file


@pytest.fixture
def reader(open_browser, corpus, tmp_path):
    folders = {name: json.dumps(str(tmp_path / name)) for name in ("training", "works")}
    return open_browser(USE.format(**folders))


def test_a_use_without_training_data_is_told_what_makes_an_index(browser):
    browser.get("/take-out")
    assert "names no index of its training data" in browser.page


def test_a_work_is_found_in_training_data_works_and_answers(reader):
    ledger = reader.gateway.ledger
    statement = Statement("order-support", "ans_1", DIGEST, DIGEST)
    certificate = Certifier.open(ledger).issue(statement, WORK)
    reader.post("/take-out", {"text": WORK})
    assert "tale &lt;1&gt;</code> of Ann &amp; Co" in reader.page
    assert "100 % of the work&#39;s words" in reader.page or "of the work's words" in reader.page
    assert "w&lt;1&gt;" in reader.page
    assert certificate.id in reader.page


def test_a_work_that_stands_nowhere_is_told_so(reader):
    reader.post("/take-out", {"text": "Something of which nobody has ever written a word so far."})
    assert "No passage of it stands there." in reader.page
    assert "It is not among them." in reader.page
    assert "No certified answer" in reader.page
    assert "Ask for its removal" not in reader.page


def test_a_removal_runs_through_to_its_receipt(reader, corpus):
    reader.post("/take-out", {"text": WORK})
    form = {"document0": "tale <1>", "reason": "It is <mine>."}
    reader.client.follow_redirects = True
    reader.post("/take-out/ask", form)
    assert "to be carried out" in reader.page
    assert "It is &lt;mine&gt;." in reader.page
    address = re.search(r'action="/console(/take-out/tko_[0-9a-f]+)"', reader.page)[1]
    reader.post(address)
    assert "files of the corpus still hold it" in reader.page
    corpus.write_text("")
    reader.post(address)
    assert "upright certify keys" in reader.page
    assert re.search(r'id="receipt" class="digest">[\w-]+\.[\w-]+\.[\w-]+<', reader.page)
    reader.post("/take-out", {"text": WORK})
    assert "No passage of it stands there." in reader.page
    assert ">done<" in reader.page


def test_everything_of_an_owner_runs_through_corpus_and_index_to_a_receipt(
    open_browser, corpus, tmp_path
):
    policy = parse_policy(POLICY)
    curate(Curation([str(corpus)], policy, tmp_path / "curated"))
    folders = {name: json.dumps(str(tmp_path / name)) for name in ("training", "works")}
    index = f"index = {folders['training']}"
    named = f"{index}\ncorpus = {json.dumps(str(tmp_path / 'curated'))}"
    reader = open_browser(USE.format(**folders).replace(index, named))
    reader.post("/take-out", {"text": WORK})
    assert "everything of Ann &amp; Co" in reader.page
    reader.client.follow_redirects = True
    reader.post("/take-out/ask", {"owner0": "Ann & Co", "reason": "mine"})
    address = re.search(r'action="/console(/take-out/tko_[0-9a-f]+)"', reader.page)[1]
    corpus.unlink()
    reader.post(address, status=400)
    corpus.write_text(json.dumps({"id": "tale <1>", "text": WORK, "owner": "Ann & Co"}) + "\n")
    reader.post(address)
    assert ids(tmp_path / "curated") == []
    assert "1 of the index, 1 of what the corpus is made of" in reader.page


@pytest.mark.parametrize("form", [{"document0": "tale <1>"}, {"reason": "x"}])
def test_a_request_needs_a_reason_and_something_to_remove(reader, form):
    reader.post("/take-out/ask", form, status=400)
    assert reader.gateway.ledger.entries(kind="takeout.asked") == []


def test_a_request_that_is_not_there_is_not_found(reader):
    reader.get("/take-out/tko_0", status=404)
    reader.post("/take-out/tko_0", status=404)
