"""The p-values of single tests, over which error rates are measured."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.watermark.texts import read, written

from upright.watermark import Evidence, Reading, epoch_key
from upright.watermark.evidence import Test as Hypothesised
from upright.watermark.scoring import leading, leading_unknown, p_values
from upright.watermark.statistics import binomial_tail

MASTER = bytes(range(32))


def evidence(number, *, model):
    drawn = written(None, 70, 12)
    reading = Reading([epoch_key(MASTER, "score", number)], drawn)
    return read(reading, drawn) if model else reading.evidence()


def of_one_test(signed, *, exact=True):
    """Return evidence of one sub-key, one column."""
    rows = np.array(signed)[:, None]
    test = Hypothesised(epoch_key(MASTER, "score", 0), 0)
    places = np.zeros(rows.shape, np.int64)
    return Evidence((test,), np.arange(len(rows)), rows, np.abs(rows), places, exact)


@pytest.mark.parametrize("model", [True, False])
@pytest.mark.parametrize("number", range(4))
def test_the_leading_p_value_times_the_tests_is_never_below_the_smallest(number, model):
    found = evidence(number, model=model)
    for scheme in ("split", "gumbel"):
        values = p_values(found, scheme)
        best, single = leading(found, found.signed, scheme)
        assert single == pytest.approx(values[best])
        assert single >= values.min()
    _, unknown = leading_unknown(found)
    assert 0 < unknown <= 1


@pytest.mark.parametrize("model", [True, False])
def test_over_keys_the_randomised_p_values_of_any_text_are_uniform(model):
    numbers = np.random.default_rng(4)
    values = []
    for number in range(60):
        found = evidence(number, model=model)
        values.append(p_values(found, "split", numbers.random(len(found.tests))))
    together = np.concatenate(values)
    counts = np.histogram(together, bins=10, range=(0, 1))[0]
    expected = together.size / 10
    assert ((counts - expected) ** 2 / expected).sum() < 27.9  # 99.9 % of chi-square with 9


def test_the_randomised_p_value_is_never_above_the_ordinary_one():
    found = evidence(7, model=True)
    drawn = np.random.default_rng(5).random(len(found.tests))
    assert (p_values(found, "split", drawn) <= p_values(found)).all()


@given(st.integers(0, 40), st.integers(1, 40))
def test_words_wholly_in_one_half_are_so_many_fair_coins(greens, n):
    greens = min(greens, n)
    signed = [1.0] * greens + [-1.0] * (n - greens)
    assert p_values(of_one_test(signed))[0] == pytest.approx(binomial_tail(greens, n))


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("level", [0.001, 0.01, 0.05, 0.3])
def test_words_across_the_middle_never_make_the_test_too_eager(exact, level):
    sizes = (1.0, 1.0, 1.0, 0.9, 0.8, 0.55, 0.5, 0.3, 0.1, 0.02)
    ways = itertools.product((-1, 1), repeat=len(sizes))
    values = [p_values(of_one_test(np.multiply(sizes, way), exact=exact))[0] for way in ways]
    assert np.mean(np.array(values) <= level + 1e-12) <= level


def test_with_a_model_a_word_across_the_middle_counts_but_less_than_a_whole_one():
    whole, across = [1.0] * 12, [0.8] * 12
    two = [p_values(of_one_test(part))[0] for part in (whole, [*whole, *across])]
    assert two[1] < two[0]
    against = [p_values(of_one_test([*whole, sign])) for sign in (-0.5, -1.0)]
    assert against[0] < against[1]
