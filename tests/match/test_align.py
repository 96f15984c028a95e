"""What two sequences share: runs are equal, tiles do not overlap, small edits hide no copy."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from upright.match.align import Stretch, equal_runs, share, stretches, tiles

FEW = st.lists(st.integers(0, 3), max_size=40)
MANY = st.lists(st.integers(0, 10**6), min_size=12, max_size=60, unique=True)


def hashes(numbers):
    return np.array(numbers, np.uint64) * np.uint64(0x9E3779B97F4A7C15)


@given(a=FEW, b=FEW, seed=st.integers(1, 4), more=st.integers(0, 4))
def test_runs_are_equal_and_cannot_be_made_longer(a, b, seed, more):
    for run in equal_runs(hashes(a), hashes(b), seed=seed, shortest=seed + more):
        assert a[run.a_start : run.a_end] == b[run.b_start : run.b_end]
        assert run.same == run.a_end - run.a_start >= seed + more
        assert run.a_end == len(a) or run.b_end == len(b) or a[run.a_end] != b[run.b_end]
        first = run.a_start == 0 or run.b_start == 0
        assert first or a[run.a_start - 1] != b[run.b_start - 1]


@given(a=FEW, b=FEW, k=st.integers(1, 5))
def test_no_common_run_is_missed(a, b, k):
    found = equal_runs(hashes(a), hashes(b), seed=k, shortest=k)
    for i in range(len(a) - k + 1):
        for j in range(len(b) - k + 1):
            if a[i : i + k] == b[j : j + k]:
                assert any(
                    run.a_start <= i and i + k <= run.a_end and run.b_start - run.a_start == j - i
                    for run in found
                )


@given(a=FEW, b=FEW, shortest=st.integers(1, 4))
def test_tiles_do_not_overlap_and_are_equal(a, b, shortest):
    runs = equal_runs(hashes(a), hashes(b), seed=shortest, shortest=shortest)
    kept = tiles(runs, shortest=shortest)
    for side in ("a", "b"):
        places = sorted(
            at
            for one in kept
            for at in range(getattr(one, f"{side}_start"), getattr(one, f"{side}_end"))
        )
        assert places == sorted(set(places))
    for one in kept:
        assert a[one.a_start : one.a_end] == b[one.b_start : one.b_end]
        assert one.same >= shortest
    assert bool(kept) == bool(runs)


def test_the_longest_run_is_taken_first_and_others_are_cut():
    runs = [Stretch(0, 6, 0, 6, 6), Stretch(4, 12, 14, 22, 8)]
    assert tiles(runs, shortest=3) == [Stretch(0, 4, 0, 4, 4), Stretch(4, 12, 14, 22, 8)]
    assert tiles(runs, shortest=5) == [Stretch(4, 12, 14, 22, 8)]


@given(words=MANY)
@example(words=[1])
def test_a_text_stands_in_itself_whole(words):
    found = stretches(hashes(words), hashes(words))
    assert found == [Stretch(0, len(words), 0, len(words), len(words))]
    assert share(found, len(words), len(words)) == 1


@given(words=MANY, before=st.integers(0, 30), after=st.integers(0, 30))
def test_a_copy_inside_a_longer_text_is_found_where_it_stands(words, before, after):
    around = [10**7 + at for at in range(before + after)]
    whole = around[:before] + words + around[before:]
    (found,) = stretches(hashes(words), hashes(whole))
    assert (found.b_start, found.b_end) == (before, before + len(words))
    assert share([found], len(words), len(whole)) == 1


@given(seed=st.integers(0, 10**6))
def test_a_copy_with_a_tenth_of_its_words_replaced_is_mostly_found(seed):
    rng = random.Random(seed)
    words = list(range(200))
    edited = [10**6 + at if rng.random() < 0.1 else at for at in words]
    found = stretches(hashes(words), hashes(edited))
    assert share(found, 200, 200) >= 0.5
    for one in found:
        assert abs(one.a_start - one.b_start) == 0


@given(one=MANY, other=MANY)
def test_texts_without_a_common_word_share_nothing(one, other):
    assert stretches(hashes(one), hashes([2 * 10**6 + word for word in other])) == []


def test_words_between_runs_count_only_where_they_are_equal():
    a = [*range(10), 50, 51, 52, *range(20, 30)]
    b = [*range(10), 60, 51, *range(20, 30)]
    (found,) = stretches(hashes(a), hashes(b))
    assert (found.a_end, found.b_end, found.same) == (23, 22, 21)


def test_a_common_phrase_is_no_copy():
    a, b = list(range(100)), [*range(200, 240), 7, 8, 9, 10, 11, *range(240, 300)]
    assert stretches(hashes(a), hashes(b)) == []


def test_nothing_shares_nothing():
    assert stretches(hashes([]), hashes([1])) == []
    assert share([], 0, 0) == 0
