import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.measure.equivalence import (
    ALPHA,
    Share,
    difference,
    equivalence_p,
    score,
    violation_p,
)
from upright.measure.power import rows_needed


@st.composite
def shares(draw, most=400):
    n = draw(st.integers(1, most))
    return Share(draw(st.integers(0, n)), n)


def test_a_share_is_of_a_whole():
    assert math.isnan(Share(0, 0).value)
    for wrong in ((3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no share"):
            Share(*wrong)


def test_the_score_is_that_of_farrington_and_manning():
    # Computed by minimising the likelihood numerically: p1 - p2 = 0.1, 63 of 99 against 70 of 99.
    found, other = Share(63, 99), Share(70, 99)
    grid = np.linspace(0.1001, 0.9999, 400_001)
    second = grid - 0.1
    likely = 63 * np.log(grid) + 36 * np.log1p(-grid) + 70 * np.log(second) + 29 * np.log1p(-second)
    first = grid[likely.argmax()]
    spread = math.sqrt(first * (1 - first) / 99 + (first - 0.1) * (1.1 - first) / 99)
    wanted = (63 / 99 - 70 / 99 - 0.1) / spread
    assert score(found, other, 0.1) == pytest.approx(wanted, abs=1e-4)


@given(shares(), shares())
def test_a_difference_lies_between_its_limits_and_turns_with_its_groups(first, second):
    found, turned = difference(first, second), difference(second, first)
    assert -1 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1
    assert turned.value == pytest.approx(-found.value)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-6)


@given(shares(), shares(), st.floats(0.5, 0.98), st.floats(0.001, 0.019))
def test_a_surer_interval_is_wider(first, second, level, more):
    narrow, wide = difference(first, second, level), difference(first, second, level + more)
    assert wide.low <= narrow.low + 1e-6
    assert wide.high >= narrow.high - 1e-6


def test_a_difference_of_nobody_is_unknown():
    found = difference(Share(0, 0), Share(3, 9))
    assert math.isnan(found.value)
    assert (found.low, found.high, found.n) == (-1.0, 1.0, 0)
    assert equivalence_p(Share(0, 0), Share(3, 9), 0.5) == 1.0
    assert violation_p(Share(0, 0), Share(3, 9), 0.0) == 1.0


@given(shares(), shares(), st.floats(0.01, 0.4))
@settings(max_examples=40)
def test_no_pair_is_both_certified_and_found_out(first, second, margin):
    p_within, p_outside = equivalence_p(first, second, margin), violation_p(first, second, margin)
    assert not (p_within <= ALPHA and p_outside <= ALPHA)


@given(shares(), shares(), st.floats(0.02, 0.3))
@settings(max_examples=40)
def test_what_is_certified_has_its_interval_inside_the_margin(first, second, margin):
    if equivalence_p(first, second, margin) <= ALPHA:
        found = difference(first, second)
        assert -margin < found.low + 1e-6
        assert found.high < margin + 1e-6


@given(shares(), shares(), st.floats(0.02, 0.3))
@settings(max_examples=40)
def test_who_is_called_first_does_not_matter(first, second, margin):
    assert equivalence_p(first, second, margin) == pytest.approx(
        equivalence_p(second, first, margin), abs=1e-9
    )
    assert violation_p(first, second, margin) == pytest.approx(
        violation_p(second, first, margin), abs=1e-9
    )


def test_the_margin_of_an_equivalence_lies_between_0_and_1():
    for wrong in (0.0, 1.0, -0.1):
        with pytest.raises(ValueError, match="margin"):
            equivalence_p(Share(1, 2), Share(1, 2), wrong)


def exact_size(n, m, low, margin):
    """Return how often shares that differ by the margin are certified, summed over all tables."""
    chances = [
        [math.comb(size, k) * p**k * (1 - p) ** (size - k) for k in range(size + 1)]
        for size, p in ((n, low + margin), (m, low))
    ]
    total = 0.0
    for i, first in enumerate(chances[0]):
        for j, second in enumerate(chances[1]):
            if first * second > 1e-9:
                certified = equivalence_p(Share(i, n), Share(j, m), margin) <= ALPHA
                total += first * second * certified
    return total


@pytest.mark.parametrize(
    ("n", "m", "low", "margin"), [(30, 30, 0.0, 0.2), (25, 40, 0.1, 0.3), (40, 20, 0.02, 0.25)]
)
def test_a_wrong_certificate_is_never_more_frequent_than_its_level(n, m, low, margin):
    assert exact_size(n, m, low, margin) <= ALPHA


def test_where_the_normal_curve_would_certify_too_often_the_exact_test_does_not():
    # 272 rows without any rejection: at a share of 1 % this happens in 6.5 % of all samples.
    none = Share(0, 272)
    assert ALPHA < 0.99**272
    assert equivalence_p(none, none, 0.01) > ALPHA


def simulated(share, rows, apart, seed):
    draw = np.random.default_rng(seed)
    first, second = draw.binomial(rows, share, 60), draw.binomial(rows, share + apart, 60)
    pairs = zip(first, second, strict=True)
    return np.mean(
        [equivalence_p(Share(int(a), rows), Share(int(b), rows), 0.05) <= ALPHA for a, b in pairs]
    )


def test_the_rows_said_to_be_needed_are_enough_in_four_of_five_samples():
    rows = rows_needed(0.1, 0.05)
    # Sixty samples: 0.8 less two and a half standard errors.
    assert simulated(0.1, rows, 0.0, seed=3) >= 0.67
    assert simulated(0.1, rows, 0.05, seed=4) <= 0.12


def test_a_large_register_certifies_one_point():
    million = Share(50_000, 1_000_000)
    assert equivalence_p(million, Share(51_000, 1_000_000), 0.01) <= ALPHA
    assert violation_p(million, Share(65_000, 1_000_000), 0.01) <= ALPHA
