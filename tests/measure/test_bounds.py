import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure import Interval, clopper_pearson
from upright.measure.bounds import judge, lowest, shortfall

LIMITS = st.lists(st.floats(0, 1), min_size=3, max_size=3).map(sorted)


def interval(low, value, high, n=100):
    return Interval(value, low, high, n, 0.95)


@given(LIMITS, st.floats(0, 1))
def test_a_bound_is_told_only_where_the_whole_interval_tells_it(limits, bound):
    low, _, high = limits
    verdict = judge(interval(*limits), at_most=bound).verdict
    assert (verdict == "within") == (high <= bound)
    assert (verdict == "outside") == (low > bound)


@pytest.mark.parametrize("n", [50, 100])
def test_as_many_lines_as_are_said_to_be_needed_do_tell(n):
    found = clopper_pearson(n // 10, n)
    judgement = judge(found, at_most=0.15)
    assert judgement.verdict == "cannot tell"
    needed = judgement.n_needed
    assert needed > n
    assert judge(clopper_pearson(needed // 8, 5 * needed // 4), at_most=0.15).verdict == "within"


def test_how_many_are_needed_is_not_known_of_a_value_at_the_bound_or_of_none():
    assert judge(interval(0.1, 0.2, 0.3), at_most=0.2).n_needed is None
    assert judge(interval(0.0, math.nan, 1.0, 0), at_most=0.2).n_needed is None
    assert judge(interval(0.0, math.nan, 1.0, 0), at_most=0.2).verdict == "cannot tell"
    assert judge(interval(0.0, math.nan, 1.0, 0), at_most=1.0).verdict == "cannot tell"


def test_a_value_beyond_the_bound_needs_its_lower_limit_to_clear_it():
    judgement = judge(interval(0.15, 0.3, 0.6), at_most=0.25)
    assert judgement.verdict == "cannot tell"
    assert judgement.n_needed == pytest.approx(900, abs=1)  # three times as near: nine times n


@given(LIMITS)
def test_a_shortfall_is_what_is_missing_to_one(limits):
    found = shortfall(interval(*limits))
    assert found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12
    assert found.value == pytest.approx(1 - limits[1])
    twice = shortfall(found)
    assert (twice.low, twice.high) == pytest.approx((limits[0], limits[2]))


def shares(counts):
    def measured(name, level):
        return clopper_pearson(*counts[name], level)

    return measured, {name: measured(name, 0.95) for name in counts}


def test_the_lowest_is_named_among_those_that_tell():
    counts = {"many": (600, 1_000), "more": (900, 1_000), "one line": (0, 1)}
    found = lowest(*shares(counts), widest=0.2)
    assert found.name == "many"
    assert found.figure == clopper_pearson(600, 1_000)
    assert found.minimum.low == 0.0, "the one line may fare worse"
    assert found.minimum.high == clopper_pearson(600, 1_000, 1 - 0.05 / 3).high


def test_where_none_tells_the_surest_is_named():
    found = lowest(*shares({"one line": (0, 1), "ten lines": (3, 10)}), widest=0.2)
    assert found.name == "ten lines"


def test_a_small_group_that_is_surely_low_shows_in_the_minimum():
    found = lowest(*shares({"large": (900, 1_000), "small": (0, 12)}), widest=0.2)
    assert found.name == "large"
    assert found.minimum.high < 0.4
    assert found.minimum.low <= found.minimum.value <= found.minimum.high


def test_figures_without_a_value_are_no_minimum():
    nothing = Interval(math.nan, 0.0, 1.0, 0, 0.95)
    assert lowest(lambda *_: nothing, {"a": nothing}) is None
    assert lowest(lambda *_: nothing, {}) is None


@pytest.mark.parametrize("truths", [[0.8] * 9, [0.6, *[0.9] * 8], list(np.linspace(0.7, 0.9, 9))])
def test_the_interval_of_the_minimum_holds_it_at_least_as_often_as_it_says(truths):
    draw = np.random.default_rng(16)
    held = 0
    for _ in range(100):
        counts = {
            str(place): (int(draw.binomial(60, truth)), 60) for place, truth in enumerate(truths)
        }
        found = lowest(*shares(counts)).minimum
        held += found.low <= min(truths) <= found.high
    assert held / 100 >= 0.95


@given(st.floats(0, 1), st.integers(0, 9))
def test_fewer_rows_than_are_asked_for_tell_nothing(value, n):
    judgement = judge(Interval(value, value, value, n, 0.95), at_most=1.0, fewest=10)
    assert (judgement.verdict, judgement.n_needed) == ("cannot tell", 10)


def test_limits_that_are_none_judge_nothing_and_ask_for_no_number():
    told = judge(Interval(0.1, -math.inf, math.inf, 1, 0.95), at_most=0.2)
    assert (told.verdict, told.n_needed) == ("cannot tell", None)
