import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure import cluster_bootstrap


def mean_of(values):
    return lambda rows: sum(values[row] for row in rows) / len(rows)


def test_the_interval_of_a_mean_is_the_normal_one_where_rows_are_their_own_clusters():
    draw = random.Random(4)
    values = [draw.gauss(0, 1) for _ in range(400)]
    found = cluster_bootstrap(mean_of(values), [str(n) for n in range(400)], draws=2000)
    spread = math.sqrt(sum((v - found.value) ** 2 for v in values) / 399)
    assert found.high - found.low == pytest.approx(2 * 1.96 * spread / 20, rel=0.1)
    assert found.n == 400


def test_rows_that_repeat_a_person_do_not_make_the_interval_narrower():
    draw = random.Random(5)
    people = [draw.gauss(0, 1) for _ in range(60)]
    once = cluster_bootstrap(mean_of(people), [str(n) for n in range(60)])
    often = cluster_bootstrap(mean_of(people * 10), [str(n) for n in range(60)] * 10)
    assert often.n == 60
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.15)
    apart = cluster_bootstrap(mean_of(people * 10), [str(n) for n in range(600)])
    assert apart.high - apart.low < 0.5 * (often.high - often.low)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(share):
    draw = random.Random(6)
    held = 0
    for seed in range(200):
        values = [float(draw.random() < share) for _ in range(80)]
        found = cluster_bootstrap(
            mean_of(values), [str(n) for n in range(80)], draws=200, level=0.9, seed=seed
        )
        held += found.low <= share <= found.high
    assert 0.83 <= held / 200 <= 0.96


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.integers(0, 5))
def test_the_interval_holds_what_was_observed_and_a_seed_repeats_it(values, seed):
    clusters = [str(n // 2) for n in range(len(values))]
    found = cluster_bootstrap(mean_of(values), clusters, draws=20, seed=seed)
    assert found.low <= found.value <= found.high
    assert found == cluster_bootstrap(mean_of(values), clusters, draws=20, seed=seed)


def test_draws_without_a_class_are_left_out():
    labels = [1, 0, 0, 0]

    def share_above(rows):
        return 0.5 if any(labels[row] for row in rows) else math.nan

    found = cluster_bootstrap(share_above, list("abcd"), draws=50)
    assert (found.low, found.high) == (0.5, 0.5)


def test_a_figure_that_is_never_known_has_no_limits():
    found = cluster_bootstrap(lambda _: math.nan, ["a", "b"], draws=5)
    assert (found.low, found.high) == (-math.inf, math.inf)


@pytest.mark.parametrize(("clusters", "level"), [([], 0.9), (["a"], 0.0), (["a"], 1.0)])
def test_what_has_no_interval_is_refused(clusters, level):
    with pytest.raises(ValueError, match="no interval"):
        cluster_bootstrap(lambda _: 0.0, clusters, level=level)


@pytest.mark.parametrize("count", [2, 3, 5, 9, 12])
def test_the_interval_of_few_clusters_holds_the_truth_about_as_often_as_it_says(count):
    held = 0
    for seed in range(150):
        draw = random.Random(31 * seed + count)
        levels = [draw.gauss(0, 1) for _ in range(count)]
        values = [level + draw.gauss(0, 0.3) for level in levels for _ in range(3)]
        clusters = [str(n // 3) for n in range(3 * count)]
        found = cluster_bootstrap(mean_of(values), clusters, draws=200, seed=seed)
        held += found.low <= 0 <= found.high
    assert held / 150 >= 0.89  # 95 %, and three times what 150 may stray by


def test_one_cluster_tells_no_limits():
    found = cluster_bootstrap(mean_of([1.0, 2.0]), ["a", "a"], draws=20)
    assert (found.value, found.low, found.high) == (1.5, -math.inf, math.inf)
