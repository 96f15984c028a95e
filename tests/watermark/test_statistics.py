"""Guarantees 2 and 3: exact coins, and bets whose mean is one."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.watermark.spans import best_stretch, scan_p_value, stretches
from upright.watermark.statistics import (
    BETS,
    binomial_tail,
    erlang_tail,
    folded_tail,
    log_binomial,
    log_mean,
    randomised_tail,
    weighted_tail,
)

SIGNS = 10
LEVELS = 8


def weights_of(evidence):
    return np.ceil(np.abs(evidence) * LEVELS).astype(np.int64)


def weighted(evidence, uniform=1.0):
    return weighted_tail(evidence, weights_of(evidence), uniform)


def every_sign(sizes):
    """Yield all ways in which the signs of evidence can fall; each is as likely as another."""
    for signs in itertools.product((-1, 1), repeat=len(sizes)):
        yield np.array(sizes) * np.array(signs)


def chance_of_at_most(values, level):
    return sum(value <= level + 1e-12 for value in values) / len(values)


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_binomial_tail_is_exact(greens, n):
    greens = min(greens, n)
    exact = sum(Fraction(math.comb(n, k), 2**n) for k in range(greens, n + 1))
    assert binomial_tail(greens, n) == pytest.approx(float(exact), rel=1e-12)


def test_ten_green_words_have_the_chance_0_00098():
    assert round(binomial_tail(10, 10), 5) == 0.00098
    assert binomial_tail(10, 10) == pytest.approx(2.0**-10)


def test_a_thousand_green_words_do_not_underflow_to_nonsense():
    assert 0.0 < binomial_tail(1000, 1000) < 1e-300
    assert binomial_tail(0, 0) == 1.0


@pytest.mark.parametrize("level", [0.001, 0.01, 0.05, 0.2, 0.5])
def test_p_values_of_fair_coins_are_not_too_small_too_often(level):
    sizes = np.linspace(0.05, 1.0, SIGNS)
    found = list(every_sign(sizes))
    assert chance_of_at_most([weighted(s) for s in found], level) <= level + 1e-9
    greens = [binomial_tail(int((s > 0).sum()), SIGNS) for s in found]
    assert chance_of_at_most(greens, level) <= level + 1e-9


@given(st.integers(1, 12), st.floats(0.001, 0.999))
def test_the_randomised_p_value_has_exactly_its_level(n, level):
    # Given k greens it is uniform between two neighbouring tails, so the chance is a sum.
    chance = 0.0
    for greens in range(n + 1):
        low, high = randomised_tail(greens, n, 0.0), randomised_tail(greens, n, 1.0)
        share = min(1.0, max(0.0, (level - low) / (high - low)))
        chance += share * math.exp(log_binomial(n)[greens])
    assert chance == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize("level", [0.001, 0.03, 0.4])
def test_the_randomised_weighted_p_value_has_exactly_its_level(level):
    # Given the signs it is uniform between two tails, so the chance is an average of shares.
    chance = 0.0
    found = list(every_sign(np.linspace(0.1, 1.0, 9)))
    for signs in found:
        low, high = weighted(signs, 0.0), weighted(signs, 1.0)
        chance += min(1.0, max(0.0, (level - low) / (high - low))) / len(found)
    assert chance == pytest.approx(level, abs=1e-9)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9))
def test_turning_every_sign_turns_the_weighted_test_round(evidence):
    values = np.array(evidence)
    seen = weights_of(values)[values > 0].sum()
    tails = [(weights_of(s) * (s > 0)).sum() for s in every_sign(np.abs(values))]
    exact = sum(tail >= seen for tail in tails) / len(tails)
    assert weighted(values) == pytest.approx(exact)


def test_the_bound_for_long_texts_is_never_below_the_exact_value():
    numbers = np.random.default_rng(3)
    for share in (0.5, 0.55, 0.6):
        signs = np.where(numbers.random(3_999) < share, 1.0, -1.0)
        longer = np.concatenate([signs, signs[:100]])
        assert weighted(longer) >= binomial_tail(int((longer > 0).sum()), longer.size) * 0.999


@given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_the_null_of_an_unknown_payload_is_exact(totals):
    # Whatever the bits are, the p-value of fair coins must not be too small too often.
    sizes = np.array(totals)
    ways = list(itertools.product(*(range(total + 1) for total in totals)))
    weights = [math.prod(math.comb(t, g) for t, g in zip(totals, w, strict=True)) for w in ways]
    values = [folded_tail(np.array(way), sizes) for way in ways]
    for level in (0.01, 0.05, 0.25):
        chance = sum(w for w, v in zip(weights, values, strict=True) if v <= level)
        assert chance / 2 ** sum(totals) <= level + 1e-9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_the_mean_of_a_bet_is_one(sizes):
    for bet in BETS:
        values = [np.prod(1 + bet * s) for s in every_sign(sizes)]
        assert np.mean(values) == pytest.approx(1.0)


@pytest.mark.parametrize("alpha", [0.5, 0.1, 0.02])
def test_a_bet_reaches_one_over_alpha_ever_with_a_chance_of_at_most_alpha(alpha):
    reached = [
        max(np.cumprod(1 + 0.5 * s)) >= 1 / alpha for s in every_sign(np.linspace(0.3, 1, 12))
    ]
    assert np.mean(reached) <= alpha


@pytest.mark.parametrize("alpha", [0.9, 0.3, 0.1])
def test_any_stretch_reaches_n_over_alpha_with_a_chance_of_at_most_alpha(alpha):
    n = 12
    found = 0
    for signs in every_sign(np.ones(n)):
        gains = np.log1p(0.9 * signs)
        best = best_stretch(gains)
        found += best is not None and best.log_e >= math.log(n / alpha) - 1e-12
    assert found / 2**n <= alpha


@given(st.lists(st.floats(-2, 2), max_size=20))
def test_the_best_stretch_is_the_best_of_all(gains):
    values = np.array(gains)
    sums = [values[i:j].sum() for i in range(len(gains)) for j in range(i + 1, len(gains) + 1)]
    best = best_stretch(values)
    if best is None:
        assert not any(total > 1e-9 for total in sums)
    else:
        assert best.log_e == pytest.approx(max(sums))
        assert values[best.start : best.end].sum() == pytest.approx(best.log_e)


@given(st.lists(st.floats(-2, 2), max_size=30), st.floats(0.5, 4))
def test_stretches_reach_the_threshold_and_do_not_touch_each_other(gains, threshold):
    found = stretches(np.array(gains), threshold)
    assert all(stretch.log_e >= threshold for stretch in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))
    best = best_stretch(np.array(gains))
    assert bool(found) == (best is not None and best.log_e >= threshold)


@given(st.integers(1, 30), st.floats(0.01, 60))
def test_the_tail_of_waiting_times_is_exact(n, total):
    exact = sum(math.exp(k * math.log(total) - math.lgamma(k + 1) - total) for k in range(n))
    assert erlang_tail(total, n) == pytest.approx(min(1.0, exact), rel=1e-9)


def test_no_evidence_is_no_evidence():
    nothing = np.empty(0)
    assert weighted(nothing) == 1.0
    assert folded_tail(np.zeros(4, dtype=int), np.zeros(4, dtype=int)) == 1.0
    assert erlang_tail(0.0, 0) == 1.0
    assert scan_p_value(0.0, 0, 64) == 1.0
    assert best_stretch(nothing) is None


@given(st.lists(st.floats(-700, 700), min_size=1, max_size=6))
def test_the_mean_of_huge_bets_neither_overflows_nor_vanishes(logs):
    mean = float(log_mean(np.array(logs)))
    assert max(logs) - math.log(len(logs)) - 1e-9 <= mean <= max(logs) + 1e-9
