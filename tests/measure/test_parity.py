import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.measure.equivalence import Share
from upright.measure.parity import gaps, largest_difference


def one(groups, margin=0.05, **more):
    return gaps({"a": groups}, margin, **more)[0]


def test_equal_groups_with_many_rows_are_within():
    gap = one({"x": Share(500, 10_000), "y": Share(510, 10_000), "z": Share(490, 10_000)})
    assert gap.verdict == "within"
    assert gap.n_needed is None
    assert gap.interval.value == pytest.approx(0.002)
    assert gap.interval.high <= gap.smallest_margin <= 0.05


def test_groups_that_differ_are_outside_and_the_pair_is_named():
    gap = one({"x": Share(500, 5_000), "y": Share(1_000, 5_000), "z": Share(520, 5_000)})
    assert gap.verdict == "outside"
    verdicts = {(d.first, d.second): d.verdict for d in gap.differences}
    assert verdicts["x", "y"] == "outside"
    assert verdicts["x", "z"] == "within"
    assert gap.of_group("y") == ("outside", None)
    assert gap.interval.low > 0.05


def test_a_small_group_leaves_the_gap_untold_and_says_how_many_rows_would_tell():
    gap = one({"x": Share(500, 10_000), "y": Share(5, 100)}, margin=0.01)
    assert gap.verdict == "cannot tell"
    assert gap.interval.n == 100
    assert 8_000 < gap.n_needed < 9_000
    assert gap.smallest_margin > 0.01


def test_a_group_without_rows_is_shown_and_nothing_is_said_of_it():
    gap = one({"x": Share(5, 100), "y": Share(0, 0)})
    assert gap.verdict == "cannot tell"
    assert gap.smallest_margin is None
    assert math.isnan(gap.differences[0].interval.value)
    both = one({"x": Share(0, 0), "y": Share(0, 0)})
    assert math.isnan(both.interval.value)
    assert both.n_needed is None


def test_a_difference_found_among_many_must_be_surer():
    pair = {"x": Share(45, 500), "y": Share(75, 500)}
    alone = gaps({"a": pair}, 0.01)[0]
    calm = {f"g{k}": Share(60, 500) for k in range(6)}
    among = gaps({"a": pair, "b": calm}, 0.01)[0]
    assert alone.verdict == "outside"
    assert among.verdict == "cannot tell"
    assert among.differences[0].p_outside > alone.differences[0].p_outside


def test_with_rows_enough_a_difference_near_the_margin_is_told_by_more_of_them():
    near = one({"x": Share(500, 10_000), "y": Share(580, 10_000)}, margin=0.01)
    assert near.verdict == "cannot tell"
    assert near.n_needed > 100_000
    beyond = one({"x": Share(500, 10_000), "y": Share(620, 10_000)}, margin=0.01)
    assert beyond.verdict == "cannot tell"
    assert beyond.n_needed > 100_000


@given(
    st.dictionaries(
        st.sampled_from("abcd"),
        st.integers(0, 300).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n))),
        min_size=2,
    ),
    st.floats(0.02, 0.4),
)
@settings(max_examples=12)
def test_a_gap_is_within_only_if_all_its_differences_are(groups, margin):
    gap = one(groups, margin)
    verdicts = {d.verdict for d in gap.differences}
    assert (gap.verdict == "within") == (verdicts == {"within"})
    assert (gap.verdict == "outside") == ("outside" in verdicts)
    if gap.verdict == "within":
        assert gap.smallest_margin <= margin + 2e-4 + 0.01 * margin
    if not math.isnan(gap.interval.value):
        assert 0 <= gap.interval.low <= gap.interval.value + 1e-9
        assert gap.interval.value <= gap.interval.high + 1e-9
        assert largest_difference(groups) == gap.interval


def test_the_smallest_margin_is_certified_by_the_same_rows():
    groups = {"x": Share(30, 400), "y": Share(41, 500), "z": Share(20, 250)}
    smallest = one(groups, 0.01).smallest_margin
    assert one(groups, smallest).verdict == "within"
    assert one(groups, smallest * 0.97).verdict == "cannot tell"


def test_a_margin_or_a_correction_that_is_none_is_refused():
    with pytest.raises(ValueError, match="margin"):
        one({"x": Share(1, 2), "y": Share(1, 2)}, 0.0)
    with pytest.raises(KeyError):
        one({"x": Share(1, 2), "y": Share(1, 2)}, correction="none")
