from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.verify.detector import Rate
from upright.verify.regression import INSTRUCTED, PERSON, SAMPLED
from upright.verify.training import (
    FOLDS,
    Corpus,
    fit,
    fold_of,
    out_of_fold,
    threshold,
    tolerance,
    unfair,
)
from upright.verify.wording import wording


def corpus(count=600, seed=0, *, apart=1.5):
    numbers = np.random.default_rng(seed)
    classes = numbers.integers(0, 3, count)
    table = numbers.normal(size=(count, 2))
    table[:, 0] += apart * (classes == SAMPLED)
    seen = numbers.random((count, 30)) < 0.3
    seen[:, :5] |= (numbers.random((count, 5)) < 0.4) & (classes == INSTRUCTED)[:, None]
    kinds = np.array(["news", "stories"])[numbers.integers(0, 2, count)]
    groups = np.array([f"{kind}/{one}" for kind, one in zip(kinds, classes, strict=True)])
    units = np.array([f"unit-{n // 2}" for n in range(count)])
    return Corpus(table, seen, classes, kinds, groups, units)


def test_a_fit_tells_both_kinds_of_models_from_people():
    found, new = fit(corpus(seed=1), ridge=1.0), corpus(seed=2)
    scores = found(new)
    for kind in (SAMPLED, INSTRUCTED):
        assert scores[new.classes == kind].mean() > scores[new.classes == PERSON].mean() + 0.5


def test_nothing_is_told_where_nothing_differs():
    numbers = corpus(400)
    drawn = np.random.default_rng(3).permutation(numbers.classes)
    blind = Corpus(numbers.table, numbers.seen, drawn, numbers.kinds, numbers.groups, numbers.units)
    scores = out_of_fold(blind, ridge=1.0)
    made = drawn != PERSON
    # Scores from fits that had seen their own rows would be far apart here.
    assert abs(scores[made].mean() - scores[~made].mean()) < 0.25


def test_the_same_corpus_gives_the_same_fit():
    one, other = fit(corpus()), fit(corpus())
    assert np.array_equal(one.odds.weights, other.odds.weights)
    assert np.array_equal(one.words, other.words)


def test_the_wording_that_the_regression_learns_from_has_not_seen_its_text():
    # With words that mean nothing, preferences that had seen their texts would look like proof.
    numbers = corpus(120, apart=0.0)
    noise = np.random.default_rng(8).random((120, 400)) < 0.1
    blind = Corpus(
        numbers.table, noise, numbers.classes, numbers.kinds, numbers.groups, numbers.units
    )
    found = fit(blind, ridge=1.0)
    made, people = blind.classes == INSTRUCTED, blind.classes == PERSON
    flattered = wording(noise, found.words)
    assert flattered[made].mean() - flattered[people].mean() > flattered[people].std()
    assert found.odds.weights[1, -1] < 0.7


@given(st.lists(st.text(max_size=8), min_size=1, max_size=50))
def test_rows_of_one_unit_are_never_split(units):
    folds = {unit: fold_of(unit) for unit in units}
    assert all(fold_of(unit) == fold for unit, fold in folds.items())
    assert set(folds.values()) <= set(range(FOLDS))


def test_folds_are_of_about_one_size():
    counts = Counter(fold_of(f"pair-{n}") for n in range(2000))
    assert min(counts.values()) > 340


SCORES = st.lists(st.floats(-10, 10), min_size=25, max_size=60)


@given(SCORES, SCORES, st.sampled_from([0.01, 0.05, 0.2]))
def test_no_group_errs_more_often_than_the_bound(one, other, rate):
    scores = np.array([*one, *other])
    groups = ["one"] * len(one) + ["other"] * len(other)
    least = threshold(scores, groups, rate=rate)
    for part in (one, other):
        assert sum(score > least for score in part) <= rate * len(part)


def test_the_group_with_the_greatest_risk_sets_it_for_all():
    numbers = np.random.default_rng(4)
    usual, risky = numbers.normal(size=500), numbers.normal(loc=2.0, size=50)
    scores, groups = np.append(usual, risky), ["usual"] * 500 + ["risky"] * 50
    alone = threshold(risky, ["risky"] * 50, rate=0.01)
    assert threshold(scores, groups, rate=0.01) == alone
    mixed = threshold(scores, ["all"] * 550, rate=0.01)
    assert alone > mixed


def test_few_texts_do_not_make_a_low_threshold():
    # The greatest of thirty scores says little of one in a thousand: the curve goes beyond it.
    scores = np.random.default_rng(5).normal(size=30)
    assert threshold(scores, ["few"] * 30, rate=0.001) > 3.09
    assert threshold(scores, ["few"] * 30, rate=0.001) > scores.max()


def test_the_tolerance_limit_is_the_published_one():
    # NIST/SEMATECH e-Handbook of Statistical Methods, section 7.2.6.3.
    assert tolerance(43, 0.10, 0.99) == pytest.approx(1.8752, abs=2e-4)


def test_small_groups_get_limits_that_hold_in_nineteen_of_twenty():
    numbers = np.random.default_rng(6)
    drawn = numbers.normal(size=(2000, 69))
    limits = drawn.mean(axis=1) + tolerance(69, 0.01) * drawn.std(axis=1, ddof=1)
    assert (limits >= 2.3263).mean() == pytest.approx(0.95, abs=0.02)


def test_groups_too_small_for_a_limit_of_their_own_are_taken_together():
    scores = np.array([0.0, 1.0] * 10 + [5.0, 6.0])
    groups = ["large"] * 20 + ["a", "b"]
    assert threshold(scores, groups, rate=0.01) > 5.9


def test_without_people_there_is_no_threshold():
    with pytest.raises(ValueError, match="max"):
        threshold(np.array([]), [], rate=0.01)


def rates(**flagged):
    of = {"native": 200, "non_native": 70, "unknown": 500}
    return [
        Rate(name.replace("_", "-"), "essays", flagged.get(name, 0), n) for name, n in of.items()
    ]


def test_rates_under_every_bound_are_released():
    assert unfair(rates()) == []
    assert unfair(rates(native=2, unknown=5)) == []


def test_one_error_in_seventy_non_native_writers_is_too_many_to_know_better():
    assert any("non-native" in reason for reason in unfair(rates(non_native=1)))


def test_few_non_native_writers_do_not_pass_by_being_few():
    assert unfair([Rate("non-native", "essays", 0, 20), Rate("native", "essays", 0, 900)])
    assert unfair([Rate("native", "essays", 0, 900)])


def test_more_than_one_error_in_a_hundred_is_too_many():
    assert any("by people" in reason for reason in unfair(rates(native=4, unknown=5)))


def test_no_group_hides_behind_the_others():
    many = [Rate("not recorded", "news", 0, 5000), *rates(native=7)]
    assert unfair(many) == ["7 of 200 texts (native, essays) get the verdict"]
