"""`upright train guard`: what is wrong is told before anything is trained."""

from __future__ import annotations

import json
import sys

import pytest

from upright.cli import main

pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("transformers", reason="the extra `train` is not installed")
pytest.importorskip("onnx", reason="the extra `train` is not installed")

LINE = {"text": "The tide was low.", "labels": {"toxic": 0}}


@pytest.fixture
def train(capsys, tmp_path, monkeypatch):
    """Run `train guard` from an encoder that is never reached; return exit code and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("upright.train.guard.build.sentences", lambda split: iter(()))
    base = tmp_path / "base"
    base.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (base / name).write_text("{}", encoding="utf-8")

    def call(*words, base="base"):
        with pytest.raises(SystemExit) as end:
            main(["train", "guard", "--base", base, *words])
        return end.value.code, capsys.readouterr().err

    return call


def assert_told(outcome, problem, mend):
    code, err = outcome
    assert code == 2
    assert err.startswith("error: ")
    assert problem in err
    assert f"mend: {mend}" in err
    assert "Traceback" not in err


def test_a_file_that_is_not_there_is_named(train):
    told = train("--data", "nowhere.jsonl", "--output", "out")
    assert_told(told, "nowhere.jsonl: there is no such file or folder", "check --data")


def test_a_folder_without_a_known_collection_is_refused(train, tmp_path):
    (tmp_path / "empty").mkdir()
    told = train("--data", "empty", "--output", "out")
    assert_told(told, "empty: none of the known collections lies there", "give a file of labelled")


def test_a_bad_line_is_named_with_its_number(train, tmp_path):
    bad = LINE | {"labels": {"rude": 1}}
    lines = f"{json.dumps(LINE)}\n{json.dumps(bad)}\n"
    (tmp_path / "labels.jsonl").write_text(lines, encoding="utf-8")
    told = train("--data", "labels.jsonl", "--output", "out")
    assert_told(told, "labels.jsonl, line 2: label 'rude'", "use one of hate, bias")
    assert not (tmp_path / "out").exists()


def test_too_few_lines_are_refused(train, tmp_path):
    (tmp_path / "labels.jsonl").write_text(json.dumps(LINE), encoding="utf-8")
    told = train("--data", "labels.jsonl", "--output", "out")
    assert_told(told, "are too few", "give more labelled lines with --data")


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json"])
def test_a_base_that_is_no_encoder_is_refused_and_never_looked_for_elsewhere(
    train, tmp_path, missing
):
    (tmp_path / "base" / missing).unlink()
    (tmp_path / "labels.jsonl").write_text(json.dumps(LINE), encoding="utf-8")
    told = train("--data", "labels.jsonl", "--output", "out")
    assert_told(told, f"base: there is no {missing}", "give a folder with a BERT model")
    assert not (tmp_path / "out").exists()


def test_a_guard_to_go_on_from_that_is_not_there_is_named_before_anything_is_read(train, tmp_path):
    told = train("--data", "nowhere.jsonl", "--output", "out", "--start", "earlier")
    assert_told(told, "no guard model there", "give a folder that `upright train guard` wrote")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--steps", "--rate"])
def test_a_fit_without_steps_or_without_a_rate_is_a_usage_error(train, option):
    code, err = train("--data", "labels.jsonl", "--output", "out", option, "0")
    assert code == 2
    assert option in err


def test_an_unknown_option_value_is_a_usage_error(train):
    code, err = train("--data", "labels.jsonl", "--output", "out", "--epochs", "0")
    assert code == 2
    assert "--epochs" in err


def test_without_the_extra_the_error_names_it(train, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("upright.train.guard")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    told = train("--data", "labels.jsonl", "--output", "out")
    assert_told(told, "`torch`", "pip install 'upright[train]'")
