"""Texts as token ids, with the distributions a small made-up model gives before each token."""

import numpy as np

SIZE = 60
WORDS = np.arange(SIZE)


def chances(drawn, *, flatness=1.0):
    """Return the made-up model's distribution after some tokens: it depends on the last two."""
    numbers = np.random.default_rng([7, *drawn[-2:]])
    weights = numbers.exponential(size=SIZE) ** (2 / flatness)
    return weights / weights.sum()


def written(marker, length, seed, *, flatness=1.0):
    """Return a response of the made-up model, marked where a marker is given."""
    numbers = np.random.default_rng(seed)
    drawn = []
    for _ in range(length):
        probabilities = chances(drawn, flatness=flatness)
        uniform = float(numbers.random())
        place = None
        if marker is not None:
            place = marker.draw(WORDS, probabilities, drawn, uniform)
        if place is None:
            place = int(np.searchsorted(np.cumsum(probabilities), uniform))
        drawn.append(min(place, SIZE - 1))
    return drawn


def read(reading, drawn, *, model=chances):
    """Let a reading observe every scored position of a text."""
    for position in reading.positions.tolist():
        reading.observe(position, WORDS, model(drawn[:position]))
    return reading.evidence()
