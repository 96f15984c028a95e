"""The fair classifier: scikit-learn's protocol, parity that holds out, one rule, no pickle."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lightgbm")
pytest.importorskip("sklearn")

from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from upright.measure.table import Table
from upright.terms import ConfigError
from upright.train.fair.classifier import FairClassifier
from upright.train.fair.encode import Encoding
from upright.train.fair.errors import ModelError
from upright.train.fair.explain import explain
from upright.train.fair.lender import Lender, Order, train_lender
from upright.train.fair.rule import PARITIES, Chances, Rule, weights_of
from upright.train.fair.scores import Recipe, cross_fit
from upright.train.fair.store import load, save


@parametrize_with_checks([FairClassifier()])
def test_it_keeps_the_protocol_of_scikit_learn(estimator, check):
    check(estimator)


def people(rows=4_000, seed=0):
    """Return features, labels and groups: creditworthy people of group b look worse on paper."""
    draw = np.random.default_rng(seed)
    group = draw.integers(0, 2, rows)
    worth = draw.normal(0, 1, rows)
    label = (draw.random(rows) < 1 / (1 + np.exp(0.5 + 2.5 * worth))).astype(int)
    paper = worth + draw.normal(0, 0.6, rows) - 0.8 * group
    club = group + draw.normal(0, 0.5, rows)
    return np.column_stack([paper, club]), label, np.array(["a", "b"])[group]


# Two points were asked for. About 1,150 repaid people of each group choose the rule and as many
# judge it, at a rate near 0.2: two standard errors of both come on top.
ASKED_AND_CHANCE = 0.02 + 2 * (4 * 0.2 * 0.8 / 1_150) ** 0.5


def rates(decided, label, group, value=0):
    held = label == value
    return [decided[held & (group == name)].mean() for name in ("a", "b")]


def apart(classifier, seed=1, **more):
    rows, label, group = people(seed=seed)
    seen = None if classifier.blind else {"g": group}
    decided = classifier.predict(rows, seen)
    first, second = rates(decided, label, group, **more)
    return abs(first - second), float(np.mean(decided != label))


@pytest.fixture(scope="module")
def fitted():
    rows, label, group = people()
    return FairClassifier(max_gap=0.02).fit(rows, label, {"g": group})


def test_false_rejections_are_equal_on_rows_never_seen(fitted):
    rows, label, _ = people()
    free = FairClassifier().fit(rows, label)
    gap, error = apart(fitted)
    assert apart(free)[0] > 0.07
    assert gap < ASKED_AND_CHANCE
    assert gap < 0.7 * apart(free)[0]
    assert error < apart(free)[1] + 0.08


def test_who_may_see_the_group_errs_no_more(fitted):
    rows, label, group = people()
    aware = FairClassifier(max_gap=0.02, blind=False).fit(rows, label, {"g": group})
    gap, error = apart(aware)
    assert gap < 0.05
    assert error < apart(fitted)[1] + 0.02
    with pytest.raises(ValueError, match="'g'"):
        aware.predict(rows)
    with pytest.raises(ValueError, match="'c' was not there"):
        aware.predict(rows[:1], {"g": ["c"]})


def test_a_blind_classifier_never_sees_the_group(fitted):
    rows, _, _ = people(seed=2)
    plain = fitted.predict(rows)
    for swapped in (["a"] * len(rows), ["b"] * len(rows)):
        assert np.array_equal(fitted.predict(rows, {"g": swapped}), plain)
    assert fitted.n_features_in_ == 2


@pytest.mark.parametrize(
    ("parity", "value"), [("true_positive", 1), ("selection", None), ("error", None)]
)
def test_other_rates_can_be_asked_to_be_equal(parity, value):
    rows, label, group = people()
    classifier = FairClassifier(parity=parity, max_gap=0.02).fit(rows, label, {"g": group})
    new, truth, them = people(seed=1)
    decided = classifier.predict(new)
    hit = decided != truth if parity == "error" else decided == 1
    held = np.ones(len(truth), dtype=bool) if value is None else truth == value
    found = [hit[held & (them == name)].mean() for name in ("a", "b")]
    assert abs(found[0] - found[1]) < 0.06


def test_a_tighter_gap_is_no_wider_on_the_rows_it_was_chosen_on(fitted):
    found = [fitted.choose_again(gap) for gap in (0.2, 0.02)]
    fitted.choose_again()
    assert found[1].gap <= 0.02
    assert found[0].error <= found[1].error


def test_the_same_rows_and_seed_give_the_same_rule():
    rows, label, group = people(800)
    made = [FairClassifier(random_state=3).fit(rows, label, {"g": group}) for _ in range(2)]
    assert made[0].rule_ == made[1].rule_
    assert np.array_equal(made[0].predict_proba(rows), made[1].predict_proba(rows))


def test_any_estimator_of_scikit_learn_gives_the_scores():
    rows, label, group = people(1_500)
    classifier = FairClassifier(max_gap=0.03, estimator=LogisticRegression())
    classifier.fit(rows, label, {"g": group})
    assert apart(classifier)[0] < ASKED_AND_CHANCE + 0.01


def test_several_attributes_are_held_each_on_its_own_or_crossed():
    rows, label, group = people()
    other = np.random.default_rng(5).integers(0, 2, len(label))
    both = {"g": group, "h": other}
    assert len(FairClassifier(max_gap=0.03).fit(rows, label, both).rule_.sizes) == 2
    crossed = FairClassifier(max_gap=0.03, crossed=True).fit(rows, label, both)
    assert len(crossed.rule_.sizes["g x h"]) == 4


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"parity": "luck"}, "luck"), ({"max_gap": 0}, "max_gap"), ({"favourable": 2}, "favourable")],
)
def test_parameters_that_are_none_are_refused(wrong, told):
    rows, label, _ = people(100)
    with pytest.raises(ValueError, match=told):
        FairClassifier(**wrong).fit(rows, label)


def test_groups_need_a_value_for_each_row():
    rows, label, _ = people(100)
    with pytest.raises(ValueError, match="2 values for 100 rows"):
        FairClassifier().fit(rows, label, {"g": ["a", "b"]})


def test_every_row_is_scored_by_a_model_that_did_not_see_it():
    # Labels are noise: a model that saw a row would know its label, one that did not cannot.
    draw = np.random.default_rng(0)
    rows, label = draw.normal(size=(600, 3)), draw.integers(0, 2, 600)
    used = np.ones(600, dtype=bool)
    ensemble, chances = cross_fit(rows, label, used, Recipe(), leaves=31, trees=60)
    assert abs(np.mean((chances[:, 1] > 0.5) == label) - 0.5) < 0.08
    assert np.mean((ensemble.chances(rows)[:, 1] > 0.5) == label) > 0.75


@given(st.sampled_from(PARITIES), st.integers(0, 1), st.integers(0, 2**31))
@settings(max_examples=50)
def test_without_a_price_the_rule_decides_for_the_likelier_label(parity, favourable, seed):
    draw = np.random.default_rng(seed)
    chance, group = draw.random(20), draw.dirichlet([1, 1], 20)
    rule = Rule(weights_of(parity, favourable), {"g": (0.5, 0.5)}, (1.0, 0.0, 0.0, 0.0))
    decided = rule.margin(Chances(chance, {"g": (group, group)})) > 0
    assert np.array_equal(decided, chance > 0.5)


@given(st.integers(0, 2**31), st.floats(0.01, 1))
@settings(max_examples=50)
def test_a_price_on_a_group_rejects_fewer_who_are_likely_in_it(seed, price):
    draw = np.random.default_rng(seed)
    chances = Chances(draw.random(50), {"g": (draw.dirichlet([1, 1], 50),) * 2})
    parity = weights_of("false_rejection", 0)
    free = Rule(parity, {"g": (0.5, 0.5)}, (1.0, 0.0, 0.0, 0.0)).margin(chances)
    dear = Rule(parity, {"g": (0.5, 0.5)}, (1.0, 0.0, price, 0.0)).margin(chances)
    assert (dear <= free).all()


def register(rows=1_200, seed=0):
    features, label, group = people(rows, seed)
    job = np.array(["baker", "smith", ""])[np.arange(rows) % 3]
    columns = {
        "paper": features[:, 0],
        "club": features[:, 1],
        "job": job,
        "g": group,
        "bad": label,
    }
    return Table("t.csv", {name: tuple(str(v) for v in column) for name, column in columns.items()})


ORDER = Order("bad", ("g",), 0.05, blind=True)


@pytest.fixture(scope="module")
def lender():
    return train_lender(register(), ORDER)


@pytest.mark.parametrize("change", [{}, {"blind": False}])
def test_a_stored_model_decides_as_the_one_that_was_trained(tmp_path, change):
    made = train_lender(register(), Order("bad", ("g",), 0.05, **{"blind": True, **change}))
    save(made, tmp_path / "m")
    again, new = load(tmp_path / "m"), register(300, seed=4)
    for stored, trained in zip(again.decide(new), made.decide(new), strict=True):
        assert np.array_equal(stored, trained)
    assert again.facts == json.loads(json.dumps(made.facts))
    assert {path.suffix for path in (tmp_path / "m").iterdir()} == {".json", ".txt"}


def test_a_model_of_another_estimator_is_not_pickled(tmp_path, lender):
    rows, label, group = people(400)
    other = FairClassifier(estimator=LogisticRegression()).fit(rows, label, {"g": group})
    with pytest.raises(ModelError, match="pickle"):
        save(Lender(ORDER, lender.encoding, other, {}), tmp_path)


def test_a_damaged_model_is_refused(tmp_path, lender):
    save(lender, tmp_path)
    facts = tmp_path / "model.json"
    whole = json.loads(facts.read_text())
    for broken in ("{", json.dumps({**whole, "format": 9}), json.dumps({"format": 1})):
        facts.write_text(broken)
        with pytest.raises(ModelError):
            load(tmp_path)


def test_the_rows_of_the_certificate_took_no_part(lender):
    assert lender.facts["trained_on"] + lender.facts["certified_on"] == 1_200
    assert len(lender.classifier._calibration.label) == lender.facts["trained_on"]
    gap = lender.facts["gaps"][0]
    assert gap["low"] <= gap["value"] <= gap["high"]
    assert gap["verdict"] in {"within", "outside", "cannot tell"}


def test_reasons_are_columns_that_the_model_sees_and_changes_do_turn_the_decision(lender):
    table = register(120, seed=6)
    told = explain(lender, table)
    decided, _ = lender.decide(table)
    assert [one.decision for one in told] == list(decided)
    turned = 0
    for number, one in enumerate(told):
        assert {reason.column for reason in one.reasons} <= {"paper", "club", "job"}
        for change in one.changes:
            row = {name: (column[number],) for name, column in table.columns.items()}
            instead = "" if change.instead == "nothing" else change.instead
            after, _ = lender.decide(Table("t", {**row, change.column: (instead,)}))
            turned += int(after[0] != one.decision)
    assert turned >= 0.9 * sum(len(one.changes) for one in told) > 0


def test_words_are_categories_and_unknown_ones_count_as_unknown():
    table = Table("t", {"n": ["1", "", "3"], "w": ["x", "y", "x"]})
    encoding = Encoding.of(table, ["n", "w"])
    assert encoding.categorical == (1,)
    found = encoding.features(Table("u", {"n": ["2", ""], "w": ["z", "y"]}))
    assert np.array_equal(found, [[2, np.nan], [np.nan, 1]], equal_nan=True)
    assert Encoding.from_json(json.loads(json.dumps(encoding.to_json()))) == encoding
    with pytest.raises(ConfigError, match="holds words"):
        encoding.features(Table("u", {"n": ["two"], "w": ["x"]}))


def test_too_few_rows_or_one_label_are_refused():
    with pytest.raises(ConfigError, match="too few"):
        train_lender(register(100), ORDER)
    table = register(300)
    with pytest.raises(ConfigError, match="all rows have the label 0"):
        train_lender(Table("t", {**table.columns, "bad": ("0",) * 300}), ORDER)
