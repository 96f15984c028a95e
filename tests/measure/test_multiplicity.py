from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure.multiplicity import CORRECTIONS, benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_holm_and_benjamini_hochberg_are_those_of_their_papers():
    p = [0.01, 0.04, 0.03, 0.005]
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p) == pytest.approx([0.02, 0.04, 0.04, 0.02])


@pytest.mark.parametrize("correct", CORRECTIONS.values())
@given(P_VALUES)
def test_a_corrected_value_is_no_smaller_and_keeps_its_place(correct, p):
    found = correct(p)
    assert all(a >= b - 1e-12 for a, b in zip(found, p, strict=True))
    assert all(value <= 1 for value in found)
    order = sorted(range(len(p)), key=p.__getitem__)
    assert all(found[i] <= found[j] + 1e-12 for i, j in pairwise(order))


@given(P_VALUES)
def test_holm_is_at_least_as_strict_as_benjamini_hochberg_and_no_stricter_than_bonferroni(p):
    for strict, loose, plain in zip(holm(p), benjamini_hochberg(p), p, strict=True):
        assert loose - 1e-12 <= strict <= min(1.0, plain * len(p)) + 1e-12


@pytest.mark.parametrize("correct", CORRECTIONS.values())
def test_one_question_needs_no_correction(correct):
    assert correct([0.03]) == [0.03]
    assert correct([]) == []
