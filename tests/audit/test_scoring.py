"""The scores are those of `guard check --scores`, and the actions those of the rules."""

from __future__ import annotations

import io
import json
import sys
from concurrent.futures import Future

import numpy as np
import pytest

from upright.audit.scoring import UnscoredError, score_texts
from upright.cli import main
from upright.guard import Guard, GuardPool, Scan
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

    digest, deadline = "sha256:0", 1.0

    def __init__(self, rule, silent):
        self.rule, self.silent = rule, silent

    def __call__(self, policy, workers, *, everything):
        assert everything, "detectors that no rule names are asked too, as --scores does"
        self.guard = Guard.from_policy(policy, everything=True)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, records, stage, *, skip):
        failed = DetectorError(self.rule, "exception", Action.BLOCK)
        scans = self.guard.scan(records, stage, skip=skip)
        told = Future()
        told.set_result(
            [
                Scan(errors=(failed,)) if record.text in self.silent else scan
                for record, scan in zip(records, scans, strict=True)
            ]
        )
        return told

    def decide(self, *arguments):
        return self.guard.decide(*arguments)


def score(policy, monkeypatch, rule, silent, n=300):
    pool = SilentPool(rule, {f"mutter {number}" for number in silent})
    monkeypatch.setattr("upright.guard.GuardPool", pool)
    texts = [f"mutter {number}" for number in range(n)]
    return score_texts(policy, texts, hazards=("custom",), stage=Stage.OUTPUT)


def test_detectors_of_other_hazards_are_not_asked(policy, monkeypatch):
    asked = []
    submit = SilentPool.submit
    monkeypatch.setattr(
        SilentPool,
        "submit",
        lambda self, *words, skip: asked.append(skip) or submit(self, *words, skip=skip),
    )
    score(policy, monkeypatch, "custom.loud", set())
    (skipped,) = set(asked)
    assert {"pii.email", "toxicity.hate", "injection.override"} <= skipped
    assert not {"custom.loud", "custom.quiet"} & skipped


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
