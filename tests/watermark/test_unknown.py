"""Guarantee 3 for payloads: a bet on bits that nobody knows has mean one."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.watermark.unknown import BET, watch


def every_sign(sizes):
    for signs in itertools.product((-1, 1), repeat=len(sizes)):
        yield np.array(sizes) * np.array(signs)


def bits_averaged(evidence, places, bits):
    """Return the mean over all bits of the product of the bets: what `watch` must give."""
    products = [
        np.prod([1 + BET * s * (-1) ** word[q] for s, q in zip(evidence, places, strict=True)])
        for word in itertools.product((0, 1), repeat=bits)
    ]
    return float(np.mean(products))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=12), st.integers(0, 99))
def test_the_bet_is_the_average_over_all_values_of_the_bits(evidence, seed):
    places = np.random.default_rng(seed).integers(0, 4, len(evidence))
    watched = watch(np.array(evidence)[:, None], places[:, None])
    for end in range(1, len(evidence) + 1):
        expected = bits_averaged(evidence[:end], places[:end], 4)
        assert math.exp(watched.growth[end - 1, 0]) == pytest.approx(expected)


@settings(max_examples=20)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(0, 99))
def test_the_mean_of_a_bet_on_an_unknown_payload_is_one_at_every_length(sizes, seed):
    places = np.random.default_rng(seed).integers(0, 3, len(sizes))[:, None]
    values = [np.exp(watch(s[:, None], places).growth[:, 0]) for s in every_sign(sizes)]
    assert np.mean(values, axis=0) == pytest.approx(np.ones(len(sizes)))


@pytest.mark.parametrize("alpha", [0.5, 0.2, 0.05])
def test_it_ever_reaches_one_over_alpha_with_a_chance_of_at_most_alpha(alpha):
    places = np.array([0, 1, 0, 1, 2, 0, 0, 1, 2, 2])[:, None]
    peaks = [watch(s[:, None], places).peaks[0, 0] for s in every_sign(np.ones(10))]
    assert np.mean(np.array(peaks) >= math.log(1 / alpha)) <= alpha


def test_a_bet_may_begin_along_the_text_and_finds_where_the_mark_lies():
    numbers = np.random.default_rng(2)
    places = numbers.integers(0, 32, (600, 2))
    signed = numbers.choice([-1.0, 1.0], (600, 2))
    word = numbers.choice([-1.0, 1.0], 32)
    signed[200:420, 1] = word[places[200:420, 1]]
    watched = watch(signed, places)
    assert int(watched.peaks.max(axis=0).argmax()) == 1
    best = watched.best(1)
    assert abs(best.start - 200) <= 32
    assert abs(best.end - 420) <= 16
    assert best.log_e == pytest.approx(watched.peaks[:, 1].max())


def test_long_texts_have_no_more_than_128_starts():
    watched = watch(np.zeros((5000, 1)), np.zeros((5000, 1), dtype=np.int64))
    assert watched.starts.size <= 128
    assert (watched.growth == 0).all()


def test_a_text_without_evidence_says_nothing():
    watched = watch(np.empty((0, 3)), np.empty((0, 3), dtype=np.int64))
    assert watched.growth.shape == (0, 3)
    assert watched.best(2).log_e == 0.0
