import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure import clopper_pearson, wilson

COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def tail(found, n, share):
    """P(X >= found), summed exactly."""
    p = Fraction(share)
    return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(found, n + 1))


@given(COUNTS, st.sampled_from([0.9, 0.95, 0.99]))
def test_the_exact_limits_leave_exactly_half_the_error_on_each_side(counts, level):
    found, n = counts
    interval = clopper_pearson(found, n, level)
    half = (1 - level) / 2
    if found:
        assert float(tail(found, n, interval.low)) == pytest.approx(half, rel=1e-6)
    else:
        assert interval.low == 0.0
    if found < n:
        assert float(1 - tail(found + 1, n, interval.high)) == pytest.approx(half, rel=1e-6)
    else:
        assert interval.high == 1.0


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.77])
@pytest.mark.parametrize("n", [5, 30, 120])
def test_the_exact_interval_holds_the_truth_at_least_as_often_as_it_says(n, share):
    held = sum(
        math.comb(n, k) * share**k * (1 - share) ** (n - k)
        for k in range(n + 1)
        if (i := clopper_pearson(k, n)).low <= share <= i.high
    )
    assert held >= 0.95 - 1e-9


@given(COUNTS)
def test_both_intervals_hold_what_was_observed(counts):
    for interval in (wilson(*counts), clopper_pearson(*counts)):
        assert 0.0 <= interval.low <= interval.value <= interval.high <= 1.0
        assert interval.n == counts[1]


def test_wilsons_interval_is_the_published_one():
    # Ten of twenty, from the score test solved by hand.
    found = wilson(10, 20, 0.95)
    assert (round(found.low, 4), round(found.high, 4)) == (0.2993, 0.7007)


def test_no_error_in_three_thousand_texts_supports_a_rate_of_one_in_a_thousand():
    assert clopper_pearson(0, 3_000, 0.90).high == pytest.approx(0.001, rel=0.01)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_of_nothing_nothing_is_known(interval):
    found = interval(0, 0)
    assert math.isnan(found.value)
    assert (found.low, found.high) == (0.0, 1.0)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
@pytest.mark.parametrize("counts", [(-1, 5), (6, 5), (1, 2, 0.0), (1, 2, 1.0)])
def test_what_is_no_share_is_refused(interval, counts):
    with pytest.raises(ValueError, match="is no"):
        interval(*counts)
