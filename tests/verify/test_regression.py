import numpy as np
import pytest

from upright.verify.regression import INSTRUCTED, PERSON, SAMPLED, balanced, calibrate, regress


def drawn(count=3000, seed=0):
    """Three classes apart in two of three features."""
    numbers = np.random.default_rng(seed)
    classes = numbers.integers(0, 3, count)
    table = numbers.normal(size=(count, 3))
    table[:, 0] += 2.0 * (classes == SAMPLED)
    table[:, 1] += 2.0 * (classes == INSTRUCTED)
    return table, classes


def test_the_fit_is_where_the_penalised_likelihood_is_flat():
    table, classes = drawn(400)
    weights = np.random.default_rng(1).uniform(0.5, 2, 400)
    odds = regress(table, classes, weights, ridge=3.0)
    rows = odds.standard(table)
    each = np.exp(rows @ odds.weights.T + odds.bias)
    chance = each / (1 + each.sum(axis=1, keepdims=True))
    wanted = np.stack([classes == SAMPLED, classes == INSTRUCTED], axis=1)
    left = ((chance - wanted) * weights[:, None]).T
    assert left @ rows + 3.0 * odds.weights == pytest.approx(np.zeros((2, 3)), abs=1e-5)
    assert left.sum(axis=1) == pytest.approx(np.zeros(2), abs=1e-5)


def test_the_odds_are_those_that_the_data_were_drawn_with():
    table, classes = drawn()
    odds = regress(table, classes, np.ones(len(table)), ridge=1e-6)
    row = np.array([[1.0, 1.0, 0.0]])
    # Each shifted class is as likely as the third at half its shift: exp(0) each, two of them.
    assert odds(row)[0] == pytest.approx(np.log(2), abs=0.2)
    assert odds(np.array([[3.0, 0.0, 0.0]]))[0] == pytest.approx(4.0, abs=0.8)


def test_a_feature_without_spread_does_no_harm():
    table, classes = drawn(200)
    table[:, 2] = 7.0
    odds = regress(table, classes, np.ones(200), ridge=1.0)
    assert np.isfinite(odds(table)).all()
    assert odds.weights[:, 2] == pytest.approx([0, 0], abs=1e-9)


def test_no_single_feature_decides():
    table, classes = drawn()
    odds = regress(table, classes, np.ones(len(table)), ridge=1.0)
    far, farther = np.array([[50.0, 0, 0]]), np.array([[5e6, 0, 0]])
    assert odds(far) == pytest.approx(odds(farther))
    assert odds.distance(farther)[0] <= 4.0


def test_classes_count_alike_and_so_do_groups_of_people_however_few_they_are():
    classes = np.array([PERSON] * 110 + [SAMPLED] * 110)
    groups = np.array((["a"] * 100 + ["b"] * 10) * 2)
    weights = balanced(classes, groups)
    people = classes == PERSON
    assert weights[people].sum() == pytest.approx(weights[~people].sum())
    first, second = groups == "a", groups == "b"
    assert weights[people & first].sum() == pytest.approx(weights[people & second].sum())
    ratio = weights[~people & first].sum() / weights[~people & second].sum()
    assert ratio == pytest.approx(10**0.5)
    assert weights.sum() == pytest.approx(220)


def test_non_native_writers_count_twice():
    classes = np.full(90, PERSON)
    groups = np.array(["essays//native"] * 60 + ["essays//non-native"] * 30)
    weights = balanced(classes, groups)
    assert weights[60:].sum() == pytest.approx(2 * weights[:60].sum())


def test_calibrated_scores_are_shares_at_equal_numbers():
    numbers = np.random.default_rng(2)
    made = numbers.random(20_000) < 0.5
    odds = 3.0 * (numbers.normal(size=20_000) + np.where(made, 1.0, -1.0)) + 1.0
    slope, shift = calibrate(odds, made, np.ones(20_000))
    score = 1 / (1 + np.exp(-(slope * odds + shift)))
    for low in (0.1, 0.4, 0.7):
        rows = (score >= low) & (score < low + 0.2)
        assert made[rows].mean() == pytest.approx(score[rows].mean(), abs=0.04)
