"""The level is kept for all questions at once, however many there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.audit.tone_effects import effects, size_of
from upright.audit.tone_tests import Design, classifier, columns, joint
from upright.measure.intervals import Interval


def design_of(n, *, pairs=False, draws=99, seed=0):
    label = [True] * n + [False] * n
    strata = np.tile(np.arange(n), 2) if pairs else np.zeros(2 * n, dtype=int)
    return Design(label, strata, draws=draws, seed=seed)


@given(st.integers(2, 12), st.booleans(), st.integers(0, 9))
def test_every_labelling_keeps_how_many_of_each_group_a_stratum_has(n, pairs, seed):
    design = design_of(n, pairs=pairs, draws=20, seed=seed)
    sums = np.zeros((len(design.sizes), 21))
    np.add.at(sums, design.strata, design.labels)
    assert np.allclose(sums, 0.0)
    assert np.allclose(np.sort(design.labels, axis=0), np.sort(design.labels[:, :1], axis=0))


def p_value(values, design):
    families = [columns("columns", values, design), classifier("classifier", values, design)[0]]
    return joint(families)


@pytest.mark.parametrize("pairs", [False, True])
def test_false_alarms_over_many_columns_and_families_stay_at_the_level(pairs):
    numbers = np.random.default_rng(1)
    found = 0
    for seed in range(200):
        design = design_of(20, pairs=pairs, seed=seed)
        found += p_value(numbers.standard_t(3, size=(40, 30)), design).p_value <= 0.05
    # 18 or more of 200 at a level of 5 % has a chance of 1 %.
    assert found < 18


@pytest.mark.parametrize("pairs", [False, True])
def test_one_column_that_differs_is_found_and_named(pairs):
    numbers = np.random.default_rng(2)
    design = design_of(30, pairs=pairs, draws=199)
    values = numbers.normal(size=(60, 20))
    values[:30, 7] += 2
    family = columns("columns", values, design)
    together = joint([family, classifier("classifier", values, design)[0]])
    assert together.p_value <= 0.05
    adjusted = together.of(family)
    assert adjusted.argmin() == 7
    assert adjusted[7] <= 0.05
    assert (np.delete(adjusted, 7) > 0.05).all()


def test_pairs_take_out_what_both_of_a_pair_share():
    numbers = np.random.default_rng(3)
    shared = numbers.normal(size=30) * 10
    values = np.concatenate([shared + 0.5, shared])[:, None] + numbers.normal(size=(60, 1)) * 0.3
    paired = joint([columns("c", values, design_of(30, pairs=True, draws=199))])
    loose = joint([columns("c", values, design_of(30, draws=199))])
    assert paired.p_value <= 0.05 < loose.p_value


def test_a_classifier_finds_what_no_single_column_shows():
    numbers = np.random.default_rng(4)
    design = design_of(100, draws=199)
    values = numbers.normal(size=(200, 40))
    values[:100] += 0.2
    family, predicted = classifier("classifier", values / np.sqrt(40), design)
    assert joint([family]).p_value <= 0.05
    assert predicted[:100].mean() > predicted[100:].mean()


def test_a_column_that_never_varies_says_nothing():
    design = design_of(10)
    family = columns("columns", np.ones((20, 3)), design)
    assert not family.each.any()
    assert joint([family]).p_value == 1.0


def test_the_smallest_p_value_is_one_over_the_labellings():
    design = design_of(20, draws=99)
    values = np.concatenate([np.ones(20), np.zeros(20)])[:, None]
    assert joint([columns("columns", values, design)]).p_value == pytest.approx(0.01)


def test_the_same_seed_gives_the_same_result():
    values = np.random.default_rng(5).normal(size=(40, 5))
    results = [p_value(values, design_of(20, seed=3)).p_value for _ in range(2)]
    assert results[0] == results[1]


@pytest.mark.parametrize("pairs", [False, True])
def test_limits_hold_the_true_difference_about_as_often_as_said(pairs):
    numbers = np.random.default_rng(6)
    held = 0
    for seed in range(60):
        design = design_of(60, pairs=pairs, draws=9, seed=seed)
        values = numbers.normal(size=(120, 1))
        values[:60] += 0.5
        found = effects(values, np.array([True] * 60 + [False] * 60), design)[0]
        held += found.low <= 0.5 <= found.high
    assert held >= 50


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("count", [8, 20])
def test_limits_of_no_difference_leave_nothing_out_as_seldom_as_said_with_few_texts(count, pairs):
    numbers = np.random.default_rng(count)
    women = np.array([True] * count + [False] * count)
    wrong = asked = 0
    for seed in range(80):
        levels = numbers.gamma(2.0, 0.5, size=(count, 12)) * np.logspace(-0.7, 0.3, 12)
        values = np.vstack([numbers.poisson(3 * levels), numbers.poisson(3 * levels)]).astype(float)
        if not pairs:
            values = values[numbers.permutation(2 * count)]
        design = design_of(count, pairs=pairs, draws=1, seed=seed)
        for interval in effects(values, women, design):
            asked += 1
            wrong += interval.low > 0 or interval.high < 0
    assert wrong / asked <= 0.065  # 5 %, and what 960 intervals may stray by


def test_a_difference_in_a_column_without_variation_is_nothing():
    design = design_of(5)
    found = effects(np.ones((10, 1)), np.array([True] * 5 + [False] * 5), design)[0]
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_groups_that_never_vary_but_differ_have_a_difference():
    design = design_of(5)
    values = np.array([1.0] * 5 + [0.0] * 5)[:, None]
    found = effects(values, np.array([True] * 5 + [False] * 5), design)[0]
    assert found.value == pytest.approx(2.0)


@given(st.floats(-3, 3), st.floats(0, 2), st.floats(0, 2))
def test_the_size_of_a_difference_has_limits_that_hold_it(value, below, above):
    found = size_of(Interval(value, value - below, value + above, 9, 0.95))
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12
