"""A large vocabulary is looked at in parts; what is drawn does not depend on where they end."""

import numpy as np
import pytest

from upright.watermark import gumbel, split

SIZE = 2 * split.PART + 77


def arranged(seed, ties):
    numbers = np.random.default_rng(seed)
    weights = numbers.exponential(size=SIZE) ** 4
    # Whole parts without any probability, as a mask may leave them.
    weights[: [0, split.PART + 5][seed % 2]] = 0.0
    drawn = numbers.integers(0, 300 if ties else 2**32, SIZE, dtype=np.uint32)
    return weights / weights.sum(), drawn


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_the_word_at_a_place_of_the_half_is_that_of_the_sorted_words(seed, ties):
    probabilities, numbers = arranged(seed, ties)
    order = np.argsort(numbers, kind="stable")
    edges = np.cumsum(probabilities[order])
    for upper in (True, False):
        for uniform in np.linspace(0.0005, 0.9995, 60):
            target = 0.5 * (upper + uniform) * edges[-1]
            expected = int(order[np.searchsorted(edges, target, side="right")])
            assert split.draw(probabilities, numbers, upper=upper, uniform=uniform) == expected


@pytest.mark.parametrize("seed", range(20))
def test_gumbel_takes_the_largest_of_all(seed):
    probabilities, numbers = arranged(seed, ties=False)
    with np.errstate(divide="ignore"):
        scores = np.log((numbers + 0.5) / 2**32) / probabilities
    assert gumbel.draw(probabilities, numbers) == int(scores.argmax())


@pytest.mark.parametrize("seed", range(4))
def test_what_is_drawn_does_not_depend_on_the_order_of_bytes(seed):
    probabilities, numbers = arranged(seed, ties=True)
    turned = numbers.astype(numbers.dtype.newbyteorder())
    for uniform in np.linspace(0, 0.999, 20):
        for upper in (True, False):
            options = {"upper": upper, "uniform": uniform}
            place = split.draw(probabilities, numbers, **options)
            assert split.draw(probabilities, turned, **options) == place
    assert gumbel.draw(probabilities, turned) == gumbel.draw(probabilities, numbers)
