"""Attribution of answers: tiers, near copies, corpora in files, and the command line."""

from __future__ import annotations

import gzip
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.attribute import Attributor, Credit, corpus_files, documents
from upright.attribute.verbatim import Verbatim
from upright.cli import main
from upright.match.passages import Document, PassageIndex, Store
from upright.terms import ConfigError

WORDS = [f"w{number}" for number in range(400)]
PASSAGE = "the keeper counted the ships that went by each evening and wrote their names"

RARE = "zymurgy and quokka and vellichor and sonder and petrichor"


def prose(seed, count=200):
    return random.Random(seed).choices(WORDS, k=count)


def edited(words, rate, seed=1):
    draw = random.Random(seed)
    return [f"x{draw.random()}"[:9] if draw.random() < rate else word for word in words]


@pytest.fixture(scope="module")
def attributor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    with Store(folder) as store:
        store.add(Document(f"d{n}", " ".join(prose(n)), owner=f"o{n}") for n in range(60))
    return Attributor(folder)


@given(number=st.integers(0, 59), seed=st.integers(0, 99))
def test_a_copy_with_a_word_in_ten_changed_is_a_near_copy_of_its_document(attributor, number, seed):
    copy = " ".join(edited(prose(number), 0.1, seed))
    first = attributor.attribute(copy).documents[0]
    assert (first.document, first.owner) == (f"d{number}", f"o{number}")
    assert first.near_copy is not None
    near, whole = first.near_copy, " ".join(prose(number))
    assert 0 <= near.document_start < near.document_end <= len(whole)
    assert near.end - near.start > len(copy) // 2


@given(seed=st.integers(1000, 1099))
def test_a_text_of_other_words_order_is_no_near_copy(attributor, seed):
    found = attributor.attribute(" ".join(prose(seed)))
    assert all(credit.near_copy is None for credit in found.documents)


def test_a_copy_without_changes_is_a_passage_and_no_near_copy(attributor):
    found = attributor.attribute(" ".join(prose(3)))
    assert [place.document for place in found.spans[0].places] == ["d3"]
    assert found.documents[0].document == "d3"
    assert found.documents[0].near_copy is None


def test_the_verbatim_tier_counts_the_share_of_words(attributor):
    text = " ".join([*prose(3)[:50], *(f"y{n}" for n in range(30)), *prose(4)[:20]])
    credits_ = Verbatim().credits(attributor.index.trace(text), 5)
    assert [(one.document, one.score) for one in credits_] == [("d3", 0.5), ("d4", 0.2)]
    assert Verbatim().credits(attributor.index.trace(text), 1) == credits_[:1]


def test_another_tier_can_rank_the_documents(attributor):
    class ByLength:
        def credits(self, trace, most):
            return [Credit(f"asked of {len(trace.text)}", "", "", 1.0)][:most]

    found = Attributor(attributor.index, ranking=ByLength()).attribute("some words")
    assert found.to_json()["documents"] == [{"id": "asked of 10", "score": 1.0}]


def test_rare_words_weigh_more_than_frequent_ones(tmp_path):
    with Store(tmp_path) as store:
        store.add(Document(f"common{n}", f"{PASSAGE} number {n}") for n in range(40))
        store.add([Document("rare", f"{RARE} stand in one only")])
    found = Attributor(tmp_path).attribute(f"{RARE}; {PASSAGE}")
    assert found.documents[0].document == "rare"


def test_an_empty_index_answers_with_nothing(tmp_path):
    with Store(tmp_path) as store:
        store.add([])
        store.add([Document("a", "")])
        store.forget(["a"])
        store.purge()
    found = Attributor(tmp_path).attribute(PASSAGE)
    assert (found.spans, found.documents) == ((), ())


def written(path, lines):
    raw = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz"])
def test_a_source_is_read_from_the_line_that_was_indexed(tmp_path, name):
    lines = [{"id": n, "text": f"É {n}: {PASSAGE}", "licence": "CC0-1.0"} for n in range(5)]
    file = written(tmp_path / name, lines)
    with Store(tmp_path / "index") as store:
        assert store.add(documents(file)).added == 5
    source = PassageIndex(tmp_path / "index").source("3")
    assert (source.text, source.licence) == (lines[3]["text"], "CC0-1.0")
    file.unlink()
    assert PassageIndex(tmp_path / "index").source("3").text is None
    assert PassageIndex(tmp_path / "index").source("9") is None


def test_a_line_without_a_name_is_named_by_its_place(tmp_path):
    file = written(
        tmp_path / "c.jsonl", [{"text": "a"}, {"id": None, "text": "b"}, {"id": 0, "text": ""}]
    )
    assert [one.id for one in documents(file)] == ["c.jsonl:1", "c.jsonl:2", "0"]


def test_a_folder_s_lines_are_found_and_of_a_curated_one_those_under_data(tmp_path):
    files = [written(tmp_path / "a" / name, []) for name in ("x.jsonl", "s/y.jsonl.gz")]
    (tmp_path / "a" / "notes.txt").write_text("no")
    assert sorted(corpus_files([tmp_path / "a"])) == sorted(files)
    kept = written(tmp_path / "b" / "data" / "0.jsonl", [])
    written(tmp_path / "b" / "rejects.jsonl", [])
    assert corpus_files([tmp_path / "b", files[0]]) == [kept, files[0]]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"id": "a", "text": "x"}\nnot json\n', r"c\.jsonl:2: not JSON"),
        (b'{"id": "a"}\n', r"c\.jsonl:1: no string under `text`"),
        (b"[]\n", r"c\.jsonl:1: no string"),
        (b'{"text": 7}\n', r"c\.jsonl:1: no string"),
        (b'\n{"text": "\xff"}\n', r"c\.jsonl:2: not UTF-8"),
    ],
)
def test_a_line_that_is_no_document_is_named(tmp_path, raw, told):
    file = tmp_path / "c.jsonl"
    file.write_bytes(raw)
    with pytest.raises(ConfigError, match=told):
        list(documents(file))


def test_a_packed_file_that_breaks_off_is_named(tmp_path):
    file = written(tmp_path / "c.jsonl.gz", [{"text": str(n) * 50} for n in range(3000)])
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(ConfigError, match=r"cannot be read behind line \d+"):
        list(documents(file))


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        corpus_files([tmp_path / "nowhere"])
    with pytest.raises(ConfigError, match=r"holds no \*\.jsonl"):
        corpus_files([tmp_path])


@pytest.fixture
def run(capfdbinary, tmp_path, monkeypatch):
    """Run one command in a folder with a corpus; return its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    lines = [{"id": "a", "text": f"Once {PASSAGE}.", "owner": "Ann"}, {"id": "b", "text": "No."}]
    written(tmp_path / "corpus.jsonl", lines)
    written(tmp_path / "in.jsonl", [{"id": 7, "text": PASSAGE, "more": 1, "spans": "mine"}])

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(["attribute", *words])
        captured = capfdbinary.readouterr()
        return end.value.code or 0, captured.out.decode(), captured.err.decode()

    return call


def test_the_command_line_indexes_asks_and_forgets(run):
    code, out, _ = run("index", "corpus.jsonl", "--index", "ix", "--json")
    told = {"added": 2, "changed": 0, "unchanged": 0, "too_long": []}
    assert (code, json.loads(out)) == (0, told)
    code, out, _ = run("--index", "ix", "--input", "in.jsonl")
    line = json.loads(out)
    assert (code, line["id"], line["more"], line["text"]) == (0, 7, 1, PASSAGE)
    [span] = line["spans"]
    place = {"id": "a", "start": 5, "end": 5 + len(PASSAGE), "owner": "Ann"}
    assert (span["start"], span["end"], span["documents"]) == (0, len(PASSAGE), [place])
    assert [one["id"] for one in line["documents"]] == ["a"]
    code, out, _ = run("show", "--index", "ix", "--json")
    assert (json.loads(out)["documents"], json.loads(out)["least"]) == (2, 8)
    code, out, _ = run("forget", "--index", "ix", "a", "zz", "--json")
    assert json.loads(out) == {"removed": ["a"], "unknown": ["zz"]}
    _, out, _ = run("--index", "ix", "--input", "in.jsonl")
    assert (json.loads(out)["spans"], json.loads(out)["documents"]) == ([], [])


def test_everything_of_an_owner_is_one_command(run):
    run("index", "corpus.jsonl", "--index", "ix", "--least", "5")
    code, out, err = run("forget", "--index", "ix", "--owner", "Ann", "nobody")
    assert (code, out, err) == (0, "1 documents removed\n", "not in this index: nobody\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--input", "in.jsonl"), "no index is named"),
        (("--index", "nowhere", "--input", "in.jsonl"), "no index of passages is here"),
        (("show", "--index", "nowhere"), "no index of passages is here"),
        (("forget", "--index", "nowhere", "a"), "no index of passages is here"),
        (("forget", "--index", "nowhere"), "nothing is named"),
        (("index", "nowhere.jsonl", "--index", "ix"), "no such file or folder"),
    ],
)
def test_what_cannot_be_done_exits_2_and_makes_nothing(run, tmp_path, words, told):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert told in err
    assert not (tmp_path / "nowhere").exists()


def test_a_line_without_a_text_is_named(run, tmp_path):
    run("index", "corpus.jsonl", "--index", "ix")
    (tmp_path / "in.jsonl").write_text('{"id": 1}\n')
    code, _, err = run("--index", "ix", "--input", "in.jsonl")
    assert code == 2
    assert "in.jsonl:1: no string under `text`" in err
