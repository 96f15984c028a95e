"""A removal leaves no text of an owner in the output, its work folder included."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.curate.corpora import ids, kept, ledger, lines, policy, prose, write

from upright.curate import Curation, curate
from upright.curate.measuring import name_hash
from upright.curate.removal import mark_removed, recall, removed_from
from upright.curate.remove import holding, near_owners, remove

SECRET = "zanzibarquilt"
FATES = {
    "as it is": "",
    "changed": " ann@shop.example",
    "blocked": " My number is 536-22-1234.",
    "for review": " Pay to DE89 3704 0044 0532 0130 00.",
}
RECORDS = [
    {"id": f"a{at}", "text": f"{SECRET} {prose(at)}{said}", "owner": "ann"}
    for at, said in enumerate(FATES.values())
] + [{"id": "b", "text": f"{prose(50)} bob@shop.example", "owner": "bob"}]


def as_lines(folder):
    return write(folder / "in.jsonl", RECORDS)


def as_packed(folder):
    file = folder / "in.jsonl.gz"
    file.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in RECORDS).encode()))
    return str(file)


def as_table(folder):
    file = folder / "in.csv"
    with file.open("w", newline="") as out:
        table = csv.DictWriter(out, ["id", "text", "owner"])
        table.writeheader()
        table.writerows(RECORDS)
    return str(file)


def holders(output, word=SECRET):
    return [f for f in output.rglob("*") if f.is_file() and word.encode() in f.read_bytes()]


def made(output, source, section=""):
    return curate(Curation([source], policy(section), output))


@pytest.mark.parametrize("form", [as_lines, as_packed, as_table])
def test_no_file_of_the_output_keeps_a_text_of_a_removed_owner(tmp_path, form):
    output = tmp_path / "out"
    made(output, form(tmp_path))
    assert holders(output)
    done = remove(recall(output), owners=["ann"])
    assert holders(output) == []
    assert (done.count, ids(output)) == (4, ["b"])
    assert [entry["rule"] for (entry,) in list(ledger(output).values())[:4]] == [
        "owner.removed"
    ] * 4


@pytest.mark.parametrize("form", [as_lines, as_packed, as_table])
def test_later_runs_bring_no_text_of_a_removed_owner_back(tmp_path, form):
    output = tmp_path / "out"
    source = form(tmp_path)
    made(output, source)
    remove(recall(output), owners=["ann"])
    for section in ("", "[curate]\nmin_words = 70", "[curate]\nnear_duplicates = false"):
        made(output, source, section)
        assert holders(output) == []
    curate(Curation([source], policy(), output), dry_run=True)
    assert holders(output) == []


def test_what_came_on_standard_input_is_kept_without_a_removed_owner(tmp_path, monkeypatch):
    output = tmp_path / "out"
    raw = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
    made(output, "-")
    assert ids(output) == ["a0", "a1", "b"]
    assert remove(recall(output), owners=["ann"]).count == 4
    assert (ids(output), holders(output)) == (["b"], [])
    assert remove(recall(output), owners=["bob"]).count == 1
    assert ids(output) == []


def test_a_record_that_waits_for_a_person_goes_with_its_owner(tmp_path):
    output = tmp_path / "out"
    made(output, as_lines(tmp_path))
    assert [held["id"] for held in lines(output / "review.jsonl")] == ["a3"]
    done = remove(recall(output), owners=["ann"])
    assert lines(output / "review.jsonl") == []
    assert (done.curated.summary.review, done.curated.summary.dropped) == (0, 4)


def test_single_records_go_by_their_ids_and_stay_out(tmp_path):
    output = tmp_path / "out"
    source = as_lines(tmp_path)
    made(output, source)
    done = remove(recall(output), records=["a0", "a3", "nothing"])
    assert done.removed == {"a0": 1, "a3": 1, "nothing": 0}
    assert ids(output) == ["a1", "b"]
    assert ledger(output)["a0"][0]["rule"] == "record.removed"
    made(output, source)
    assert ids(output) == ["a1", "b"]


@settings(max_examples=12)
@given(fates=st.lists(st.tuples(st.sampled_from([*FATES]), st.sampled_from("xyz")), max_size=8))
def test_a_corpus_after_a_removal_is_the_one_of_the_rest_whatever_the_guard_did(
    tmp_path_factory, fates
):
    folder = tmp_path_factory.mktemp("remove")
    records = [
        {"id": f"r{at}", "text": prose(at) + FATES[fate], "owner": owner}
        for at, (fate, owner) in enumerate(fates)
    ]
    made(folder / "whole", write(folder / "in.jsonl", records))
    remove(recall(folder / "whole"), owners=["x"])
    rest = [record for record in records if record["owner"] != "x"]
    made(folder / "rest", write(folder / "rest.jsonl", rest))
    assert kept(folder / "whole") == kept(folder / "rest")
    waiting = [
        [held["id"] for held in lines(folder / o / "review.jsonl")] for o in ("whole", "rest")
    ]
    assert waiting[0] == waiting[1]


def test_of_nobody_nothing_is_removed_and_near_owners_are_known(tmp_path):
    output = tmp_path / "out"
    made(output, as_lines(tmp_path))
    done = remove(recall(output), owners=["Bobb"])
    assert (done.count, near_owners(recall(output), "Bobb")) == (0, ["bob"])
    assert near_owners(recall(output), "somebody else entirely") == []
    assert ids(output) == ["a0", "a1", "b"]


def test_where_something_of_an_owner_stands_is_found_with_what_waits(tmp_path):
    output = tmp_path / "out"
    made(output, as_lines(tmp_path))
    assert holding(recall(output), ["ann"], []) == ["a0", "a1", "a3"]
    assert holding(recall(output), [], ["b", "a2"]) == ["b"]


def test_owners_that_an_older_version_removed_stay_out(tmp_path):
    mark_removed(tmp_path, ["ann"])
    (tmp_path / ".work" / "removed.json").write_text(json.dumps([name_hash("bob")]))
    mark_removed(tmp_path, records=["r"])
    found = removed_from(tmp_path)
    assert (found.owners, found.records) == ({name_hash("bob")}, {name_hash("r")})
