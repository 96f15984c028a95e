"""Associations: Bergsma's where choices are whole, no bias where they are chances."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.panel.association import Grouped, agreement, drawn, interval, mean_interval


def bergsma(codes, choices):
    """The corrected V by its textbook formula, from a table of counts."""
    table = np.zeros((codes.max() + 1, choices.max() + 1))
    np.add.at(table, (codes, choices), 1)
    n, (r, k) = len(codes), table.shape
    expected = np.outer(table.sum(1), table.sum(0)) / n
    phi = ((table - expected) ** 2 / expected).sum() / n
    phi = max(0.0, phi - (r - 1) * (k - 1) / (n - 1))
    rows, columns = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    return math.sqrt(phi / (min(rows, columns) - 1))


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(2, 4))
def test_whole_choices_have_bergsmas_v(seed, groups, products):
    numbers = np.random.default_rng(seed)
    codes = np.concatenate([np.arange(groups), numbers.integers(groups, size=300)])
    choices = np.concatenate([np.arange(products), numbers.integers(products, size=300)])
    n = min(len(codes), len(choices))
    codes, choices = codes[:n], choices[:n]
    got = Grouped(codes, groups, np.eye(products)[choices]).strength()
    assert got == pytest.approx(bergsma(codes, choices), abs=0.01)


def test_the_same_choice_of_everybody_has_no_association_to_speak_of():
    codes = np.arange(40) % 2
    assert Grouped(codes, 2, np.full((40, 2), 0.5)).strength() == 0.0
    assert math.isnan(Grouped(codes, 2, np.tile([1.0, 0.0], (40, 1))).strength())


def test_one_choice_in_each_group_is_nearly_one():
    codes = np.arange(200) % 2
    assert Grouped(codes, 2, np.eye(2)[codes]).strength() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("spread", [0.02, 0.3, 1.0])
def test_without_association_the_square_of_v_is_zero_on_average(spread):
    numbers = np.random.default_rng(1)
    squares = []
    for _ in range(400):
        first = np.clip(0.5 + spread * (numbers.random(60) - 0.5), 0, 1)
        grouped = Grouped(numbers.integers(3, size=60), 3, np.stack([first, 1 - first], 1))
        squares.append(grouped.strength() > 0)
    # A figure without bias lies above zero about as often as below (skewed: a little less).
    assert 0.25 < np.mean(squares) < 0.5


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    numbers = np.random.default_rng(2)
    held = 0
    for _ in range(120):
        codes = np.arange(200) % 2
        chances = np.where(codes == 0, 0.7, 0.3)
        choices = (numbers.random(200) < chances).astype(int)
        grouped = Grouped(codes, 2, np.eye(2)[choices])
        values = grouped.redrawn(drawn(200, draws=300, seed=1))
        found = interval(grouped.strength(), values, 200)
        held += found.low <= 0.4 <= found.high
    assert held >= 105


def test_means_are_by_group_and_empty_groups_have_none():
    means = Grouped(np.array([0, 0, 2]), 3, np.array([[1, 0], [0, 1], [0.2, 0.8]])).means()
    assert means[0].tolist() == [0.5, 0.5]
    assert np.isnan(means[1]).all()
    assert means[2].tolist() == [0.2, 0.8]


def test_tables_that_lean_the_other_way_disagree():
    codes = np.arange(10) % 2
    one = Grouped(codes, 2, np.eye(2)[codes])
    other = Grouped(codes, 2, np.eye(2)[1 - codes])
    assert agreement(one, one, 1, 1) == 1
    assert agreement(one, other, 1, 1) == -1


def test_an_interval_of_nothing_is_the_whole_range():
    found = interval(math.nan, np.array([math.nan]), 3)
    assert (found.low, found.high) == (0.0, 1.0)
    assert mean_interval([0.4], 1.96, 0.95).low == -1.0


def test_draws_are_the_same_for_the_same_seed_and_keep_the_number_of_people():
    weights = drawn(30, draws=50, seed=5)
    assert (weights.sum(axis=1) == 30).all()
    assert (weights == drawn(30, draws=50, seed=5)).all()
