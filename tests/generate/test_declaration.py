"""What a draw declares about itself."""

from dataclasses import replace

import pytest

from upright.generate import Sampling, declaration

BASE = Sampling(0.9, 0, 0.95, 1.1, 100, 7, ("END",))


def test_one_distribution_has_one_digest():
    assert declaration(BASE) == declaration(replace(BASE))
    assert declaration(BASE).startswith("sha256:")
    assert declaration(replace(BASE, temperature=1)) == declaration(replace(BASE, temperature=1.0))


@pytest.mark.parametrize(
    "change", [{"temperature": 0.8}, {"top_k": 1}, {"top_p": 0.9}, {"repetition_penalty": 1.0}]
)
def test_what_shapes_the_distribution_changes_the_digest(change):
    assert declaration(replace(BASE, **change)) != declaration(BASE)


@pytest.mark.parametrize("change", [{"seed": 8}, {"max_tokens": 5}, {"stop": ()}])
def test_what_chooses_among_texts_does_not(change):
    assert declaration(replace(BASE, **change)) == declaration(BASE)
