import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure.calibration import brier, calibration_error, reliability

ROWS = st.lists(
    st.tuples(st.booleans(), st.floats(0, 1).map(lambda x: round(x, 2))), min_size=1, max_size=60
)


def arrays(rows):
    labels, scores = zip(*rows, strict=True)
    return np.array(labels, dtype=np.bool_), np.array(scores)


@given(ROWS, st.integers(1, 12))
def test_bins_hold_every_line_once_and_never_split_equal_scores(rows, bins):
    positive, scores = arrays(rows)
    found = reliability(positive, scores, bins)
    assert sum(item.positive.n for item in found) == len(rows)
    assert 1 <= len(found) <= bins
    assert all(lower.high < upper.low for lower, upper in pairwise(found))
    for item in found:
        assert item.low - 1e-12 <= item.score <= item.high + 1e-12
        inside = (scores >= item.low) & (scores <= item.high)
        assert inside.sum() == item.positive.n
        assert item.positive.value == pytest.approx(positive[inside].mean())
        assert item.score == pytest.approx(scores[inside].mean())


def test_bins_of_different_scores_are_equally_full():
    scores = np.linspace(0, 1, 1_000)
    found = reliability(scores > 0.5, scores, 10)
    assert [item.positive.n for item in found] == [100] * 10


@given(ROWS)
def test_the_error_is_the_mean_gap_of_the_bins(rows):
    positive, scores = arrays(rows)
    expected = sum(
        item.positive.n / len(rows) * abs(item.score - item.positive.value)
        for item in reliability(positive, scores)
    )
    found = calibration_error(positive, scores)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


@given(ROWS)
def test_brier_is_the_mean_squared_distance(rows):
    positive, scores = arrays(rows)
    found = brier(positive, scores)
    expected = sum((s - p) ** 2 for p, s in rows) / len(rows)
    assert found.value == pytest.approx(expected, abs=1e-12)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_scores_that_are_the_labels_are_perfect():
    labels = np.arange(400) % 2 == 0
    assert calibration_error(labels, labels.astype(float)).value == 0.0
    assert brier(labels, labels.astype(float)).value == 0.0


def test_scores_that_are_always_wrong_are_as_bad_as_can_be():
    labels = np.arange(400) % 2 == 0
    assert calibration_error(labels, 1.0 - labels).value == 1.0
    assert brier(labels, 1.0 - labels).value == 1.0


def true_error(scores, chance, found_bins):
    """The error that the bins would show if there were a label for every chance."""
    total = 0.0
    for item in found_bins:
        inside = (scores >= item.low) & (scores <= item.high)
        total += inside.mean() * abs(scores[inside].mean() - chance(scores[inside]).mean())
    return total


@pytest.mark.parametrize(
    "chance",
    [
        lambda s: s,
        lambda s: s**2,
        lambda s: 0.5 + 0 * s,
        lambda s: np.clip(s + 0.03, 0, 1),
        lambda s: np.where(s > 0.5, s, s / 2),
    ],
    ids=["calibrated", "square", "constant", "a little off", "half off"],
)
@pytest.mark.parametrize("n", [150, 1_500])
def test_the_limits_of_the_error_hold_the_truth_whatever_it_is(chance, n):
    draw = np.random.default_rng(11)
    held = 0
    for _ in range(300):
        scores = draw.random(n)
        positive = draw.random(n) < chance(scores)
        truth = true_error(scores, chance, reliability(positive, scores))
        found = calibration_error(positive, scores)
        held += found.low - 1e-12 <= truth <= found.high
    assert held / 300 >= 0.94


def test_chance_alone_does_not_read_as_a_proven_error():
    draw = np.random.default_rng(12)
    lows = []
    for _ in range(200):
        scores = draw.random(500)
        lows.append(calibration_error(draw.random(500) < scores, scores).low)
    assert np.mean(np.array(lows) > 0) <= 0.05


def test_a_large_error_is_told_from_none():
    draw = np.random.default_rng(13)
    scores = draw.random(2_000)
    found = calibration_error(draw.random(2_000) < scores / 3, scores)
    assert found.low > 0.25
    assert found.high < 0.42


def test_the_interval_of_the_brier_score_holds_the_truth_about_as_often_as_it_says():
    draw = np.random.default_rng(14)
    held = 0
    for _ in range(500):
        scores = draw.random(300)
        found = brier(draw.random(300) < scores, scores)
        held += found.low <= 1 / 6 <= found.high  # the mean of s(1 - s)
    assert 0.92 <= held / 500 <= 0.98


@pytest.mark.parametrize("figure", [calibration_error, brier])
def test_of_nothing_nothing_is_known(figure):
    found = figure(np.zeros(0, dtype=np.bool_), np.zeros(0))
    assert math.isnan(found.value)
    assert (found.low, found.high, found.n) == (0.0, 1.0, 0)


def test_one_line_says_nothing_of_the_mean():
    found = brier(np.array([True]), np.array([0.5]))
    assert (found.value, found.low, found.high) == (0.25, 0.0, 1.0)


@pytest.mark.parametrize("figure", [calibration_error, brier, reliability])
def test_what_does_not_fit_is_refused(figure):
    with pytest.raises(ValueError, match="do not fit"):
        figure(np.array([True]), np.zeros(2))


def test_less_than_one_bin_is_refused():
    with pytest.raises(ValueError, match="0 bins"):
        reliability(np.array([True]), np.zeros(1), 0)
