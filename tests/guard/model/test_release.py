"""The model that ships: its files belong together, its facts are whole, its scores come out."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from importlib.resources import files

import pytest

from upright.cli import main
from upright.guard.detectors.registry import MODEL as RULES
from upright.guard.model.heads import ATTACKS, HEADS
from upright.terms import HAZARDS, hazard_of_rule
from upright.train.guard.card import card
from upright.weights.guard import FACTS, MODEL, TOKENIZER, open_guard

SHIPPED = files("upright.weights") / "guard_model"
MOST_BYTES = 30_000_000
POLICY = """schema = 1
[use_case]
name = "x"
purpose = "y"
[guard]
model = true
deadline_ms = 60000
[[guard.rule]]
detect = ["toxicity.*", "request.*", "injection.*"]
at = ["output"]
action = "flag"
"""


@pytest.fixture(scope="module")
def facts():
    return json.loads((SHIPPED / FACTS).read_text(encoding="utf-8"))


def test_the_facts_name_the_digests_of_the_files(facts):
    for name in (MODEL, TOKENIZER):
        found = hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest()
        assert facts["sha256"][name] == found
    assert open_guard().facts == facts


def test_all_that_ships_is_at_most_30_million_bytes():
    assert (
        sum(len((SHIPPED / name).read_bytes()) for name in (MODEL, TOKENIZER, FACTS)) < MOST_BYTES
    )


def test_every_head_has_a_rising_scale_and_a_threshold_that_can_be_reached(facts):
    for head in HEADS:
        assert facts["calibration"][head]["slope"] > 0, head
        assert 0 < facts["thresholds"][head] < 1, head


def test_the_facts_are_numbers_that_every_reader_of_json_takes(facts):
    json.dumps(facts, allow_nan=False)


def test_every_head_was_taught_and_measured_on_what_was_held_back(facts):
    assert all(facts["labels"][head] > 0 for head in HEADS)
    measured = {row["head"] for row in facts["held"]["heads"] if row["source"] == "all"}
    assert measured >= set(HEADS) - {"copyright", *ATTACKS}
    assert all(row["auc"][0] > 0.5 for row in facts["held"]["heads"] if row["source"] == "all")


def test_the_card_of_the_shipped_model_names_every_source(facts):
    told = card(facts)
    assert "contrast" in facts["sources"]
    for source, count in facts["sources"].items():
        assert f"| {source} | {count:,} |" in told


def test_scores_come_out_of_the_command_for_every_hazard(capsysbinary, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime", reason="the extra `guard` is not installed")
    (tmp_path / "upright.toml").write_text(POLICY, encoding="utf-8")
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    line = json.dumps({"id": "a", "text": "You are a worthless, stupid idiot and I hate you."})
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(line.encode())))
    words = ["--policy", str(tmp_path / "upright.toml"), "--workers", "1", "--scores"]
    with pytest.raises(SystemExit):
        main(["guard", "check", *words])
    out = json.loads(capsysbinary.readouterr().out)
    assert "errors" not in out
    assert set(out["scores"]) == set(HAZARDS)
    assert out["scores"]["harassment"] > 0.3
    asked = {hazard_of_rule(rule) for rule in RULES}
    assert all(0 < out["scores"][hazard] < 1 for hazard in asked)
