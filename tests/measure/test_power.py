import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure.power import _range, rows_needed


@pytest.mark.parametrize(
    ("share", "rows"), [(0.02, 3358), (0.05, 8136), (0.1, 15415), (0.2, 27405)]
)
def test_the_rows_are_those_of_the_textbook_and_a_few_for_whole_numbers(share, rows):
    assert rows <= rows_needed(share, 0.01) <= rows + 201


def test_groups_that_differ_need_more_rows_and_at_the_margin_none_are_enough():
    assert 23_494 <= rows_needed(0.05, 0.01, gap=0.005) <= 23_900
    assert rows_needed(0.05, 0.01, gap=0.01) is None


@given(st.floats(0, 1), st.floats(0.005, 0.3), st.integers(2, 9))
def test_more_groups_need_more_rows_each(share, margin, groups):
    few, more = (rows_needed(share, margin, groups=g) for g in (groups, groups + 1))
    assert 0 < few < more


@given(st.floats(0, 1), st.floats(0.005, 0.3))
def test_a_wider_margin_needs_fewer_rows(share, margin):
    assert rows_needed(share, margin * 1.5) < rows_needed(share, margin)


def test_the_range_of_two_normals_is_that_of_their_difference():
    assert _range(2, 0.8) == pytest.approx(math.sqrt(2) * 1.2815515, abs=1e-4)


def test_the_range_of_six_normals_is_what_drawing_them_gives():
    drawn = np.random.default_rng(0).standard_normal((200_000, 6))
    ranges = drawn.max(axis=1) - drawn.min(axis=1)
    assert _range(6, 0.8) == pytest.approx(np.quantile(ranges, 0.8), abs=0.02)


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ValueError, match="1 groups"):
        rows_needed(0.1, 0.01, groups=1)
    with pytest.raises(ValueError, match="margin"):
        rows_needed(0.1, 0.0)
