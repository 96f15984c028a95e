"""`upright match index` and `query`: lines in, lines out, and errors that name the line."""

from __future__ import annotations

import io
import json
import sys

import pytest
from tests.match.works import work

from upright.cli import main

WORKS = [work(seed, owner="Ada" if seed < 2 else "Bo", licence="all rights") for seed in range(4)]
LINES = [
    {"id": one.id, "text": one.text, "owner": one.owner, "licence": one.licence} for one in WORKS
]


@pytest.fixture
def run(capsysbinary, tmp_path, monkeypatch):
    """Run `upright match …`; return exit code, lines of output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*words, lines=()):
        raw = "\n".join(map(json.dumps, lines)).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        with pytest.raises(SystemExit) as end:
            main(["match", *words])
        captured = capsysbinary.readouterr()
        return end.value.code or 0, captured.out.decode().splitlines(), captured.err.decode()

    return call


@pytest.fixture
def filled(run):
    code, lines, _ = run("index", "add", "--index", "works", lines=LINES)
    assert code == 0
    assert [json.loads(line)["added"] for line in lines] == [True] * 4
    return run


def query(run, text, *words, **fields):
    lines = [{"id": "q", "text": text, **fields}]
    code, out, error = run("query", "--index", "works", *words, lines=lines)
    assert code == 0, error
    return json.loads(out[0])


def test_hits_have_the_public_shape_and_the_line_keeps_its_fields(filled):
    copied = " ".join(WORKS[1].text.split()[10:40])
    line = query(filled, f"It says: {copied}.", kind="text", more=[1])
    assert (line["id"], line["more"]) == ("q", [1])
    (hit,) = line["hits"]
    assert hit == {
        "document": "work 1",
        "start": 9,
        "end": 9 + len(copied),
        "document_start": WORKS[1].text.index(copied),
        "document_end": WORKS[1].text.index(copied) + len(copied),
        "exact": True,
        "score": 1.0,
        "owner": "Ada",
        "licence": "all rights",
    }


def test_the_run_can_be_chosen(filled):
    copied = " ".join(WORKS[1].text.split()[10:30])
    assert query(filled, copied, "--run", "20")["hits"]
    assert not [hit for hit in query(filled, copied, "--run", "21")["hits"] if hit["exact"]]


def test_works_go_by_id_and_by_owner(filled):
    code, lines, _ = filled("index", "remove", "--index", "works", "work 3", "nobody's")
    assert code == 0
    assert [json.loads(line) for line in lines] == [
        {"id": "work 3", "removed": True},
        {"id": "nobody's", "removed": False},
    ]
    _, lines, _ = filled("index", "remove", "--index", "works", "--owner", "Ada")
    assert [json.loads(line)["id"] for line in lines] == ["work 0", "work 1"]
    _, lines, _ = filled("index", "list", "--index", "works", "--json")
    assert [json.loads(line)["id"] for line in lines] == ["work 2"]
    assert query(filled, WORKS[0].text)["hits"] == []


def test_what_the_index_holds_is_shown(filled):
    _, lines, _ = filled("index", "show", "--index", "works", "--json")
    facts = json.loads(lines[0])
    assert (facts["works"], facts["owners"], facts["tokens"]) == (4, 2, 480)
    _, lines, _ = filled("index", "show", "--index", "works", "work 2", "--json")
    assert json.loads(lines[0])["owner"] == "Bo"
    filled("index", "compact", "--index", "works")
    _, lines, _ = filled("index", "list", "--index", "works")
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"text": "a"}, "standard input:1: no id"),
        ({"id": "a"}, "standard input:1: no string under `text`"),
        ({"id": "a", "text": "b", "owner": 7}, "standard input:1: owner is no string"),
        ({"id": "a", "text": "b", "kind": "song"}, "'song' is no kind"),
    ],
)
def test_a_line_that_is_no_work_is_an_error_that_says_so(run, line, problem):
    code, _, error = run("index", "add", "--index", "works", lines=[line])
    assert code == 2
    assert problem in error


def test_nothing_is_made_where_nothing_is_to_be_taken_out(run, tmp_path):
    assert run("index", "remove", "--index", "works", "a")[0] == 2
    assert run("index", "remove", "--index", "works")[0] == 2
    assert not (tmp_path / "works").exists()


@pytest.mark.parametrize("text", ["", " \n", "… — !"])
def test_a_work_without_a_word_is_refused_by_its_line(run, text):
    lines = [{"id": "a", "text": "a word"}, {"id": "b", "text": text}]
    code, _, error = run("index", "add", "--index", "works", lines=lines)
    assert code == 2
    assert "standard input:2: b: no word in it" in error


def test_code_in_no_language_is_refused_by_its_line(run):
    line = {"id": "a", "kind": "code", "text": "x = 1", "language": "klingon"}
    code, _, error = run("index", "add", "--index", "works", lines=[line])
    assert (code, "standard input:1: " in error) == (2, True)


@pytest.mark.parametrize("length", ["0", "-1", "11"])
def test_a_run_that_is_too_short_to_be_found_is_refused(filled, length):
    line = {"id": "q", "text": "one two"}
    code, *_ = filled("query", "--index", "works", "--run", length, lines=[line])
    assert code == 2


def test_a_damaged_index_could_not_be_measured(filled, tmp_path):
    (path,) = tmp_path.glob("works/segments/*/values")
    path.write_bytes(path.read_bytes()[:-4])
    code, _, error = filled("query", "--index", "works", lines=[{"id": "q", "text": "a"}])
    assert code == 3
    assert "values" in error
