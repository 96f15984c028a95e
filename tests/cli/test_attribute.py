"""`upright attribute`: passages of a text in training data, and the removal of what holds them."""

from __future__ import annotations

import json

import pytest
from tests.curate.corpora import POLICY, edited, ids, prose, write

from upright.cli import main
from upright.match.index import IndexWriter, Work

TALE = prose(1, 200)
RECORDS = [
    {"id": "a", "text": TALE, "owner": "ann"},
    {"id": "b", "text": edited(TALE, 0.01), "owner": "bob"},
    {"id": "e", "text": prose(4)},
]
NAMED = POLICY + '[attribute]\nindex = "training"\ncorpus = "corpus"\n'


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    (tmp_path / "upright.toml").write_text(NAMED)
    write(tmp_path / "in.jsonl", RECORDS)

    def call(*words, code=0):
        with pytest.raises(SystemExit) as end:
            main([*words])
        captured = capsys.readouterr()
        assert (end.value.code or 0) == code, captured
        return captured

    return call


@pytest.fixture
def corpus(run, tmp_path):
    run("curate", "in.jsonl", "--output", "corpus", "--workers", "1")
    run("attribute", "index", "corpus", "--index", "training")
    return tmp_path / "corpus"


def taken(run, *words, code=0):
    words = ("attribute", "take-out", *words, "--workers", "1", "--json")
    return json.loads(run(*words, code=code).out)


def test_everything_of_an_owner_is_found_and_removed_by_one_command(run, corpus):
    done = taken(run, "--owner", "ann", "--reason", "mine")
    assert (done["state"], done["documents"]) == ("done", ["a"])
    assert done["removed"] == {"index": 1, "works": 0, "corpus": 1}
    assert done["receipt"].count(".") == 2
    assert ids(corpus) == ["b", "e"]


def test_a_dry_run_says_what_stands_there_and_changes_nothing(run, corpus, tmp_path):
    found = taken(run, "--owner", "ann", "--dry-run")
    assert (found["documents"], found["works"], found["unknown"]) == (["a"], [], [])
    assert found["files"] == [str(corpus / "data" / "00000.jsonl")]
    assert ids(corpus) == ["a", "e"]
    assert not (tmp_path / "home" / "ledger.db").exists()


def test_protected_works_of_the_owner_go_where_that_is_asked(run, corpus, tmp_path):
    with IndexWriter(tmp_path / "works") as writer:
        writer.add(Work("w", TALE, owner="ann"))
    (tmp_path / "upright.toml").write_text(f'{NAMED}[match]\nindex = "works"\n')
    assert taken(run, "--owner", "ann", "--dry-run")["works"] == ["w"]
    assert taken(run, "--owner", "ann", "--works")["removed"]["works"] == 1


def test_what_files_still_hold_makes_the_command_exit_1_and_can_be_gone_on_with(run, tmp_path):
    (tmp_path / "upright.toml").write_text(f'{POLICY}[attribute]\nindex = "training"\n')
    run("attribute", "index", "in.jsonl", "--index", "training")
    waits = taken(run, "a", code=1)
    assert (waits["state"], waits["remaining"], waits["receipt"]) == ("waiting", ["a"], "")
    write(tmp_path / "in.jsonl", RECORDS[1:])
    done = taken(run, "--request", waits["id"])
    assert (done["state"], done["removed"]) == ("done", {"index": 1, "works": 0})


def test_a_use_without_an_index_is_told_where_to_name_one(run, tmp_path):
    (tmp_path / "upright.toml").write_text(POLICY)
    told = run("attribute", "take-out", "--owner", "ann", code=2).err
    assert "names no index of its training data" in told
    assert "`index` under `[attribute]`" in told


def test_in_words_the_receipt_and_what_went_are_told(run, corpus):
    out = run("attribute", "take-out", "--owner", "ann", "--workers", "1").out.splitlines()
    assert out[0].endswith(": done")
    assert out[1:4] == ["  corpus: 1 removed", "  index: 1 removed", "  works: 0 removed"]
    assert out[4].startswith("  receipt: ey")


def test_documents_are_forgotten_by_name_and_by_owner_and_unknown_names_are_told(run, corpus):
    told = run("attribute", "forget", "--index", "training", "a", "nothing")
    assert "1 documents removed" in told.out
    assert "not in this index: nothing" in told.err
    out = run("attribute", "forget", "--index", "training", "--owner", "ann", "--json").out
    assert json.loads(out) == {"removed": [], "unknown": []}
    assert "nothing is named" in run("attribute", "forget", "--index", "training", code=2).err


def test_an_index_is_shown_and_none_is_made_by_asking(run, corpus, tmp_path):
    shown = json.loads(run("attribute", "show", "--index", "training", "--json").out)
    assert (shown["documents"], shown["words"]) == (2, 260)
    run("attribute", "forget", "--index", "nothing", "a", code=2)
    assert not (tmp_path / "nothing").exists()


def test_a_damaged_index_could_not_be_measured(run, corpus, tmp_path):
    (path,) = (tmp_path / "training").glob("*.shard")
    path.write_bytes(path.read_bytes()[:-8])
    assert "damaged" in run("attribute", "show", "--index", "training", code=3).err
    (tmp_path / "training" / "manifest.json").write_text("{")
    assert "damaged" in run("attribute", "show", "--index", "training", code=3).err


def test_a_file_in_another_encoding_is_told_by_line_with_the_mend(run, tmp_path):
    raw = '{"text": "a word"}\n{"text": "caf\u00e9"}\n'.encode("latin-1")
    (tmp_path / "old.jsonl").write_bytes(raw)
    told = run("attribute", "index", "old.jsonl", "--index", "training", code=2).err
    assert "old.jsonl:2: not UTF-8 at byte 13 of the line" in told
    assert "save the file as UTF-8" in told


def test_a_line_without_text_is_refused_by_place(run, corpus, tmp_path):
    (tmp_path / "ask.jsonl").write_text('{"text": "x"}\n{"id": 1}\n')
    told = run("attribute", "--index", "training", "-i", "ask.jsonl", code=2).err
    assert "ask.jsonl:2: no string under `text`" in told
    assert "add --index DIR" in run("attribute", code=2).err
