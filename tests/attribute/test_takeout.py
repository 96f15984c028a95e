"""Removals: recorded when asked for, carried through index and corpus, proved by a receipt."""

from __future__ import annotations

import base64
import json

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from upright.attribute import documents
from upright.attribute.clearing import Data
from upright.attribute.takeout import RECEIPT, TakeOuts, Wish
from upright.certify.issuer import Issuer
from upright.ledger import Ledger, NotFoundError
from upright.match.index import Index, IndexWriter, Work
from upright.match.passages import PassageIndex, Store
from upright.terms import ConfigError

PASSAGE = "the keeper counted the ships that went by each evening and wrote their names"
LINES = [
    {"id": "tale", "text": f"Once {PASSAGE}.", "owner": "Ann"},
    {"id": "other", "text": f"Others say {PASSAGE}; who knows."},
]


@pytest.fixture
def corpus(tmp_path):
    file = tmp_path / "corpus" / "c.jsonl"
    file.parent.mkdir()
    file.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    with Store(tmp_path / "training") as store:
        store.add(documents(file))
    return file


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(home=tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def requests(tmp_path, corpus, ledger):
    return TakeOuts(ledger, "tales", Data(tmp_path / "training"))


def holders(folder):
    spans = PassageIndex(folder).trace(PASSAGE).spans(9)
    return {place.document for span in spans for place in span.places}


def without(corpus, name):
    kept = [line for line in LINES if line["id"] != name]
    corpus.write_text("".join(json.dumps(line) + "\n" for line in kept))


def test_a_removal_goes_from_the_request_through_index_and_corpus_to_a_receipt(
    tmp_path, corpus, requests, ledger
):
    taken = requests.ask(Wish(("tale",), reason="It is mine."), by="Ann (key_1)")
    assert (taken.state, taken.by, taken.wish.reason) == ("asked", "Ann (key_1)", "It is mine.")
    assert holders(tmp_path / "training") == {"tale", "other"}
    taken = requests.carry_out(taken.id, by="Bob")
    assert (taken.state, taken.remaining) == ("waiting", ("tale",))
    assert holders(tmp_path / "training") == {"other"}
    without(corpus, "tale")
    taken = requests.carry_out(taken.id, by="Bob")
    assert (taken.state, taken.remaining) == ("done", ())
    claims = opened(taken.receipt, ledger)
    assert (claims["jti"], claims["documents"], claims["works"]) == (taken.id, ["tale"], [])
    assert claims["index"] == PassageIndex(tmp_path / "training").digest
    assert requests.carry_out(taken.id, by="Bob") == taken
    kinds = [entry.kind for entry in ledger.entries(request=taken.id)]
    assert kinds == ["takeout.asked", "takeout.waiting", "takeout.done"]


def opened(receipt, ledger):
    """Check a receipt with somebody else's library and the public keys alone."""
    key = OKPKey.import_key(Issuer("", ledger.home).public_pem())
    found = jws.deserialize_compact(receipt, key, algorithms=["EdDSA"])
    assert found.protected["typ"] == RECEIPT
    return json.loads(found.payload)


def test_a_receipt_that_was_altered_is_refused(tmp_path, corpus, requests, ledger):
    taken = requests.ask(Wish(("tale",)), by="Ann")
    corpus.unlink()
    head, body, signature = requests.carry_out(taken.id, by="Bob").receipt.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["documents"] = ["other"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(Exception, match=r"(?i)signature"):
        opened(f"{head}.{forged}.{signature}", ledger)


def test_the_chain_holds_no_name_and_no_reason_and_the_vault_can_forget_them(requests, ledger):
    taken = requests.ask(Wish(("tale",), reason="A secret reason."), by="Ann")
    raw = json.dumps([entry.body for entry in ledger.export()])
    assert "tale" not in raw.replace("takeout", "")
    assert "secret" not in raw
    assert ledger.vault.erase_request(taken.id) == 1
    assert requests.get(taken.id).wish is None
    with pytest.raises(NotFoundError, match="was erased"):
        requests.carry_out(taken.id, by="Bob")


def test_a_protected_work_goes_too_where_that_is_asked(tmp_path, corpus, ledger):
    with IndexWriter(tmp_path / "works") as writer:
        writer.add(Work("w1", f"Once {PASSAGE} in a green book of hers."))
        writer.add(Work("w2", "Nobody in the village knew why the lamp was lit that night."))
    folders = {"training": tmp_path / "training", "works": tmp_path / "works"}
    requests = TakeOuts(ledger, "tales", Data(**folders))
    taken = requests.ask(Wish((), ("w1",)), by="Ann")
    assert requests.carry_out(taken.id, by="Bob").state == "done"
    assert [work.id for work in Index.open(tmp_path / "works").documents()] == ["w2"]
    assert holders(tmp_path / "training") == {"tale", "other"}


@pytest.mark.parametrize("wish", [Wish(()), Wish(("nothing",)), Wish(("tale", "nothing"))])
def test_what_names_nothing_or_nobody_is_refused_and_not_recorded(requests, ledger, wish):
    with pytest.raises(ConfigError):
        requests.ask(wish, by="Ann")
    assert requests.newest() == []
    assert ledger.entries() == []


def test_another_use_s_requests_are_as_if_there_were_none(tmp_path, corpus, requests, ledger):
    taken = requests.ask(Wish(("tale",)), by="Ann")
    others = TakeOuts(ledger, "another", Data(tmp_path / "training"))
    assert others.newest() == []
    with pytest.raises(NotFoundError):
        others.get(taken.id)
    assert [one.id for one in requests.newest()] == [taken.id]


def test_a_document_that_moved_to_another_file_of_the_corpus_is_still_there(tmp_path, corpus):
    corpus.rename(corpus.with_name("moved.jsonl"))
    data = Data(tmp_path / "training")
    assert data.remaining([str(corpus)], ["tale", "gone"], []) == ["tale"]
