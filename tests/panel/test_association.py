"""Associations: Bergsma's where choices are whole, no bias where they are chances."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import contingency

from upright.panel.association import Grouped, average, drawn, interval, mean_interval


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


@pytest.mark.parametrize(
    ("chances", "v"), [([0.6, 0.4], 0.2), ([0.8, 0.2], 0.6), ([0.2, 0.5, 0.8], 0.4899)]
)
def test_the_interval_holds_the_truth_as_often_as_it_says(chances, v):
    numbers = np.random.default_rng(2)
    codes = np.arange(200) % len(chances)
    planted = Grouped(codes, len(chances), np.stack([1 - codes, codes], 1) / len(chances))
    weights, held = drawn(200, draws=300, seed=1), 0
    for _ in range(150):
        choices = (numbers.random(200) < np.array(chances)[codes]).astype(int)
        grouped = Grouped(codes, len(chances), np.eye(2)[choices])
        sign = grouped.leans(planted, np.ones((1, 200)))[0]
        value, values = sign * grouped.strength(), grouped.redrawn(weights, planted)
        found = interval(value, values, 200, grouped.fewest)
        held += found.low <= sign * v <= found.high
    # Of 150 at 95 %, fewer than 136 are seen one time in a hundred.
    assert held >= 136


def test_neither_limit_alone_misses_more_often_than_it_should():
    numbers = np.random.default_rng(3)
    codes = np.arange(120) % 2
    weights, under, over = drawn(120, draws=300, seed=1), 0, 0
    for _ in range(600):
        choices = (numbers.random(120) < np.where(codes == 0, 0.62, 0.38)).astype(int)
        grouped = Grouped(codes, 2, np.eye(2)[choices])
        found = interval(grouped.strength(), grouped.redrawn(weights), 120, grouped.fewest)
        under += found.high < 0.24
        over += found.low > 0.24
    # 2.5 % of 600 is 15; more than 22 are seen three times in a hundred.
    assert under <= 22
    assert over <= 22


def test_means_are_by_group_and_empty_groups_have_none():
    means = Grouped(np.array([0, 0, 2]), 3, np.array([[1, 0], [0, 1], [0.2, 0.8]])).means()
    assert means[0].tolist() == [0.5, 0.5]
    assert np.isnan(means[1]).all()
    assert means[2].tolist() == [0.2, 0.8]


def test_tables_that_lean_the_other_way_disagree_in_each_draw():
    codes = np.arange(10) % 2
    one = Grouped(codes, 2, np.eye(2)[codes])
    other = Grouped(codes, 2, np.eye(2)[1 - codes])
    weights = drawn(10, draws=20)
    assert (one.leans(one, weights) == 1).all()
    assert (one.redrawn(weights, other) <= 0).all()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(2, 5))
def test_v_is_that_of_scipy_less_bergsmas_correction(seed, groups, products):
    numbers = np.random.default_rng(seed)
    codes, choices = numbers.integers(groups, size=80), numbers.integers(products, size=80)
    table = np.zeros((groups, products), dtype=np.int64)
    np.add.at(table, (codes, choices), 1)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    r, k = table.shape
    assume(min(r, k) > 1)
    phi = contingency.association(table, "cramer") ** 2 * (min(r, k) - 1)
    phi = max(0.0, phi - (r - 1) * (k - 1) / 79)
    most = min(r - (r - 1) ** 2 / 79, k - (k - 1) ** 2 / 79) - 1
    got = Grouped(codes, groups, np.eye(products)[choices]).strength()
    assert got == pytest.approx(math.sqrt(phi / most), abs=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.1, 0.9))
def test_fewer_people_of_the_same_kind_have_wider_intervals(seed, share):
    numbers = np.random.default_rng(seed)
    codes = np.arange(60) % 2
    choices = np.eye(2)[(numbers.random(60) < np.where(codes == 0, share, 0.5)).astype(int)]
    assume(0 < choices[:, 0].sum() < 60)
    widths = []
    for times in (1, 8):
        grouped = Grouped(np.tile(codes, times), 2, np.tile(choices, (times, 1)))
        values = grouped.redrawn(drawn(60 * times, draws=200))
        found = interval(grouped.strength(), values, grouped.n, grouped.fewest)
        widths.append(found.high - found.low)
    assert widths[0] > widths[1]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_v_does_not_depend_on_how_groups_and_people_are_ordered(seed, groups):
    numbers = np.random.default_rng(seed)
    codes, shares = numbers.integers(groups, size=50), numbers.dirichlet(np.ones(3), size=50)
    v = Grouped(codes, groups, shares).strength()
    order, names = numbers.permutation(50), numbers.permutation(groups)
    assert Grouped(names[codes[order]], groups, shares[order]).strength() == pytest.approx(v)
    assert Grouped(codes, groups, shares[:, ::-1]).strength() == pytest.approx(v)
    assert 0.0 <= v <= 1.0


def test_an_interval_of_nothing_is_the_whole_range():
    nothing = np.full((2, 1), math.nan)
    found = interval(math.nan, nothing, 3, 2)
    assert (found.low, found.high) == (0.0, 1.0)
    one = interval(0.3, np.full((2, 9), 0.3), 3, 1)
    assert (one.low, one.high) == (0.0, 1.0), "one person of a group shows no spread"
    assert mean_interval([0.4]).low == -1.0


def test_means_leave_out_what_is_not_known_and_are_silent_about_it():
    values = np.array([[1.0, np.nan], [3.0, np.nan]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert average(values, 0)[0] == 2.0
        assert math.isnan(average(values, 0)[1])
    assert mean_interval([0.2, math.nan, 0.4]).n == 2


def test_draws_are_the_same_for_the_same_seed_and_keep_the_number_of_people():
    weights = drawn(30, draws=50, seed=5)
    assert (weights.sum(axis=1) == 30).all()
    assert (weights == drawn(30, draws=50, seed=5)).all()
