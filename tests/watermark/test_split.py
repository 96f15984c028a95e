"""Guarantee 1: averaged over the coin each word keeps its probability, and none is banned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.watermark import split

DISTRIBUTIONS = st.lists(st.floats(1e-9, 1.0) | st.just(0.0), min_size=1, max_size=80).filter(
    lambda weights: sum(weights) > 0
)
NUMBERS = st.integers(0, 2**32 - 1)


def arranged(weights, seed, *, ties):
    numbers = np.random.default_rng(seed).integers(
        0, 4 if ties else 2**32, len(weights), dtype=np.uint32
    )
    return np.array(weights) / sum(weights), numbers


def drawn_mass(probabilities, numbers, *, upper):
    """Return how much of the half falls to each candidate, by drawing along a fine grid."""
    grid = (np.arange(4000) + 0.5) / 4000
    places = [split.draw(probabilities, numbers, upper=upper, uniform=u) for u in grid]
    return np.bincount(places, minlength=probabilities.size) / grid.size


@given(DISTRIBUTIONS, st.integers(0, 999), st.booleans())
def test_averaged_over_the_coin_each_word_has_exactly_its_own_probability(weights, seed, ties):
    probabilities, numbers = arranged(weights, seed, ties=ties)
    shares = split.halves(probabilities, numbers)
    upper, lower = 2 * probabilities * shares, 2 * probabilities * (1 - shares)
    assert np.allclose((upper + lower) / 2, probabilities, atol=1e-12)
    assert upper.sum() == pytest.approx(1.0)
    assert lower.sum() == pytest.approx(1.0)


@given(DISTRIBUTIONS, st.integers(0, 999), st.booleans())
def test_no_word_gains_more_than_a_factor_two_and_a_likely_one_is_never_banned(
    weights, seed, upper
):
    probabilities, numbers = arranged(weights, seed, ties=False)
    shares = split.halves(probabilities, numbers)
    marked = 2 * probabilities * (shares if upper else 1 - shares)
    assert (marked <= 2 * probabilities + 1e-12).all()
    assert (marked >= 2 * probabilities - 1 - 1e-9).all()


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_draws_fall_as_the_halves_say(seed, upper):
    weights = np.random.default_rng(seed).exponential(size=50) ** 3
    probabilities, numbers = arranged(weights.tolist(), seed, ties=seed == 3)
    shares = split.halves(probabilities, numbers)
    expected = 2 * probabilities * (shares if upper else 1 - shares)
    assert np.abs(drawn_mass(probabilities, numbers, upper=upper) - expected).max() < 6e-4


@given(DISTRIBUTIONS, st.integers(0, 999), st.booleans(), st.floats(0, 1, exclude_max=True))
def test_what_is_drawn_can_be_drawn_and_lies_in_the_half(weights, seed, upper, uniform):
    probabilities, numbers = arranged(weights, seed, ties=False)
    place = split.draw(probabilities, numbers, upper=upper, uniform=uniform)
    assert probabilities[place] > 0
    shares = split.halves(probabilities, numbers)
    green = shares[place] if upper else 1 - shares[place]
    assert green > 0 or probabilities[place] < 1e-9


@given(DISTRIBUTIONS, st.integers(0, 999), st.booleans())
def test_the_share_of_one_word_is_the_one_of_all_words(weights, seed, ties):
    probabilities, numbers = arranged(weights, seed, ties=ties)
    tokens = 3 * np.arange(probabilities.size)
    together = split.halves(probabilities, numbers)
    alone = [
        split.upper_shares(tokens, probabilities, numbers[None], int(token), numbers[at, None])[0]
        for at, token in enumerate(tokens)
    ]
    large = probabilities > 1e-7
    assert np.allclose(np.array(alone)[large], together[large], atol=1e-6)


@given(DISTRIBUTIONS, st.integers(0, 999), st.data())
def test_the_shares_for_many_sub_keys_are_those_for_each(weights, seed, data):
    probabilities, _ = arranged(weights, seed, ties=False)
    tokens = np.arange(probabilities.size)
    token = data.draw(st.integers(0, probabilities.size - 1))
    table = np.random.default_rng(seed).integers(0, 9, (5, tokens.size), dtype=np.uint32)
    own = table[:, token]
    together = split.upper_shares(tokens, probabilities, table, token, own)
    for row in range(5):
        alone = split.upper_shares(
            tokens, probabilities, table[row : row + 1], token, own[row : row + 1]
        )
        assert together[row] == alone[0]


def test_reading_a_large_vocabulary_takes_one_core_and_no_more():
    """A product of matrices wakes BLAS' thread on each core; they wait for work and burn time."""
    random = np.random.default_rng(8)
    size = 50_000
    probabilities = random.random(size).view(NoProduct)
    table = random.integers(0, 2**32, (4, size), dtype=np.uint32)
    own = table[:, 17].copy()
    found = split.upper_shares(np.arange(size), probabilities, table, 17, own)
    for shares, numbers in zip(found, table, strict=True):
        assert np.isclose(shares, split.halves(np.asarray(probabilities), numbers)[17], atol=1e-9)


class NoProduct(np.ndarray):
    """Numbers that refuse what NumPy hands to BLAS."""

    def dot(self, *_):
        raise AssertionError("BLAS was called")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        assert ufunc is not np.matmul, "BLAS was called"
        plain = [np.asarray(one) for one in inputs]
        return getattr(ufunc, method)(*plain, **options)

    def __array_function__(self, function, types, inputs, options):
        assert function not in {np.dot, np.vdot, np.inner, np.tensordot}, "BLAS was called"
        assert not options.get("optimize"), "einsum may call BLAS"
        plain = [np.asarray(one) if isinstance(one, NoProduct) else one for one in inputs]
        return function(*plain, **options)


def test_a_word_that_is_no_candidate_counts_by_its_position():
    tokens, probabilities = np.array([2, 4]), np.array([0.5, 0.5])
    table = np.array([[100, 200], [100, 200]], dtype=np.uint32)
    own = np.array([50, 300], dtype=np.uint32)
    assert split.upper_shares(tokens, probabilities, table, 3, own).tolist() == [0.0, 1.0]


def test_a_certain_word_is_drawn_by_either_coin_and_says_nothing():
    probabilities, numbers = np.array([0.0, 1.0]), np.array([5, 9], dtype=np.uint32)
    for upper in (True, False):
        assert split.draw(probabilities, numbers, upper=upper, uniform=0.3) == 1
    assert split.halves(probabilities, numbers)[1] == 0.5
