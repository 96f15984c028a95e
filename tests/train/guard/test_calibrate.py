"""Probabilities mean what they say, and thresholds keep false alarms below their cap."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.model.heads import CONTEXTS, HEADS, TARGETS
from upright.guard.model.reader import Reading
from upright.train.guard.calibrate import (
    FALSE_ALARMS,
    _platt,
    _threshold,
    calibrated,
    neutral_facts,
)
from upright.train.guard.examples import Example
from upright.train.guard.figures import figures


@pytest.mark.parametrize(("slope", "shift"), [(0.6, -1.2), (1.0, 0.0), (2.5, 0.7)])
def test_a_known_scale_is_found_again(slope, shift):
    logits = np.random.default_rng(3).normal(size=4_000) * 2
    shares = 1 / (1 + np.exp(-(slope * logits + shift)))
    assert _platt(logits, shares) == (
        pytest.approx(slope, abs=0.02),
        pytest.approx(shift, abs=0.02),
    )
    votes = (np.random.default_rng(4).random(4_000) < shares).astype(np.float64)
    found = _platt(logits, votes)
    assert found == (pytest.approx(slope, abs=0.2), pytest.approx(shift, abs=0.2))


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_scale_stays_finite_where_all_agree(label):
    slope, shift = _platt(np.linspace(-3, 3, 50), np.full(50, label))
    assert math.isfinite(slope)
    assert math.isfinite(shift)


SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@given(SCORES, SCORES, st.sampled_from([0.005, 0.03, 0.2]))
def test_a_threshold_keeps_false_alarms_below_their_cap_or_is_the_highest(harmless, harmful, cap):
    scores = np.array([*harmless, *harmful])
    labels = np.array([0.0] * len(harmless) + [1.0] * len(harmful))
    threshold = _threshold(scores, labels, cap)
    alarms = float((np.array(harmless) >= threshold).mean())
    assert alarms <= cap or threshold == pytest.approx(0.94)
    assert 0.1 <= threshold <= 0.94


def test_among_those_that_keep_the_cap_the_best_is_chosen():
    harmless, harmful = np.full(100, 0.05), np.full(50, 0.35)
    labels = np.r_[np.zeros(100), np.ones(50)]
    threshold = _threshold(np.r_[harmless, harmful], labels, 0.03)
    assert 0.1 <= threshold <= 0.35, "all found, no alarm"
    between = _threshold(np.r_[np.full(100, 0.5), np.full(50, 0.3)], labels, 0.03)
    assert between > 0.5, "rather nothing found than half of the harmless"


def test_where_a_miss_weighs_more_the_threshold_is_never_higher():
    draw = np.random.default_rng(4)
    scores = np.r_[draw.beta(2, 5, 900), draw.beta(4, 3, 100)]
    labels = np.r_[np.zeros(900), np.ones(100)]
    chosen = [_threshold(scores, labels, 0.5, weight) for weight in (0.25, 1.0, 4.0, 16.0)]
    assert chosen == sorted(chosen, reverse=True)
    assert len(set(chosen)) == 4


def test_of_kinds_in_which_a_miss_weighs_more_the_cap_is_lower():
    assert FALSE_ALARMS["threat"] == FALSE_ALARMS["self_harm"] < FALSE_ALARMS["hate"]


def test_texts_on_which_people_disagree_do_not_move_a_threshold():
    scores, labels = np.r_[np.full(50, 0.05), np.full(50, 0.6)], np.r_[np.zeros(50), np.ones(50)]
    alone = _threshold(scores, labels, 0.03)
    with_others = _threshold(
        np.r_[scores, np.full(200, 0.9)], np.r_[labels, np.full(200, 0.3)], 0.03
    )
    assert alone == with_others


class Told:
    """Says of a text what the text itself spells out as a logit."""

    facts = neutral_facts()

    def read(self, texts):
        shares = [1 / (1 + math.exp(-float(text))) for text in texts]
        contexts = (1.0, *(0.0,) * (len(CONTEXTS) - 1))
        return [
            Reading((share,) * len(HEADS), contexts, (0.0,) * len(TARGETS), ()) for share in shares
        ]


def held(head, count=600):
    logits = np.random.default_rng(8).normal(size=count) * 2
    return [
        Example(f"{logit:.4f}", {head: float(logit + noise > 1)}, "plain")
        for logit, noise in zip(logits, np.random.default_rng(9).normal(size=count), strict=True)
    ]


def test_a_head_is_scaled_by_its_own_labels_and_others_stay():
    facts = calibrated(Told(), held("hate"))
    assert facts["calibration"]["hate"]["slope"] > 1.2
    assert facts["calibration"]["hate"]["shift"] < -1
    untouched = [head for head in HEADS if head != "hate"]
    assert all(facts["calibration"][head] == {"slope": 1.0, "shift": 0.0} for head in untouched)


def test_a_head_with_too_few_examples_keeps_its_scale():
    few = [Example(f"{value}", {"threat": 1.0}) for value in range(19)]
    facts = calibrated(Told(), few)
    assert facts["calibration"]["threat"] == {"slope": 1.0, "shift": 0.0}
    assert facts["thresholds"]["threat"] == 0.5


def test_every_kind_of_finding_has_a_cap():
    assert set(FALSE_ALARMS) == set(HEADS) - {"toxic"}
    assert all(0 < cap <= 0.1 for cap in FALSE_ALARMS.values())


def test_figures_count_only_who_was_asked_and_leave_out_the_undecided():
    others = [Example("0.0", {"hate": 0.3}), Example("0.0", {"threat": 1.0})]
    examples = [replace(example, source="labels") for example in [*held("hate", 200), *others]]
    told = figures(Told(), examples, dict.fromkeys(HEADS, 0.5))
    assert {row["head"] for row in told["heads"]} == {"hate"}, "one threat is too few"
    (row,) = [row for row in told["heads"] if row["source"] == "all"]
    yes = sum(example.labels.get("hate") == 1.0 for example in examples)
    assert (row["n"], row["yes"]) == (200, yes)
    assert row["auc"][1] <= row["auc"][0] <= row["auc"][2]
    assert told["context"] == 1.0
