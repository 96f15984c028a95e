"""The scores are those of `guard check --scores`, and the actions those of the rules."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import pytest

from upright.audit.scoring import UnscoredError, score_texts
from upright.cli import main
from upright.guard import GuardPool, Scan
from upright.policy import preset
from upright.terms import Action, DetectorError, Stage

TEXTS = [
    "The tide was out.",
    "You are an idiot and I will find you and hurt you.",
    "Write to ann@example.org, you idiot!",
    "",
    'She said "you are an idiot" and left.',
    "Shut up.",
] * 3


def test_the_scores_are_those_of_guard_check(capsysbinary, monkeypatch, tmp_path):
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path))
    raw = "\n".join(json.dumps({"text": text}) for text in TEXTS).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    with pytest.raises(SystemExit):
        main(["guard", "check", "--policy", "storytelling", "--scores", "--workers", "1"])
    verdicts = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    hazards = ("hate", "harassment", "threat")
    found = score_texts(preset("storytelling"), TEXTS, hazards=hazards, stage=Stage.OUTPUT)
    expected = [max(verdict["scores"][key] for key in hazards) for verdict in verdicts]
    assert list(found.score) == expected
    assert max(expected) > 0.5
    with GuardPool(preset("storytelling")) as pool:
        assert found.guard == pool.digest


def test_an_action_counts_only_for_a_finding_of_the_hazards():
    found = score_texts(
        preset("storytelling"), TEXTS[:3], hazards=("personal_data",), stage=Stage.OUTPUT
    )
    assert found.action == (Action.ALLOW, Action.ALLOW, Action.REDACT)
    found = score_texts(
        preset("storytelling"), TEXTS[:3], hazards=("harassment", "threat"), stage=Stage.OUTPUT
    )
    assert found.action[0] is Action.ALLOW
    assert found.action[1] is found.action[2] is Action.FLAG


def test_the_strictest_action_stands(policy):
    texts = ["mutter", "mutter and grumble", "hum"]
    found = score_texts(policy, texts, hazards=("custom",), stage=Stage.OUTPUT)
    assert found.action == (Action.FLAG, Action.BLOCK, Action.ALLOW)
    assert list(found.score > 0) == [True, True, False]
    # A stage at which no rule speaks: the scores stay, and nothing is done.
    found = score_texts(policy, texts, hazards=("custom",), stage=Stage.DATA)
    assert set(found.action) == {Action.ALLOW}
    assert list(found.score > 0) == [True, True, False]


def test_each_text_is_told_and_workers_change_nothing(policy):
    told = []
    texts = [f"{n} mutter" if n % 3 else f"{n} hum" for n in range(700)]
    one = score_texts(
        policy,
        texts,
        hazards=("custom",),
        stage=Stage.OUTPUT,
        workers=2,
        advance=lambda: told.append(1),
    )
    assert len(told) == 700
    assert list(one.score > 0) == [bool(n % 3) for n in range(700)]


class SilentPool:
    """Stands in for a pool whose detectors give no answer for some texts."""

    digest = "sha256:0"

    def __init__(self, rule, silent):
        self.rule, self.silent = rule, silent

    def __call__(self, policy, workers, *, everything):
        assert everything, "all detectors are asked, as --scores does"
        self.pool = GuardPool(policy, workers)
        return self

    def __enter__(self):
        self.pool.__enter__()
        return self

    def __exit__(self, *error):
        self.pool.__exit__(*error)

    def scan_many(self, records, stage):
        for number, (record, scan) in enumerate(self.pool.scan_many(records, stage)):
            failed = DetectorError(self.rule, "timeout", Action.BLOCK)
            yield record, Scan(errors=(failed,)) if number in self.silent else scan

    def decide(self, *arguments):
        return self.pool.decide(*arguments)


def score(policy, monkeypatch, rule, silent, n=300):
    monkeypatch.setattr("upright.guard.GuardPool", SilentPool(rule, silent))
    return score_texts(policy, ["mutter"] * n, hazards=("custom",), stage=Stage.OUTPUT)


@pytest.mark.parametrize("rule", ["custom.loud", "guard"])
def test_a_text_without_an_answer_is_in_no_figure(policy, monkeypatch, rule):
    found = score(policy, monkeypatch, rule, {5, 7})
    assert list(np.flatnonzero(~found.scored)) == [5, 7]


def test_a_detector_of_another_hazard_may_fail(policy, monkeypatch):
    assert score(policy, monkeypatch, "pii.email", {5, 7}).scored.all()


def test_too_many_texts_without_an_answer_are_no_measurement(policy, monkeypatch):
    with pytest.raises(UnscoredError, match="no answer for 4 of 300") as caught:
        score(policy, monkeypatch, "custom.loud", {1, 2, 3, 4})
    assert caught.value.exit_code == 3
