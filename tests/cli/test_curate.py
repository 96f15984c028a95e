"""`upright curate`: files in, a corpus out; what went wrong is told and ends in an exit code."""

from __future__ import annotations

import io
import json
import sys

import pytest
from tests.curate.corpora import POLICY, ids, prose, write

from upright.cli import main
from upright.curate import run as run_module


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "upright.toml").write_text(POLICY)

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(["curate", *words])
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


@pytest.fixture
def records(tmp_path) -> str:
    text = prose(1)
    found = [
        {"id": "a", "text": text, "owner": "ann"},
        {"id": "b", "text": text, "owner": "bob"},
        {"id": "c", "text": f"{prose(2)} Write to jane@shop.example."},
    ]
    write(tmp_path / "in.jsonl", found)
    return "in.jsonl"


def test_files_are_curated_without_naming_a_subcommand(run, records, tmp_path):
    code, out, err = run(records, "--output", "out", "--workers", "1")
    assert (code, err) == (0, "")
    assert out.splitlines()[:3] == [
        "3 records read, 2 kept (1 changed), 1 dropped, 0 for review, 0 rejected",
        "  duplicate.exact: 1 drop",
        "  pii.email: 1 redact",
    ]
    assert ids(tmp_path / "out") == ["a", "c"]


@pytest.mark.parametrize("output", ["taken", "taken/deep"])
def test_an_output_that_is_a_file_is_refused_by_name(run, records, tmp_path, output):
    (tmp_path / "taken").touch()
    code, out, err = run(records, "--output", output, "--workers", "1")
    assert (code, out) == (2, "")
    assert f"--output {output}: no folder that can be written" in err


def test_options_may_come_first(run, records, tmp_path):
    assert run("--output", "out", "--workers", "1", records)[0] == 0
    assert ids(tmp_path / "out") == ["a", "c"]


def test_json_says_all_in_one_line(run, records):
    code, out, _ = run(records, "-o", "out", "--workers", "1", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["records"], told["kept"], told["rejects"]) == (3, 2, [])
    assert told["done"]["guard"] == 1
    assert told["samples"]["duplicate.exact"][0]["kept"] == "a"
    assert (
        json.loads(run(records, "-o", "out", "--workers", "1", "--json")[1])["done"]["guard"] == 0
    )


def test_a_dry_run_shows_samples_and_writes_no_corpus(run, records, tmp_path):
    code, out, _ = run(records, "--output", "out", "--workers", "1", "--dry-run")
    assert code == 0
    assert "2 would be kept" in out
    assert "in.jsonl:2 b, twin of a" in out
    assert not (tmp_path / "out" / "data").exists()


def test_an_owner_is_removed(run, records, tmp_path):
    run(records, "--output", "out", "--workers", "1")
    code, out, _ = run("remove", "--owner", "ann", "--output", "out", "--workers", "1")
    assert code == 0
    assert "owner.removed: 1 drop" in out
    assert ids(tmp_path / "out") == ["b", "c"]


def test_that_nothing_of_an_owner_stands_there_is_said_with_near_owners(run, records, tmp_path):
    run(records, "--output", "out", "--workers", "1")
    code, out, _ = run("remove", "--owner", "Anne", "--output", "out", "--workers", "1")
    assert code == 0
    told = out.splitlines()
    assert told[0] == "removed: 0 (nothing of 'Anne' stands here; it stays out of later runs)"
    assert told[1] == "  near: ann"
    words = ("--owner", "nobody", "--output", "out", "--workers", "1", "--json")
    code, out, _ = run("remove", *words)
    assert (code, json.loads(out)["removed"], json.loads(out)["near"]) == (0, 0, [])
    assert ids(tmp_path / "out") == ["a", "c"]


def test_standard_input_is_read(run, tmp_path, monkeypatch):
    raw = json.dumps({"id": "x", "text": prose(3)}).encode() + b"\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert run("-", "--output", "out", "--workers", "1")[0] == 0
    assert ids(tmp_path / "out") == ["x"]


def test_lines_that_cannot_be_read_are_told_and_do_not_fail_the_command(run, records, tmp_path):
    with (tmp_path / records).open("a") as file:
        file.write("{\n")
    code, out, err = run(records, "--output", "out", "--workers", "1")
    assert code == 0
    assert "1 rejected" in out
    assert "not read: in.jsonl:4: not JSON" in err


def test_a_damaged_file_makes_the_command_fail_after_the_rest_is_done(run, records, tmp_path):
    (tmp_path / "bad.jsonl.gz").write_bytes(b"no gzip")
    code, _, err = run("bad.jsonl.gz", records, "--output", "out", "--workers", "1")
    assert code == 3
    assert "bad.jsonl.gz:1: damaged" in err
    assert ids(tmp_path / "out") == ["a", "c"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere.jsonl", "--output", "out"], "nowhere.jsonl: no such file"),
        (["in.jsonl", "--output", "out", "--engine", "abacus"], "--engine abacus"),
        (["remove", "--owner", "x", "--output", "none"], "none: no corpus"),
        (["in.jsonl", "--output", "out", "--policy", "lost.toml"], "lost.toml"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_mend(run, records, words, told):
    code, _, err = run(*words)
    assert code == 2
    assert told in err
    assert "mend:" in err


def test_an_interrupt_says_that_the_same_command_goes_on(run, records, monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "take_in", interrupted)
    code, _, err = run(records, "--output", "out")
    assert code == 130
    assert "run the same command again" in err


def test_help_names_both_commands(run):
    code, out, _ = run("--help")
    assert code == 0
    assert "run" in out
    assert "remove" in out
