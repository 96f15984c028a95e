"""The p-values of single tests, over which error rates are measured."""

import numpy as np
import pytest
from tests.watermark.texts import read, written

from upright.watermark import Reading, epoch_key
from upright.watermark.scoring import leading, leading_unknown, p_values

MASTER = bytes(range(32))


def evidence(number, *, model):
    drawn = written(None, 70, 12)
    reading = Reading([epoch_key(MASTER, "score", number)], drawn)
    return read(reading, drawn) if model else reading.evidence()


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
