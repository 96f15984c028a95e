"""Registered works are left out of a corpus, and the ledger says which they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.curate.corpora import POLICY, ids, ledger, prose, write

from upright.cli import main
from upright.curate import Curation, curate
from upright.policy import open_policy

RULE = """
[match]
index = "works"
[[guard.rule]]
detect = ["copy.text"]
at = ["data"]
action = "block"
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus.toml").write_text(POLICY + RULE)
    return tmp_path


def register(name: str, text: str) -> None:
    file = write(Path(f"{name}.jsonl"), [{"id": name, "text": text, "owner": "Ada Sample"}])
    with pytest.raises(SystemExit) as end:
        main(["match", "index", "add", file, "--index", "works"])
    assert not end.value.code


def curated(folder, **more):
    policy = open_policy(str(folder / "corpus.toml"))
    return curate(Curation([str(folder / "in.jsonl")], policy, folder / "out", **more))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_record_that_copies_a_registered_work_goes_and_the_work_is_named(here, workers):
    work = prose(500, 120)
    register("green-book", work)
    copied = " ".join(work.upper().split()[20:60])
    records = [
        {"id": "own", "text": prose(1)},
        {"id": "copy", "text": f"{prose(2)} {copied} {prose(3)}"},
    ]
    write(here / "in.jsonl", records)
    curated(here, workers=workers)
    assert ids(here / "out") == ["own"]
    (entry,) = [e for e in ledger(here / "out")["copy"] if e["rule"] == "copy.text"]
    assert entry["action"] == "block"
    assert any("green-book" in source for source in entry["sources"])


def test_a_work_that_is_registered_later_is_looked_for_in_the_next_run(here):
    work = prose(500, 120)
    register("first", prose(600, 100))
    write(here / "in.jsonl", [{"id": "own", "text": prose(1)}, {"id": "copy", "text": work}])
    curated(here)
    assert ids(here / "out") == ["own", "copy"]
    register("second", work)
    curated(here)
    assert ids(here / "out") == ["own"]
