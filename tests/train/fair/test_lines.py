"""No subgroup that a line cuts out is treated otherwise than all, blind and aware."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("lightgbm")
pytest.importorskip("sklearn")

from upright.measure.linear import Cells, Protected, parts_of
from upright.measure.rates import RATES, base_of
from upright.measure.table import Table
from upright.terms import ConfigError
from upright.train.fair.asked import Linear
from upright.train.fair.classifier import FairClassifier
from upright.train.fair.lender import Order, train_lender
from upright.train.fair.lines import Sought, choose_lines
from upright.train.fair.rule import PARITIES, Chances
from upright.train.fair.store import load, save

BOUND = 0.006


def people(rows=4_000, seed=0):
    """Return features, label, columns: old women of good credit look worse on paper."""
    draw = np.random.default_rng(seed)
    sex, age = draw.integers(0, 2, rows), draw.integers(20, 70, rows)
    wronged = (sex == 1) & (age > 45)
    worth = draw.normal(0, 1, rows)
    label = (draw.random(rows) < 1 / (1 + np.exp(0.5 + 2.5 * worth))).astype(int)
    paper = worth + draw.normal(0, 0.6, rows) - 0.9 * wronged
    club = wronged + draw.normal(0, 0.5, rows)
    columns = {"sex": np.array(["m", "f"])[sex].tolist(), "age": age.astype(str).tolist()}
    return np.column_stack([paper, club]), label, columns


def violation(label, decided, columns, parity="false_rejection", favourable=0):
    rate = RATES[parity]
    hit = rate.hit(label, decided, favourable)
    parts = parts_of(base_of(rate, label, favourable), hit)
    return Cells(Protected.of(columns).features(columns)).worst(parts)[1]


@pytest.fixture(scope="module", params=[True, False], ids=["blind", "aware"])
def fitted(request):
    rows, label, columns = people()
    classifier = FairClassifier(subgroups="linear", max_violation=BOUND, blind=request.param)
    return classifier.fit(rows, label, columns)


def test_the_worst_subgroup_on_the_rows_it_was_chosen_on_is_within_the_bound(fitted):
    assert fitted.chosen_.gap <= BOUND
    assert fitted.asked_.lines or not fitted.blind


def test_subgroups_are_treated_alike_on_rows_never_seen(fitted):
    rows, label, columns = people(seed=1)
    free = FairClassifier(max_gap=0.99).fit(*people()[:2])
    plain = violation(label, free.predict(rows), columns)
    held = violation(label, fitted.predict(rows, columns), columns)
    assert plain > 2 * BOUND
    # The worst of all lines is at about four standard errors by chance alone.
    assert held < BOUND + 4 * (0.25 * 0.2 / 4_000) ** 0.5
    assert held < 0.6 * plain


def test_a_blind_classifier_needs_no_columns_and_an_aware_one_names_them(fitted):
    rows, _, columns = people(50, seed=2)
    if fitted.blind:
        assert np.array_equal(fitted.predict(rows), fitted.predict(rows, columns))
        return
    with pytest.raises(ValueError, match="'age'"):
        fitted.predict(rows, {"sex": columns["sex"]})


def test_a_wider_bound_errs_no_more_and_needs_no_new_scores(fitted):
    tight = fitted.chosen_
    wide = fitted.choose_again(0.2)
    assert wide.error <= tight.error
    assert isinstance(fitted.asked_, Linear)
    again = fitted.choose_again()
    assert again.gap <= BOUND
    assert again.rule == tight.rule


@pytest.mark.parametrize("parity", PARITIES)
@pytest.mark.parametrize("favourable", [0, 1])
def test_every_rate_is_held_whatever_is_favourable(parity, favourable):
    _, _, columns = people(3_000, seed=3)
    draw = np.random.default_rng(0)
    traits = Protected.of(columns).features(columns)
    likely = 1 / (1 + np.exp(-draw.normal(0, 1.5, 3_000) - 0.6 * traits[:, 1]))
    label = (draw.random(3_000) < likely).astype(int)
    sought = Sought(parity, favourable, 0.02, caution=0.0)

    def known(_name, code):
        return np.eye(2)[code], np.eye(2)[code]

    chosen, lines = choose_lines(label, likely, traits, sought, known)
    pairs = {
        f"subgroup {k}": known("", line.holds(traits).astype(int))
        for k, line in enumerate(lines, 1)
    }
    decided = (chosen.rule.margin(Chances(likely, pairs)) > 0).astype(int)
    assert violation(label, decided, columns, parity, favourable) == pytest.approx(
        chosen.gap, abs=2e-3
    )
    assert chosen.gap <= 0.02
    assert chosen.error == pytest.approx(np.mean(decided != label))


def register(rows=1_500, seed=0):
    features, label, columns = people(rows, seed)
    told = {"paper": features[:, 0], "club": features[:, 1], **columns, "bad": label}
    return Table("t.csv", {name: tuple(str(v) for v in column) for name, column in told.items()})


@pytest.mark.parametrize("blind", [True, False])
def test_a_stored_model_with_subgroups_decides_as_the_one_that_was_trained(tmp_path, blind):
    order = Order("bad", ("sex", "age"), blind=blind, subgroups="linear", max_violation=0.02)
    made = train_lender(register(), order)
    save(made, tmp_path)
    new = register(300, seed=4)
    again = load(tmp_path)
    for stored, trained in zip(again.decide(new), made.decide(new), strict=True):
        assert np.array_equal(stored, trained)
    assert again.classifier.asked_ == made.classifier.asked_
    assert made.facts["violation"]["verdict"] in {"within", "outside", "cannot tell"}
    assert made.facts["violation"]["bound"] == 0.02


@pytest.mark.parametrize("wrong", [{"subgroups": "round"}, {"max_violation": 0.0}])
def test_subgroups_that_are_none_are_refused(wrong):
    rows, label, columns = people(300)
    with pytest.raises(ValueError, match=next(iter(wrong)).split("_")[0]):
        FairClassifier(**{"subgroups": "linear", **wrong}).fit(rows, label, columns)
    with pytest.raises(ConfigError):
        train_lender(register(300), Order("bad", ("sex",), **{"subgroups": "linear", **wrong}))
