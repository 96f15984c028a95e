"""Subgroups that a line cuts out: the best cut is exact, the search finds what is there."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.measure.linear import Cells, Line, Protected, parts_of, words

SEEDS = st.integers(0, 2**31)


def draws(seed, rows=60, traits=2):
    """Return traits of few values, and parts that sum to nothing."""
    draw = np.random.default_rng(seed)
    base, hit = draw.random(rows) < 0.8, draw.random(rows) < 0.3
    return draw.integers(0, 4, (rows, traits)).astype(float), parts_of(base, hit)


@given(SEEDS)
def test_parts_sum_to_nothing_over_all_rows(seed):
    draw = np.random.default_rng(seed)
    base, hit = draw.random(50) < 0.5, draw.random(50) < 0.5
    assert parts_of(base, hit).sum() == pytest.approx(0, abs=1e-12)


@given(SEEDS)
def test_a_violation_is_the_share_in_the_base_times_how_far_the_rate_is(seed):
    draw = np.random.default_rng(seed)
    base, hit, inside = (draw.random(200) < share for share in (0.7, 0.3, 0.4))
    own = hit[base & inside].mean() if (base & inside).any() else 0.0
    expected = (base & inside).mean() * abs(own - hit[base].mean())
    assert abs(parts_of(base, hit)[inside].sum()) == pytest.approx(expected, abs=1e-12)


@given(SEEDS)
@settings(max_examples=30)
def test_of_one_trait_the_worst_cut_is_found_exactly(seed):
    traits, parts = draws(seed, traits=1)
    cuts = [abs(parts[traits[:, 0] >= cut].sum()) for cut in range(5)]
    assert Cells(traits).worst(parts)[1] == pytest.approx(max(cuts), abs=1e-12)


@given(SEEDS)
@settings(max_examples=30)
def test_the_line_holds_the_rows_whose_parts_are_told(seed):
    traits, parts = draws(seed)
    line, value = Cells(traits).worst(parts)
    assert value >= 0
    assert parts[line.holds(traits)].sum() == pytest.approx(value, abs=1e-12)


@given(SEEDS)
@settings(max_examples=20)
def test_no_cut_along_an_axis_is_worse_than_what_was_found(seed):
    traits, parts = draws(seed, traits=3)
    value = Cells(traits).worst(parts)[1]
    for column in traits.T:
        for cut in range(4):
            assert value >= abs(parts[column > cut].sum()) - 1e-12


def test_the_search_finds_a_planted_slanted_subgroup():
    draw = np.random.default_rng(0)
    traits = draw.normal(0, 1, (4_000, 3))
    inside = traits @ [1.0, 0.8, -0.6] > 0.5
    hit = draw.random(4_000) < np.where(inside, 0.3, 0.1)
    parts = parts_of(np.ones(4_000, bool), hit)
    line, value = Cells(traits).worst(parts)
    assert value >= 0.95 * parts[inside].sum()
    assert (line.holds(traits) == inside).mean() > 0.85


def test_the_same_rows_and_seed_give_the_same_subgroup():
    traits, parts = draws(3)
    assert Cells(traits).worst(parts, seed=1) == Cells(traits).worst(parts, seed=1)


def test_rows_that_are_all_alike_have_no_subgroup():
    traits = np.ones((10, 2))
    line, value = Cells(traits).worst(np.zeros(10))
    assert value == 0
    assert isinstance(line, Line)


COLUMNS = {"age": ["20", "30", "", "50"], "sex": ["f", "m", "f", "m"], "job": ["a", "b", "c", "c"]}


def test_numbers_are_in_standard_units_and_words_yes_or_no():
    protected = Protected.of(COLUMNS)
    assert protected.traits[0] == "age"
    found = protected.features(COLUMNS)
    assert found.shape == (4, len(protected.traits))
    assert found[2, 0] == 0  # what is missing is the mean, and has a trait of its own
    assert found[:3, 0].sum() < 0
    assert sum(trait.startswith("sex") for trait in protected.traits) == 1
    assert sum(trait.startswith("job") for trait in protected.traits) == 3
    missing = next(k for k, trait in enumerate(protected.traits) if trait.startswith("age is"))
    assert len(set(found[[0, 1, 3], missing])) == 1
    assert found[2, missing] != found[0, missing]


def test_protected_columns_are_stored_as_they_were():
    protected = Protected.of(COLUMNS)
    again = Protected.from_json(json.loads(json.dumps(protected.to_json())))
    assert np.array_equal(again.features(COLUMNS), protected.features(COLUMNS))
    assert again.traits == protected.traits


def test_words_where_there_were_numbers_are_refused():
    protected = Protected.of({"age": ["20", "30"]})
    with pytest.raises(ValueError, match="age holds words"):
        protected.features({"age": ["old", "young"]})
    assert protected.features({"age": ["", ""]}).tolist() == [[0.0], [0.0]]


def test_new_words_belong_to_no_known_value():
    protected = Protected.of({"job": ["a", "b", "c"]})
    assert protected.features({"job": ["z"]}).sum() == 0


def test_a_subgroup_is_told_by_the_traits_that_set_it_apart():
    columns = {"age": [str(k) for k in range(20, 60)], "sex": ["f", "m"] * 20}
    protected = Protected.of(columns)
    old = Line((1.0, 0.0), 0.0)
    assert words(old, protected, columns).startswith("50% of rows: age 49.5 against 29.5")
    assert "sex" not in words(old, protected, columns)
    assert words(Line((1.0, 0.0), -99.0), protected, columns) == "all rows"
    assert words(Line((1.0, 0.0), 99.0), protected, columns) == "no row"
