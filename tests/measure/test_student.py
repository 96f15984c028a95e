"""Student's t: known quantiles, and limits that hold as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure.student import beyond, mean, quantile, tail, within

# Two-sided quantiles of printed tables.
TABLE = [
    (0.95, 1, 12.706),
    (0.95, 2, 4.303),
    (0.95, 5, 2.571),
    (0.95, 11, 2.201),
    (0.95, 30, 2.042),
    (0.99, 4, 4.604),
    (0.99, 9, 3.250),
    (0.90, 3, 2.353),
]
numbers = st.lists(st.floats(-5, 5), min_size=2, max_size=20)


@pytest.mark.parametrize(("level", "degrees", "t"), TABLE)
def test_quantiles_are_those_of_the_tables(level, degrees, t):
    assert quantile(level, degrees) == pytest.approx(t, abs=6e-4)
    assert within(t, degrees) == pytest.approx(level, abs=2e-4)


@given(st.floats(0.01, 0.999), st.integers(1, 60))
def test_a_quantile_is_where_the_level_is_reached(level, degrees):
    assert within(quantile(level, degrees), degrees) == pytest.approx(level, abs=1e-9)


@given(st.floats(0, 50), st.floats(0, 50), st.integers(1, 40))
def test_farther_out_lies_more(one, other, degrees):
    low, high = sorted((one, other))
    assert 0.0 <= within(low, degrees) <= within(high, degrees) + 1e-12 <= 1.0 + 1e-9


def test_many_degrees_are_nearly_normal():
    assert quantile(0.95, 2_000) == pytest.approx(1.96, abs=2e-3)


@given(numbers)
def test_the_mean_lies_in_the_middle_of_its_limits(values):
    found = mean(values)
    assert found.value == pytest.approx(sum(values) / len(values))
    assert found.high - found.value == pytest.approx(found.value - found.low, abs=1e-9)
    assert found.n == len(values)


def test_of_one_number_nothing_is_known():
    found = mean([0.3])
    assert (found.value, found.low, found.high) == (0.3, -math.inf, math.inf)
    assert math.isnan(mean([]).value)
    assert beyond([0.9], 0.5, 0.1) == 1.0


def test_limits_hold_as_often_as_they_say():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(1_000):
        found = mean(rng.normal(0.4, 0.2, 6).tolist())
        held += found.low <= 0.4 <= found.high
    assert 925 <= held <= 972


def test_a_true_mean_at_the_bound_is_seldom_called_beyond():
    rng = np.random.default_rng(6)
    called = sum(beyond(rng.normal(0.6, 0.1, 8).tolist(), 0.5, 0.1) <= 0.05 for _ in range(1_000))
    assert called <= 75


@given(numbers, st.floats(0, 3))
def test_what_lies_within_is_never_called_beyond(values, more):
    middle = sum(values) / len(values)
    assert beyond(values, middle, more) == 1.0


def test_equal_numbers_outside_leave_no_doubt():
    assert beyond([0.75, 0.75], 0.5, 0.125) == 0.0


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 2.0])
def test_a_level_that_is_none_is_refused(level):
    with pytest.raises(ValueError, match="level"):
        quantile(level, 3)


def test_no_degree_of_freedom_is_refused():
    with pytest.raises(ValueError, match="degrees"):
        within(1.0, 0)


def test_a_bootstrap_of_many_leaves_out_what_its_level_says_and_of_few_less():
    assert tail(0.95, 100_000) == pytest.approx(0.025, abs=1e-4)
    tails = [tail(0.95, n) for n in (1, 2, 5, 20, 100)]
    assert tails == sorted(tails)
    assert tails[0] == 0.0
