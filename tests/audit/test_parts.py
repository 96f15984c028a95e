"""Figures of parts, held against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.audit.parts import by_category, by_functionality, by_identity, members
from upright.audit.sample import Sample
from upright.measure import clopper_pearson
from upright.terms import Action

GROUPS = ("smith", "baker", "cook")
ROWS = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0]),
        st.booleans(),
        st.sets(st.sampled_from(GROUPS)).map(lambda names: tuple(sorted(names))),
    ),
    min_size=1,
    max_size=30,
)


def sample_of(rows):
    positive, score, flagged, _ = (list(column) for column in zip(*rows, strict=True))
    return Sample(
        positive=np.array(positive, dtype=np.bool_),
        score=np.array(score, dtype=np.float64),
        flagged=np.array(flagged, dtype=np.bool_),
        actions=tuple(Action.FLAG if flag else Action.ALLOW for flag in flagged),
        lines=np.arange(len(rows)),
    )


def parts_of(rows):
    return members([row[3] for row in rows], np.arange(len(rows)))


def naive(above, below):
    pairs = [1.0 if p > q else 0.5 if p == q else 0.0 for p in above for q in below]
    return sum(pairs) / len(pairs) if pairs else None


def pick(rows, *, positive, group, inside):
    return [s for label, s, _, names in rows if label == positive and (group in names) == inside]


@given(ROWS)
def test_the_areas_of_a_group_are_those_of_their_definitions(rows):
    found = by_identity(sample_of(rows), parts_of(rows))
    assert {part.name for part in found.groups} == {name for row in rows for name in row[3]}
    for part in found.groups:
        ours_bad, ours_good, others_bad, others_good = (
            pick(rows, positive=positive, group=part.name, inside=inside)
            for inside in (True, False)
            for positive in (True, False)
        )
        for kind, above, below, n in (
            ("subgroup_auc", ours_bad, ours_good, len(ours_bad) + len(ours_good)),
            ("bpsn", others_bad, ours_good, len(ours_good)),
            ("bnsp", ours_bad, others_good, len(ours_bad)),
        ):
            figure, expected = part.figures[kind], naive(above, below)
            if expected is None:
                assert figure.value is None
                assert figure.verdict == "cannot tell"
            else:
                assert figure.value == pytest.approx(expected)
                assert figure.n == n


@given(ROWS)
def test_no_group_is_dropped_and_a_small_one_cannot_tell(rows):
    found = by_identity(sample_of(rows), parts_of(rows))
    for part in found.groups:
        assert part.n == sum(part.name in row[3] for row in rows)
        for figure in part.figures.values():
            wide = figure.high - figure.low > 0.2
            assert (figure.verdict == "cannot tell") == (wide or figure.value is None)
            if figure.n < 15 and figure.value not in {0.0, 1.0}:
                assert figure.verdict == "cannot tell", "few lines never tell"


@given(ROWS)
def test_the_worst_is_named_with_all_that_could_be_worse(rows):
    found = by_identity(sample_of(rows), parts_of(rows))
    for kind, worst in found.worst.items():
        figures = {part.name: part.figures[kind] for part in found.groups}
        told = {n: f.value for n, f in figures.items() if f.verdict is None}
        assert set(worst.untold) == set(figures) - set(told)
        assert figures[worst.name].value == worst.figure.value
        if told:
            assert worst.figure.value == min(told.values())
        known = [figure for figure in figures.values() if figure.value is not None]
        assert worst.minimum.low == min(figure.low for figure in known)
        assert worst.minimum.high >= min(figure.high for figure in known) - 1e-12
    lacking = {"subgroup_auc", "bpsn", "bnsp"} - set(found.worst)
    assert all(part.figures[kind].value is None for part in found.groups for kind in lacking)


def test_a_word_that_raises_the_score_shows_as_bpsn_and_one_that_lowers_it_as_bnsp():
    draw = np.random.default_rng(1)
    rows = []
    for number in range(3_000):
        positive, group = bool(number % 2), GROUPS[number % 3]
        moved = {"smith": 0.25, "baker": -0.25, "cook": 0.0}[group]
        score = float(np.clip(draw.normal(0.3 + 0.4 * positive + moved, 0.1), 0, 1))
        rows.append((positive, score, score > 0.5, (group,)))
    found = by_identity(sample_of(rows), parts_of(rows))
    assert found.worst["bpsn"].name == "smith"
    assert found.worst["bnsp"].name == "baker"
    assert found.worst["bpsn"].figure.value < 0.9
    fair = next(part for part in found.groups if part.name == "cook")
    assert fair.figures["subgroup_auc"].value > 0.99


@given(ROWS)
def test_the_share_flagged_is_counted_for_each_label_apart(rows):
    found = by_functionality(sample_of(rows), parts_of(rows))
    seen = {(part.name, part.positive > 0): part for part in found}
    assert len(seen) == len(found)
    expected = {(name, row[0]) for row in rows for name in row[3]}
    assert set(seen) == expected
    for (name, positive), part in seen.items():
        flags = [row[2] for row in rows if name in row[3] and row[0] == positive]
        exact = clopper_pearson(sum(flags), len(flags))
        figure = part.figures["flagged"]
        assert (figure.value, figure.low, figure.high) == (exact.value, exact.low, exact.high)
        assert figure.n == part.n == len(flags)


@given(ROWS)
def test_a_category_of_one_label_is_told_apart_from_the_other_lines(rows):
    for part in by_category(sample_of(rows), parts_of(rows)):
        ours = [row for row in rows if part.name in row[3]]
        bad = [row[1] for row in ours if row[0]]
        good = [row[1] for row in ours if not row[0]]
        if not bad:
            bad = [row[1] for row in rows if row[0]]
            assert part.against == "all positive lines"
        elif not good:
            good = [row[1] for row in rows if not row[0]]
            assert part.against == "all negative lines"
        else:
            assert part.against is None
        area = part.figures["auc"]
        if not (bad and good):
            assert area.value is None
        else:
            assert area.value == pytest.approx(naive(bad, good))
        assert area.n == part.n == len(ours)
        assert ("recall" in part.figures) == any(row[0] for row in ours)
        assert ("false_positive_rate" in part.figures) == any(not row[0] for row in ours)


def test_members_follow_the_lines_that_were_scored():
    names = [("a",), ("a", "b"), (), ("b",)]
    found = members(names, np.array([1, 3]))
    assert {name: list(inside) for name, inside in found.items()} == {
        "a": [True, False],
        "b": [True, True],
    }


def test_without_groups_nothing_is_worst():
    rows = [(True, 0.5, True, ()), (False, 0.1, False, ())]
    found = by_identity(sample_of(rows), {})
    assert (found.groups, found.worst) == ((), {})
    assert not math.isnan(sample_of(rows).auc().value)
