"""`upright audit copying` as its users call it."""

from __future__ import annotations

import json

import pytest
from tests.audit.letters import LetterEngine

from upright.cli import main
from upright.generate import open as opening

TEXT = "the lighthouse keeper counted the ships that went by each evening."
USE = (
    'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'
    '[[guard.rule]]\ndetect = ["pii.*"]\nat = ["output"]\naction = "redact"\n'
)
CUT = ("--prefix", "20", "--suffix", "30")


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run one command on a model that knows a text by heart."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opening, "_embedded", lambda _: LetterEngine(TEXT, 0.99))
    (tmp_path / "data.jsonl").write_text(
        "\n".join(
            json.dumps({"id": name, "text": text, "times": times})
            for name, text, times in (("a", TEXT, 8), ("b", TEXT.replace("th", "ht"), 1))
        )
    )

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(["audit", "copying", *words])
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_what_the_model_knows_by_heart_is_told(run):
    code, out, _ = run("--data", "data.jsonl", *CUT, "--json")
    told = json.loads(out)
    shares = {measure["name"]: measure["value"] for measure in told["measures"]}
    assert code == 0
    assert told["passages"] == 2
    assert shares["copying.greedy"] == 0.5
    assert shares["copying.verbatim"] == pytest.approx(0.99**30 / 2, rel=1e-3)
    assert shares["copying.discoverable(100, 0.9)"] == 0.5


def test_exposure_cap_and_answers_are_told_in_words(run, tmp_path):
    code, out, _ = run(
        "--data", "data.jsonl", *CUT, "--repeats-field", "times", "--cap", "1", "--answers", "2",
        "--run", "5", "--plot", "exposure.svg",
    )  # fmt: skip
    assert code == 0
    assert "8 times in the data: 100.00%" in out
    assert "with a cap of 1 about 0.0%, without it 50.0%" in out
    assert "answers drawn: 5 words in a row" in out
    assert (tmp_path / "exposure.svg").read_text().startswith("<svg")


def test_a_gate_exits_1_where_the_bound_is_broken(run, tmp_path):
    bound = '[[audit.gate]]\nmeasure = "copying.greedy"\nwithin = 0.01\n'
    (tmp_path / "use.toml").write_text(USE + bound)
    code, out, _ = run("--data", "data.jsonl", *CUT, "--policy", "use.toml", "--gate")
    assert code == 1
    assert "copying.greedy: at most 0.01: outside" in out


@pytest.mark.parametrize(
    ("words", "problem", "mend"),
    [
        (("--gate",), "--gate without a use", "--policy"),
        (("--cap", "2"), "--cap needs repeat counts", "--repeats-field"),
        (("--repeats-field", "id"), "data.jsonl:1: id is 'a'", "1 or more"),
        (("--text-field", "times"), "times is int where a text is wanted", "--text-field"),
        (("--prefix", "900"), "no text has 930 tokens", "--prefix"),
    ],
)
def test_what_cannot_be_audited_says_why_and_what_to_do(run, words, problem, mend):
    code, _, err = run("--data", "data.jsonl", *CUT, *words)
    assert code == 2
    assert problem in err
    assert mend in err


def test_an_engine_without_probabilities_could_not_be_measured(run, tmp_path):
    server = '[engine]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "any"\n'
    (tmp_path / "use.toml").write_text(USE + server)
    code, _, err = run("--data", "data.jsonl", *CUT, "--policy", "use.toml")
    assert code == 3
    assert "gives no exact probabilities" in err
