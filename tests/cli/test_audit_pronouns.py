"""`upright audit pronouns` as its users call it."""

from __future__ import annotations

import json

import pytest
from tests.audit.pronoun_engine import PronounEngine, TextEngine

from upright.cli import main
from upright.generate import open as opening

USE = (
    'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n[generation]\ntemperature = 1.0\n'
    '[[guard.rule]]\ndetect = ["pii.*"]\nat = ["output"]\naction = "redact"\n'
)
BALANCED = '[balance]\npronouns = "balanced"\n'
REFERENCE = '[balance]\npronouns = "reference"\n'
GAP = "fairness.pronouns.balance_gap"


def gate(within, measure=GAP):
    return f'[[audit.gate]]\nmeasure = "{measure}"\nwithin = {within}\n'


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run one command on a model that believes in professions."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(opening, "_embedded", lambda _: PronounEngine())
    monkeypatch.setattr(opening, "_openai", lambda _: TextEngine())

    def call(*words, use=None):
        if use is not None:
            (tmp_path / "use.toml").write_text(use)
            words = (*words, "--policy", "use.toml")
        with pytest.raises(SystemExit) as end:
            main(["audit", "pronouns", "--limit", "2", *words])
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_what_the_model_believes_is_told(run):
    code, out, _ = run("--json")
    told = json.loads(out)
    assert code == 0
    assert told["model"] == "believer"
    assert told["answers"] == 0
    assert told["measures"]["model"]["correlation"]["value"] == pytest.approx(1.0, abs=1e-2)
    assert told["measures"]["model"]["balance_gap"]["value"] > 0.2
    assert set(told["measures"]) == {"model"}
    assert len(told["professions"]) >= 60


def test_before_and_after_stand_beside_each_other(run):
    code, out, _ = run("--mitigated", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["measures"]["balanced"]["balance_gap"]["value"] == 0.0
    assert told["measures"]["balanced"]["correlation"]["value"] == 0.0
    assert told["reached"] == told["prompts"]
    assert {row.get("moved") for row in told["exceptions"]} == {0}
    for row in told["exceptions"]:
        assert row["balanced"]["value"] == row["model"]["value"]
    assert "value" in told["perplexity_cost"]
    assert told["serves"] is False


def test_all_of_it_is_told_in_words(run, tmp_path):
    code, out, _ = run("--mitigated", "--plot", "pronouns.svg")
    assert code == 0
    assert "exact chances" in out
    assert "professions shown to lie outside:" in out
    assert "balancing changed" in out
    assert "coreference" in out
    assert "balancing adds to perplexity" in out
    assert (tmp_path / "pronouns.svg").read_text().startswith("<svg")


def test_a_use_that_balances_is_measured_as_it_serves(run):
    code, out, _ = run("--gate", "--json", use=USE + BALANCED + gate(0.1))
    told = json.loads(out)
    assert code == 0
    assert told["serves"] is True
    assert told["gates"][0]["verdict"] == "within"


def test_a_gate_exits_1_where_the_bound_is_broken(run):
    code, out, _ = run("--gate", use=USE + gate(0.1))
    assert code == 1
    assert f"{GAP}: at most 0.1: outside" in out


def test_trying_balance_does_not_pass_the_gate_of_a_use_without_it(run):
    code, out, _ = run("--gate", "--mitigated", "--json", use=USE + gate(0.1))
    assert code == 1
    assert json.loads(out)["measures"]["balanced"]["balance_gap"]["value"] == 0.0


@pytest.mark.parametrize("name", ["reference_gap", "perplexity_cost"])
def test_a_use_with_a_reference_keeps_the_bounds_of_a_reference(run, name):
    bound = gate(0.1, f"fairness.pronouns.{name}")
    code, out, _ = run("--gate", "--json", use=USE + REFERENCE + bound)
    told = json.loads(out)
    assert code == 0
    assert told["way"] == "reference"
    assert told["measures"]["balanced"]["reference_gap"]["value"] < 0.01


def test_answers_are_drawn_and_counted_where_asked(run):
    code, out, _ = run("--answers", "10", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["answers"] == 10
    assert told["measures"]["model"]["balance_gap"]["value"] > 0.2


def test_a_server_is_audited_by_its_answers(run):
    server = USE + '[engine]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    code, out, _ = run("--answers", "4", use=server)
    assert code == 0
    assert "server: " in out
    assert "4 answers each" in out


def test_a_server_without_answers_could_not_be_measured_and_says_what_to_do(run):
    server = USE + '[engine]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    code, _, err = run(use=server)
    assert code == 3
    assert "the engine 'server' gives no exact probabilities" in err
    assert "--answers" in err


def test_balancing_cannot_be_tried_on_a_server_and_is_not_left_out_in_silence(run):
    server = USE + '[engine]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    code, out, err = run("--answers", "4", "--mitigated", use=server)
    assert (code, out) == (3, "")
    assert "the engine 'server' draws its own words" in err
    assert "--mitigated" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--plot", "no/where.svg"), "no/where.svg"),
        (("--plot", "."), "Is a directory"),
        (("--plot", "use.toml/plot.svg"), "use.toml/plot.svg"),
        (("--gate",), "sets no bound for pronouns"),
        (("--perplexity-data", "none.jsonl"), "none.jsonl"),
    ],
)
def test_what_cannot_end_well_is_refused_before_the_engine_is_opened(run, monkeypatch, words, said):
    def opened(_):
        raise AssertionError("the work has begun")

    monkeypatch.setattr(opening, "_embedded", opened)
    code, out, err = run(*words, use=USE)
    assert (code, out) == (2, "")
    assert said in err


def test_a_plot_is_not_touched_where_the_audit_fails(run, tmp_path):
    (tmp_path / "kept.svg").write_text("drawn before")
    server = USE + '[engine]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n'
    assert run("--plot", "kept.svg", use=server)[0] == 3
    assert (tmp_path / "kept.svg").read_text() == "drawn before"


def test_the_price_is_measured_on_texts_of_one_s_own(run, tmp_path):
    (tmp_path / "own.jsonl").write_text(json.dumps({"body": "The plumber sat, and he slept."}))
    code, out, _ = run(
        "--mitigated", "--perplexity-data", "own.jsonl", "--text-field", "body", "--json"
    )
    assert code == 0
    assert json.loads(out)["perplexity_cost"]["n"] == 1


@pytest.mark.parametrize(
    ("words", "use", "said"),
    [
        (("--gate",), None, ("--gate without a use", "--policy")),
        (("--gate",), USE, ("sets no bound for pronouns", GAP)),
        ((), USE + gate(0.1, "fairness.pronouns.moon"), ("no measure", "balance_gap")),
        (("--profession", "falconer"), None, ("'falconer'", "nurse")),
        (("--plot", "no/where.svg"), None, ("no/where.svg", "folder")),
        (("--perplexity-data", "none.jsonl"), None, ("none.jsonl",)),
        (("--perplexity-data", "empty.jsonl"), None, ("no text in it", "lines with texts")),
    ],
)
def test_what_is_wrong_is_said_with_its_mend(run, tmp_path, words, use, said):
    (tmp_path / "empty.jsonl").write_text("")
    code, _, err = run(*words, use=use)
    assert code == 2
    for part in said:
        assert part in err


def test_a_use_can_ask_about_some_professions(run):
    code, out, _ = run("--profession", "nurse", "--profession", "plumber", "--json")
    told = json.loads(out)
    assert code == 0
    assert {row["name"] for row in told["professions"]} == {"nurse", "plumber"}
    assert told["prompts"] == 4


def test_the_engine_is_closed(monkeypatch, run):
    engine = PronounEngine()
    monkeypatch.setattr(opening, "_embedded", lambda _: engine)
    run("--quiet", "--json")
    assert engine.closed
