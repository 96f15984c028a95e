import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure import clopper_pearson
from upright.measure.decisions import Decisions

ROWS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=50)


def counted(rows):
    labels, flags = zip(*rows, strict=True)
    return Decisions.of(np.array(labels, dtype=np.bool_), np.array(flags, dtype=np.bool_))


@given(ROWS)
def test_every_line_is_counted_in_one_place(rows):
    found = counted(rows)
    assert found.hits == rows.count((True, True))
    assert found.false_alarms == rows.count((False, True))
    assert found.misses == rows.count((True, False))
    assert found.rejections == rows.count((False, False))


@given(ROWS)
def test_f1_is_the_harmonic_mean_of_precision_and_recall(rows):
    found = counted(rows)
    precision, recall, f1 = found.precision().value, found.recall().value, found.f1().value
    if math.isnan(precision) or math.isnan(recall):
        assert found.hits == 0
        assert math.isnan(f1) or f1 == 0.0
    elif precision + recall == 0:
        assert f1 == 0.0
    else:
        assert f1 == pytest.approx(2 * precision * recall / (precision + recall))


@given(ROWS)
def test_the_limits_hold_what_was_observed(rows):
    found = counted(rows)
    for interval in (found.precision(), found.recall(), found.false_positive_rate(), found.f1()):
        if not math.isnan(interval.value):
            assert 0.0 <= interval.low <= interval.value <= interval.high <= 1.0
        assert 0.0 <= interval.low <= interval.high <= 1.0


def test_shares_are_those_of_clopper_and_pearson():
    found = Decisions(hits=30, false_alarms=10, misses=20, rejections=140)
    assert found.precision() == clopper_pearson(30, 40)
    assert found.recall() == clopper_pearson(30, 50)
    assert found.false_positive_rate() == clopper_pearson(10, 150)
    assert found.f1().n == 60


@pytest.mark.parametrize("n", [60, 600])
def test_the_interval_of_f1_holds_the_truth_at_least_as_often_as_it_says(n):
    draw = np.random.default_rng(15)
    chances = [0.3, 0.1, 0.15, 0.45]  # hit, false alarm, miss, rejection
    truth = 2 * 0.3 / (2 * 0.3 + 0.1 + 0.15)
    held = 0
    for _ in range(500):
        found = Decisions(*(int(count) for count in draw.multinomial(n, chances))).f1()
        held += found.low <= truth <= found.high
    assert held / 500 >= 0.95


def test_a_guard_that_never_acts_has_no_precision_and_no_recall():
    found = Decisions(hits=0, false_alarms=0, misses=5, rejections=5)
    assert math.isnan(found.precision().value)
    assert (found.precision().low, found.precision().high) == (0.0, 1.0)
    assert found.recall().value == found.f1().value == 0.0
    assert found.f1().high > 0.5


def test_of_nothing_nothing_is_known():
    nothing = Decisions(0, 0, 0, 3).f1()
    assert math.isnan(nothing.value)
    assert (nothing.low, nothing.high) == (0.0, 1.0)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        Decisions.of(np.array([True]), np.array([True, False]))
