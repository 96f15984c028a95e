import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure.ranking import (
    auc,
    auc_of,
    average_precision,
    curve,
    recall_at_fpr,
)

# Few different scores, so that ties are the rule and not the exception.
LABELLED = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])),
    min_size=2,
    max_size=40,
).filter(lambda rows: len({label for label, _ in rows}) == 2)


def arrays(rows):
    labels, scores = zip(*rows, strict=True)
    return np.array(labels, dtype=np.bool_), np.array(scores)


def naive_auc(positive, scores):
    """Compare every positive line with every other one."""
    wins = [
        1.0 if p > q else 0.5 if p == q else 0.0
        for p in scores[positive]
        for q in scores[~positive]
    ]
    return sum(wins) / len(wins)


def naive_average_precision(positive, scores):
    """Walk down the distinct scores, one threshold at a time."""
    area, recall_before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        flagged = [
            label for label, score in zip(positive, scores, strict=True) if score >= threshold
        ]
        recall = sum(flagged) / sum(positive)
        area += (recall - recall_before) * sum(flagged) / len(flagged)
        recall_before = recall
    return area


def naive_recall(positive, scores, bound):
    best = 0.0
    for threshold in {*scores, 2.0}:
        flagged = scores >= threshold
        if flagged[~positive].mean() <= bound:
            best = max(best, flagged[positive].mean())
    return best


def naive_delong(positive, scores):
    """Return the variance of DeLong, DeLong and Clarke-Pearson, from its definition."""

    def psi(p, q):
        return 1.0 if p > q else 0.5 if p == q else 0.0

    ours, theirs = scores[positive], scores[~positive]
    v10 = [np.mean([psi(p, q) for q in theirs]) for p in ours]
    v01 = [np.mean([psi(p, q) for p in ours]) for q in theirs]
    return np.var(v10, ddof=1) / len(ours) + np.var(v01, ddof=1) / len(theirs)


@given(LABELLED)
def test_auc_is_the_probability_of_the_right_order_with_ties_half(rows):
    positive, scores = arrays(rows)
    assert auc(positive, scores).value == pytest.approx(naive_auc(positive, scores), abs=1e-12)


@given(LABELLED)
def test_average_precision_is_that_of_its_definition(rows):
    positive, scores = arrays(rows)
    found = average_precision(positive, scores, draws=2)
    assert found.value == pytest.approx(naive_average_precision(positive, scores), abs=1e-12)


@given(LABELLED, st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]))
def test_recall_at_a_bound_is_the_best_of_all_thresholds_that_keep_it(rows, bound):
    positive, scores = arrays(rows)
    found = recall_at_fpr(positive, scores, bound)
    assert found.value == pytest.approx(naive_recall(positive, scores, bound), abs=1e-12)


@given(LABELLED)
def test_no_figure_changes_when_the_scores_are_stretched(rows):
    positive, scores = arrays(rows)
    stretched = np.exp(3 * scores) - 5
    for figure in (auc, average_precision, recall_at_fpr):
        options = {"draws": 20} if figure is average_precision else {}
        before = figure(positive, scores, **options)
        assert figure(positive, stretched, **options) == before


@given(LABELLED, st.randoms(use_true_random=False))
def test_no_figure_depends_on_the_order_of_the_lines(rows, draw):
    shuffled = list(rows)
    draw.shuffle(shuffled)
    for figure in (auc, average_precision, recall_at_fpr):
        options = {"draws": 20} if figure is average_precision else {}
        first, second = figure(*arrays(rows), **options), figure(*arrays(shuffled), **options)
        numbers = [(i.value, i.low, i.high) for i in (first, second)]
        assert numbers[0] == pytest.approx(numbers[1], abs=1e-12)


@given(LABELLED)
def test_turned_labels_turn_the_area_and_its_limits(rows):
    positive, scores = arrays(rows)
    one, other = auc(positive, scores), auc(~positive, scores)
    assert one.value == pytest.approx(1 - other.value, abs=1e-12)
    assert one.low == pytest.approx(1 - other.high, abs=1e-9)
    assert one.high == pytest.approx(1 - other.low, abs=1e-9)


@given(LABELLED)
def test_the_limits_hold_what_was_observed(rows):
    positive, scores = arrays(rows)
    for figure in (auc, average_precision, recall_at_fpr):
        options = {"draws": 20} if figure is average_precision else {}
        found = figure(positive, scores, **options)
        assert 0.0 <= found.low <= found.value <= found.high <= 1.0
        assert found.n == len(rows)


def test_the_limits_are_those_of_delongs_variance():
    draw = np.random.default_rng(3)
    positive = np.arange(120) < 50
    scores = np.round(draw.normal(positive * 1.0, 1.0), 1)
    found = auc(positive, scores)
    sd = math.sqrt(naive_delong(positive, scores))
    middle = math.log(found.value / (1 - found.value))
    half = 1.959964 * sd / (found.value * (1 - found.value))
    assert found.low == pytest.approx(1 / (1 + math.exp(half - middle)), abs=1e-6)
    assert found.high == pytest.approx(1 / (1 + math.exp(-half - middle)), abs=1e-6)


@pytest.mark.parametrize(("fewest", "low"), [(1, 0.025), (10, 0.6915), (300, 0.98778)])
def test_a_ranking_without_a_fault_is_as_sure_as_its_smaller_class(fewest, low):
    positive = np.arange(fewest + 400) < fewest
    found = auc(positive, positive.astype(float))
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(low, abs=1e-4)


def test_few_lines_that_score_alike_do_not_make_a_narrow_interval():
    draw = np.random.default_rng(4)
    above, below = draw.random(5_000), np.full(3, 0.2)
    found = auc_of(above, below)
    assert found.value == pytest.approx(0.8, abs=0.02)
    assert found.high - found.low > 0.6
    assert auc_of(above, np.full(3_000, 0.2)).low > 0.78


def test_scores_that_are_all_alike_rank_nothing():
    positive = np.arange(2_000) < 1_000
    found = auc(positive, np.zeros(2_000))
    assert found.value == 0.5
    assert 0.49 < found.low < 0.5 < found.high < 0.51


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("figure", [auc, average_precision, recall_at_fpr])
def test_one_class_alone_has_no_value_and_the_whole_range(figure, label):
    found = figure(np.full(5, label), np.linspace(0, 1, 5))
    assert math.isnan(found.value)
    assert (found.low, found.high, found.n) == (0.0, 1.0, 5)


@pytest.mark.parametrize("figure", [auc, average_precision, recall_at_fpr, curve])
def test_what_does_not_fit_is_refused(figure):
    with pytest.raises(ValueError, match="do not fit"):
        figure(np.array([True, False]), np.zeros(3))
    with pytest.raises(ValueError, match="no number"):
        figure(np.array([True, False]), np.array([0.1, math.nan]))


def test_a_level_that_is_none_is_refused():
    with pytest.raises(ValueError, match="is none"):
        auc(np.array([True, False]), np.array([1.0, 0.0]), level=1.0)


@given(LABELLED)
def test_the_curve_counts_every_threshold(rows):
    positive, scores = arrays(rows)
    found = curve(positive, scores)
    assert list(found.threshold) == sorted(set(scores), reverse=True)
    for place, threshold in enumerate(found.threshold):
        flagged = scores >= threshold
        assert found.true_positives[place] == (flagged & positive).sum()
        assert found.false_positives[place] == (flagged & ~positive).sum()
        assert found.precision[place] == pytest.approx(positive[flagged].mean())
    assert found.recall[-1] == found.false_positive_rate[-1] == 1.0


def test_the_curve_of_one_class_has_no_rate_of_the_other():
    found = curve(np.array([True, True]), np.array([0.1, 0.2]))
    assert np.isnan(found.false_positive_rate).all()


def test_a_seed_repeats_the_interval_and_another_moves_it():
    draw = np.random.default_rng(5)
    positive = draw.random(200) < 0.4
    scores = draw.normal(positive * 0.8, 1.0)
    one = average_precision(positive, scores, draws=100)
    assert one == average_precision(positive, scores, draws=100)
    assert one != average_precision(positive, scores, draws=100, seed=1)


def test_a_perfect_average_precision_of_few_lines_is_not_sure():
    few, many = (
        average_precision(np.arange(2 * n) < n, (np.arange(2 * n) < n).astype(float), draws=5)
        for n in (8, 4_000)
    )
    assert few.value == many.value == 1.0
    assert few.low < 0.65
    assert many.low > 0.99


def _drawn(draw, n, share, apart):
    positive = np.zeros(n, dtype=np.bool_)
    positive[: max(2, round(n * share))] = True
    return positive, draw.normal(positive * apart, 1.0)


@pytest.mark.parametrize(
    ("n", "share", "apart"), [(40, 0.5, 1.0), (60, 0.2, 2.5), (400, 0.1, 1.0), (30, 0.5, 3.5)]
)
def test_the_interval_of_the_area_holds_the_truth_about_as_often_as_it_says(n, share, apart):
    truth = 0.5 * (1 + math.erf(apart / 2))  # P(N(apart, 1) > N(0, 1))
    draw = np.random.default_rng(6)
    held = 0
    for _ in range(1_000):
        found = auc(*_drawn(draw, n, share, apart))
        held += found.low <= truth <= found.high
    assert 0.93 <= held / 1_000 <= 1.0


def test_the_interval_holds_the_truth_for_scores_that_mostly_tie():
    # Seven in ten positive lines score 0, as nearly all others do: what a word list gives.
    chances = ([0.7, 0.1, 0.2], [0.96, 0.03, 0.01])
    truth = sum(
        p * q * (1.0 if i > j else 0.5 if i == j else 0.0)
        for i, p in enumerate(chances[0])
        for j, q in enumerate(chances[1])
    )
    draw = np.random.default_rng(7)
    held = 0
    for _ in range(1_000):
        above, below = (draw.choice(3, size=80, p=chance).astype(float) for chance in chances)
        found = auc_of(above, below)
        held += found.low <= truth <= found.high
    assert 0.93 <= held / 1_000 <= 0.99


@pytest.mark.parametrize(
    ("n", "share", "apart"), [(200, 0.5, 1.5), (400, 0.2, 1.5), (100, 0.1, 2.5), (60, 0.5, 0.5)]
)
def test_the_interval_of_the_average_precision_holds_the_truth_often_enough(n, share, apart):
    draw = np.random.default_rng(8)
    truth = average_precision(*_drawn(draw, 200_000, share, apart), draws=1).value
    held = 0
    for _ in range(200):
        found = average_precision(*_drawn(draw, n, share, apart), draws=100)
        held += found.low <= truth <= found.high
    assert held / 200 >= 0.90


@pytest.mark.parametrize(("n", "share"), [(600, 0.5), (4_000, 0.2), (200, 0.5)])
def test_the_interval_of_the_recall_at_a_bound_holds_the_truth_often_enough(n, share):
    draw = np.random.default_rng(9)
    # Beyond the 99th percentile of N(0, 1), 2.3263, lie so many of N(2, 1).
    truth = 0.5 * math.erfc((2.3263 - 2.0) / math.sqrt(2))
    held = 0
    for _ in range(300):
        found = recall_at_fpr(*_drawn(draw, n, share, 2.0))
        held += found.low <= truth <= found.high
    assert held / 300 >= 0.93


def test_too_few_other_lines_to_see_one_in_a_hundred_give_a_wide_interval():
    draw = np.random.default_rng(17)
    few = recall_at_fpr(*_drawn(draw, 80, 0.5, 2.0))
    assert few.high - few.low > 0.3


def test_a_bound_that_is_none_is_refused():
    with pytest.raises(ValueError, match="is none"):
        recall_at_fpr(np.array([True, False]), np.array([1.0, 0.0]), bound=1.5)


def test_sixty_thousand_lines_take_seconds():
    draw = np.random.default_rng(10)
    positive, scores = _drawn(draw, 60_000, 0.3, 1.0)
    found = average_precision(positive, scores, draws=50)
    assert found.high - found.low < 0.02
    assert recall_at_fpr(positive, scores).n == 60_000
