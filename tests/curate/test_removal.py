"""Everything of one owner goes, and the corpus is the one that never had it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.curate.corpora import edited, ids, kept, ledger, made, policy, prose, write

from upright.curate import Curation, InputError, curate
from upright.curate.removal import mark_removed, recall

SECTION = "[curate.exposure]\nwords = 12\ntimes = 2"
NOTICE = prose(1000, 20)


def removed(output, owner: str):
    mark_removed(output, [owner])
    return curate(recall(output))


def test_the_records_of_an_owner_go_and_a_twin_comes_back(tmp_path):
    text = prose(1, 200)
    records = [
        {"id": "a", "text": text, "owner": "ann"},
        {"id": "b", "text": edited(text, 0.01), "owner": "bob"},
        {"id": "c", "text": prose(2), "owner": "ann"},
        {"id": "d", "text": prose(3)},
    ]
    output = tmp_path / "out"
    made(output, write(tmp_path / "in.jsonl", records))
    assert ids(output) == ["a", "c", "d"]
    done = removed(output, "ann")
    assert ids(output) == ["b", "d"]
    assert done.summary.rules["owner.removed"] == {"drop": 2}
    places = {name: (e["file"], e["line"]) for name, (e,) in ledger(output).items()}
    assert places == {"a": ("in.jsonl", 1), "c": ("in.jsonl", 3)}


@settings(max_examples=15)
@given(data=st.data())
def test_the_corpus_equals_one_made_without_the_owner(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("removal")
    owners = data.draw(st.lists(st.sampled_from("xyz"), min_size=1, max_size=10))
    kinds = data.draw(st.lists(st.integers(0, 3), min_size=len(owners), max_size=len(owners)))
    records = []
    for n, (owner, kind) in enumerate(zip(owners, kinds, strict=True)):
        text = [prose(n % 3), f"{prose(n)} {NOTICE}", edited(prose(n % 3), 0.02, n), prose(50 + n)]
        records.append({"id": f"r{n}", "text": text[kind], "owner": owner})
    whole = folder / "whole"
    made(whole, write(folder / "in.jsonl", records), section=SECTION)
    one = removed(whole, "x").summary
    rest = [record for record in records if record["owner"] != "x"]
    two = made(folder / "rest", write(folder / "rest.jsonl", rest), section=SECTION).summary
    assert kept(whole) == kept(folder / "rest")
    assert one.digest == two.digest


def test_a_removed_owner_stays_out_of_later_runs(tmp_path):
    output = tmp_path / "out"
    source = write(tmp_path / "in.jsonl", [{"id": "a", "text": prose(1), "owner": "ann"}])
    made(output, source)
    removed(output, "ann")
    write(tmp_path / "in.jsonl", [{"id": n, "text": prose(n), "owner": "ann"} for n in (1, 2)])
    made(output, source)
    assert ids(output) == []


def test_the_name_is_not_kept(tmp_path):
    output = tmp_path / "out"
    made(
        output, write(tmp_path / "in.jsonl", [{"id": "a", "text": prose(1), "owner": "Ann Sample"}])
    )
    removed(output, "Ann Sample")
    told = [
        path for path in output.rglob("*") if path.is_file() and b"Ann Sample" in path.read_bytes()
    ]
    assert told == []


def test_another_field_can_name_the_owner(tmp_path):
    output = tmp_path / "out"
    records = [{"id": n, "text": prose(n), "author": "bo" if n else 7} for n in (0, 1)]
    source = write(tmp_path / "in.jsonl", records)
    curate(Curation([source], policy('[curate]\nowner = "author"'), output))
    removed(output, "7")
    assert ids(output) == [1]


def test_a_folder_that_is_no_corpus_is_refused(tmp_path):
    with pytest.raises(InputError, match="no corpus"):
        recall(tmp_path)


def test_what_is_remembered_is_the_run_as_it_was(tmp_path):
    source = write(tmp_path / "in.jsonl", [{"id": "a", "text": prose(1)}])
    made(tmp_path / "out", source, section=SECTION)
    again = recall(tmp_path / "out")
    assert list(again.inputs) == [source]
    assert again.policy.digest == policy(SECTION).digest
    assert json.loads((tmp_path / "out" / ".work" / "run.json").read_text())["inputs"] == [source]
