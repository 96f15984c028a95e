"""Documents and owners go from index and corpus alike, in one request."""

from __future__ import annotations

import json

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey
from tests.curate.corpora import POLICY, edited, ids, lines, prose, write

from upright.attribute import corpus_files, documents
from upright.attribute.clearing import Data
from upright.attribute.takeout import TakeOuts, Wish
from upright.certify.issuer import Issuer
from upright.curate import Curation, InputError, curate
from upright.ledger import Ledger
from upright.match.index import Index, IndexWriter, Work
from upright.match.passages import PassageIndex, Store
from upright.policy import parse_policy
from upright.terms import ConfigError

TALE = prose(1, 200)
RECORDS = [
    {"id": "a", "text": TALE, "owner": "ann"},
    {"id": "b", "text": edited(TALE, 0.01), "owner": "bob"},
    {"id": "c", "text": f"{prose(2)} DE89 3704 0044 0532 0130 00", "owner": "ann"},
    {"id": "d", "text": prose(3), "owner": "ann"},
    {"id": "e", "text": prose(4)},
]


@pytest.fixture
def data(tmp_path):
    """A curated corpus, with an index made of it, and one of protected works."""
    source = write(tmp_path / "in.jsonl", RECORDS)
    curate(Curation([source], parse_policy(POLICY), tmp_path / "corpus"))
    with Store(tmp_path / "training") as store:
        files = corpus_files([tmp_path / "corpus"])
        store.add(one for file in files for one in documents(file))
    with IndexWriter(tmp_path / "works") as writer:
        writer.add(Work("w", TALE, owner="ann"))
    return Data(tmp_path / "training", tmp_path / "works", tmp_path / "corpus")


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(home=tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def requests(data, ledger):
    return TakeOuts(ledger, "tales", data)


def indexed(data):
    return {name for s in PassageIndex(data.training).shards for name in s.table.ids()}


def claims(taken, ledger):
    key = OKPKey.import_key(Issuer("", ledger.home).public_pem())
    return json.loads(jws.deserialize_compact(taken.receipt, key, algorithms=["EdDSA"]).payload)


def test_all_of_an_owner_goes_from_index_and_corpus_in_one_request(data, requests, ledger):
    taken = requests.ask(Wish(owners=("ann",)), by="Ann")
    assert taken.wish.documents == ("a", "c", "d")
    taken = requests.carry_out(taken.id, by="Bob")
    assert (taken.state, dict(taken.removed)) == ("done", {"index": 2, "works": 0, "corpus": 3})
    assert ids(data.corpus) == ["b", "e"]
    assert lines(data.corpus / "review.jsonl") == []
    told = claims(taken, ledger)
    assert (told["owners"], told["removed"]) == (["ann"], dict(taken.removed))
    summary = json.loads((data.corpus / "summary.json").read_text())
    assert told["corpus_digest"] == summary["digest"]


def test_the_index_follows_the_corpus_so_that_sources_are_shown_from_where_they_are_now(
    data, requests
):
    requests.carry_out(requests.ask(Wish(owners=("ann",)), by="Ann").id, by="Bob")
    assert indexed(data) == {"b", "e"}
    index = PassageIndex(data.training)
    assert index.source("e").text == RECORDS[-1]["text"]
    assert index.source("b").text == RECORDS[1]["text"]


def test_a_single_document_goes_from_the_corpus_too_and_the_owner_s_others_stay(data, requests):
    taken = requests.carry_out(requests.ask(Wish(("d",)), by="Ann").id, by="Bob")
    assert (taken.state, taken.removed["corpus"]) == ("done", 1)
    assert ids(data.corpus) == ["a", "e"]
    assert indexed(data) == {"a", "e"}


def test_what_only_waits_for_a_person_is_found_and_goes(data, requests):
    taken = requests.carry_out(requests.ask(Wish(("c",)), by="Ann").id, by="Bob")
    assert (taken.state, taken.removed["index"], taken.removed["corpus"]) == ("done", 0, 1)
    assert lines(data.corpus / "review.jsonl") == []


def test_protected_works_of_an_owner_stay_unless_they_are_named(data, requests):
    requests.carry_out(requests.ask(Wish(owners=("ann",)), by="Ann").id, by="Bob")
    assert [work.id for work in Index.open(data.works).documents()] == ["w"]
    taken = requests.carry_out(requests.ask(Wish(works=("w",)), by="Ann").id, by="Bob")
    assert (taken.removed["works"], [*Index.open(data.works).documents()]) == (1, [])


def test_of_an_owner_nobody_knows_nothing_is_recorded_and_near_names_are_told(requests, ledger):
    with pytest.raises(ConfigError) as caught:
        requests.ask(Wish(owners=("Anne",)), by="Ann")
    assert "nothing of 'Anne'" in caught.value.problem
    assert "near: ann" in caught.value.mend
    assert ledger.entries() == []


def test_a_removal_that_could_not_be_finished_can_be_carried_out_again(
    tmp_path, data, requests, ledger
):
    taken = requests.ask(Wish(owners=("ann",)), by="Ann")
    (tmp_path / "in.jsonl").rename(tmp_path / "away.jsonl")
    with pytest.raises(InputError):
        requests.carry_out(taken.id, by="Bob")
    assert requests.get(taken.id).state == "waiting"
    assert "a" not in indexed(data)
    (tmp_path / "away.jsonl").rename(tmp_path / "in.jsonl")
    taken = requests.carry_out(taken.id, by="Bob")
    assert (taken.state, ids(data.corpus)) == ("done", ["b", "e"])
    assert dict(taken.removed) == {"index": 2, "works": 0, "corpus": 3}


def test_all_that_is_held_can_go(data, requests):
    wish = Wish(("b", "e"), owners=("ann",))
    with pytest.raises(ConfigError, match="holds no document 'b'"):
        requests.ask(wish, by="Ann")  # the twin was left out
    requests.carry_out(requests.ask(Wish(("e",), owners=("ann",)), by="Ann").id, by="Bob")
    taken = requests.carry_out(requests.ask(Wish(owners=("bob",)), by="Bob").id, by="Bob")
    assert (taken.state, ids(data.corpus), indexed(data)) == ("done", [], set())
