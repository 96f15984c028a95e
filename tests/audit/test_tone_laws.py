"""Laws of the comparison of tone: what has to hold of any texts, labels and statistics."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.audit.tone_compare import compare
from upright.audit.tone_effects import effects
from upright.audit.tone_lexicons import lexicons
from upright.audit.tone_manner import MANNERS, counted
from upright.audit.tone_mask import Masker
from upright.audit.tone_tests import Design, Family, classifier, columns, joint
from upright.audit.tone_vocabulary import leans
from upright.measure.ranking import auc_of

LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.9)


def families(draw, labellings):
    """Return statistics of several families under so many labellings, with many ties."""
    return [draw.integers(0, 6, labellings).astype(float) for _ in range(draw.integers(1, 5))]


def as_if_true(statistics, which):
    """Return the joint p-value as if one of the labellings had been seen."""
    order = [which, *(at for at in range(len(statistics[0])) if at != which)]
    return joint(
        [Family(f"{n}", best[order], best[order][:1]) for n, best in enumerate(statistics)]
    )


@given(st.integers(0, 2**31), st.integers(5, 60))
@settings(max_examples=60)
def test_whichever_labelling_was_seen_at_most_a_share_alpha_of_them_is_found_at_alpha(seed, count):
    statistics = families(np.random.default_rng(seed), count)
    found = np.array([as_if_true(statistics, at).p_value for at in range(count)])
    for alpha in LEVELS:
        assert (found <= alpha).mean() <= alpha


@given(st.integers(0, 2**31), st.integers(5, 60))
@settings(max_examples=60)
def test_no_family_and_no_member_is_surer_among_all_than_alone(seed, count):
    told = as_if_true(families(np.random.default_rng(seed), count), 0)
    assert told.p_value == min(told.adjusted.values())
    for name, alone in told.alone.items():
        assert 0 < alone <= told.adjusted[name] <= 1


@pytest.mark.parametrize("paired", [False, True])
def test_all_labellings_of_a_few_texts_are_drawn_about_as_often(paired):
    half, draws = 3, 4000
    strata = np.tile(np.arange(half), 2) if paired else np.zeros(2 * half, dtype=int)
    design = Design([True] * half + [False] * half, strata, draws=draws, seed=1)
    drawn = Counter(map(tuple, (design.labels[:, 1:] > 0).T.tolist()))
    if paired:
        ways = [
            (*first, *(not one for one in first)) for first in product([True, False], repeat=half)
        ]
    else:
        ways = [
            tuple(at in chosen for at in range(2 * half)) for chosen in combinations(range(6), half)
        ]
    assert set(drawn) == set(ways)
    expected = draws / len(ways)
    # Six standard deviations of a count.
    assert all(abs(n - expected) < 6 * expected**0.5 for n in drawn.values())


def exact_p(values, half):
    """Return the share of all labellings whose means differ at least as much as those seen."""
    apart = [
        abs(2 * values[list(chosen)].mean() - 2 * values.mean())
        for chosen in combinations(range(2 * half), half)
    ]
    return np.mean([one >= apart[0] - 1e-9 for one in apart])


@pytest.mark.parametrize("seed", range(6))
def test_the_p_value_of_a_column_is_that_of_all_labellings_but_for_the_draws(seed):
    half, draws = 4, 3000
    values = np.random.default_rng(seed).normal(size=8)
    values[:half] += seed / 3
    design = Design([True] * half + [False] * half, np.zeros(8, dtype=int), draws=draws, seed=seed)
    p = joint([columns("c", values[:, None], design)]).p_value
    exact = exact_p(values, half)
    assert abs(p - exact) < 4 * (exact * (1 - exact) / draws) ** 0.5 + 1 / draws


VALUES = st.lists(st.floats(-100, 100), min_size=12, max_size=12).filter(lambda x: np.std(x) > 1e-3)


@given(VALUES, st.floats(-50, 50), st.floats(0.1, 10))
def test_units_and_zero_of_a_column_change_no_statistic(values, shift, scale):
    design = Design([True] * 6 + [False] * 6, np.zeros(12, dtype=int), draws=19)
    column = np.array(values)[:, None]
    one, other = (columns("c", made, design) for made in (column, column * scale + shift))
    assert other.each == pytest.approx(one.each, abs=1e-6)
    assert other.best == pytest.approx(one.best, abs=1e-6)


@given(VALUES, st.booleans())
def test_effects_turn_their_sign_when_the_groups_change_places(values, paired):
    strata = np.tile(np.arange(6), 2) if paired else np.zeros(12, dtype=int)
    first = np.array([True] * 6 + [False] * 6)
    column = np.array(values)[:, None]
    there = effects(column, first, Design(first.tolist(), strata, draws=1))[0]
    back = effects(column, ~first, Design((~first).tolist(), strata, draws=1))[0]
    assert back.value == pytest.approx(-there.value, abs=1e-9)
    assert there.low <= there.value <= there.high
    if paired:
        assert (back.low, back.high) == pytest.approx((-there.high, -there.low), abs=1e-9)


@given(VALUES, st.lists(st.integers(-5, 5), min_size=6, max_size=6))
@settings(max_examples=30)
def test_what_both_texts_of_a_pair_share_changes_nothing(values, shared):
    design = Design([True] * 6 + [False] * 6, np.tile(np.arange(6), 2), draws=39)
    column = np.array(values)[:, None]
    moved = column + np.tile(shared, 2)[:, None]
    one, other = (joint([columns("c", made, design)]).p_value for made in (column, moved))
    assert one == pytest.approx(other)


@pytest.mark.parametrize("strata", [1, 2, 20])
def test_a_classifier_of_features_that_say_nothing_separates_nothing(strata):
    """Its AUC is told: with a centre of all texts it was 0.58 where nothing differs."""
    draw, found = np.random.default_rng(2), []
    homes = np.tile(np.arange(20) % strata, 2)
    for seed in range(150):
        design = Design([True] * 20 + [False] * 20, homes, draws=1, seed=seed)
        _, predicted = classifier("c", draw.normal(size=(40, 200)) / 200**0.5, design)
        found.append(auc_of(predicted[:20], predicted[20:], 0.95).value)
    assert abs(np.mean(found) - 0.5) < 3 * np.std(found) / 150**0.5


WORDS = ("kind", "bold", "leads", "caring", "brilliant", "the", "he", "she", "works", ".", "!", "3")
TEXTS = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_figures_of_a_text_are_bounded_and_do_not_depend_on_other_texts(texts):
    masker = Masker(texts)
    table = counted([masker.mask(text) for text in texts])
    assert table.values.shape == (len(texts), len(table.names))
    assert table.names == (*lexicons(), *MANNERS)
    assert np.isfinite(table.values).all()
    assert (table.values >= 0).all()
    at = table.names.index("pronouns")
    assert (table.values[:, at] <= 100).all()
    alone = counted([masker.mask(texts[0])])
    assert alone.values[0] == pytest.approx(table.values[0])


@given(st.lists(TEXTS, min_size=2, max_size=6), st.integers(0, 63))
def test_counts_of_leaning_words_are_those_of_the_texts(texts, labels):
    first = [bool(labels >> at & 1) for at in range(len(texts))]
    read = [Masker(texts).mask(text) for text in texts]
    for word, lean in leans(read, first).items():
        if " " in word or word.endswith("-"):
            continue
        ours = sum(one.tokens.count(word) for one, own in zip(read, first, strict=True) if own)
        theirs = sum(
            one.tokens.count(word) for one, own in zip(read, first, strict=True) if not own
        )
        assert (lean.first, lean.second) == (ours, theirs)
        assert np.sign(lean.z) == np.sign(lean.log_odds)


@given(st.lists(TEXTS, min_size=8, max_size=14), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_the_order_of_the_groups_changes_signs_and_nothing_that_is_found(texts, seed):
    half = len(texts) // 2
    one, other = texts[:half], texts[half : 2 * half]
    keys = [str(at) for at in range(half)]
    there = compare(one, other, groups=("a", "b"), pairs=(keys, keys), permutations=99, seed=seed)
    back = compare(other, one, groups=("b", "a"), pairs=(keys, keys), permutations=99, seed=seed)
    assert there.texts == back.texts
    for ours, theirs in zip(there.differences, back.differences, strict=True):
        assert ours.name == theirs.name
        assert ours.figure.value == pytest.approx(-theirs.figure.value, abs=1e-9)
    carried = {word.word: word for word in back.words}
    for word in there.words:
        if word.word in carried:
            assert carried[word.word].group == word.group
            assert carried[word.word].z == pytest.approx(-word.z)


@given(st.lists(TEXTS, min_size=4, max_size=8), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_the_same_texts_about_both_groups_are_never_different(texts, seed):
    keys = [str(at) for at in range(len(texts))]
    told = compare(texts, texts, pairs=(keys, keys), permutations=99, seed=seed)
    assert not told.found
    assert told.p_value == 1.0
    assert told.words == ()
    assert {one.figure.value for one in told.differences} == {0.0}
