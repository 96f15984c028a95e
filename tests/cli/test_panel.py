"""`upright panel run`: the cost first, then a report, then an exit code."""

from __future__ import annotations

import json

import pytest
from tests.panel.stand_in import Model, study_text

from upright.cli import main
from upright.generate import open as opening


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run one command on a model whose choices are known."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opening, "_embedded", lambda _: Model())
    (tmp_path / "study.toml").write_text(study_text(400))

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(["panel", "run", "study.toml", *words])
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_a_panel_is_reported_in_words_with_its_limits(run):
    code, out, err = run("--html", "page.html")
    assert code == 0
    assert "model calls to make" in err
    assert "recovered" in out
    assert "first place less last" in out
    assert "Held back by the guard: 0 product" in out
    assert "Nobody was asked." in out


def test_a_panel_is_reported_as_json_and_as_a_page(run, tmp_path):
    code, out, err = run("--json", "--quiet", "--html", "page.html")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert told["people"] == 400
    assert told["kept"][0]["verdict"] == "within"
    assert "Virtual focus group: evenings" in (tmp_path / "page.html").read_text()


def test_a_dry_run_tells_the_cost_and_stops(run):
    code, out, _ = run("--dry-run", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["calls"] > 0
    assert told["known"] > 0
    assert set(told) == {
        "people", "questions", "calls", "known", "tokens", "seconds_each", "seconds",
    }  # fmt: skip
    assert "model calls to make" in run("--dry-run")[1]


def test_a_second_run_asks_nothing(run, tmp_path):
    first = run("--json", "--quiet")
    _, out, err = run("--json")
    assert out == first[1]
    assert "answers are there" in err
    assert (tmp_path / "study.work" / "answers.jsonl").exists()


def test_a_gate_passes_fails_or_cannot_tell_by_exit_code(run, monkeypatch, tmp_path):
    assert run("--gate", "--quiet")[0] == 0
    monkeypatch.setattr(opening, "_embedded", lambda _: Model({"likes gardens": -3.0}))
    assert run("--gate", "--quiet", "--work", "other")[0] == 1
    monkeypatch.setattr(opening, "_embedded", lambda _: Model({"likes gardens": 0.1}, place=5.0))
    (tmp_path / "study.toml").write_text(
        study_text(40, s=('[[keep]]\nattribute = "gender"\nproduct = "spade"\nmargin = 0.1', ""))
    )
    assert run("--gate", "--quiet", "--work", "third")[0] == 3


def test_a_gate_without_an_expectation_is_refused(run, tmp_path):
    text = study_text(10).split("[[keep]]")[0]
    (tmp_path / "study.toml").write_text(text)
    code, _, err = run("--gate", "--quiet")
    assert code == 2
    assert "asks for nothing" in err


def test_what_cannot_be_read_or_written_is_told(run, tmp_path):
    assert "none/page.html: No such file" in run("--html", "none/page.html")[2]
    (tmp_path / "study.toml").write_text(study_text(s=("seed = 3", "sead = 3")))
    code, _, err = run()
    assert code == 2
    assert "study.toml:5: sead: unknown key" in err
