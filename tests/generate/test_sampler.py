"""Promises of the sampler, as laws over arbitrary logits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from upright.generate.sampler import (
    distribution,
    draw,
    entropy,
    leading,
    log_softmax,
    penalise,
    random_stream,
    softmax_share,
    temper,
    truncate,
)
from upright.generate.types import Sampling

LOGITS = arrays(
    np.float32,
    st.integers(1, 200),
    elements=st.floats(-30, 30, width=32),
)
SHARES = st.floats(0.01, 1.0, exclude_max=True)


def reference(logits, sampling):
    """The distribution computed the slow, obvious way, in double precision."""
    weights = np.exp((logits.astype(np.float64) - logits.max()) / sampling.temperature)
    order = sorted(range(len(weights)), key=lambda token: (-weights[token], token))
    if 0 < sampling.top_k < len(order):
        order = order[: sampling.top_k]
    if sampling.top_p < 1.0:
        whole, mass, kept = sum(weights[order]), 0.0, []
        for token in order:
            kept.append(token)
            mass += weights[token]
            if mass >= sampling.top_p * whole:
                break
        order = kept
    total = sum(weights[order])
    return {token: weights[token] / total for token in order}


@given(LOGITS, st.floats(0.05, 3.0), st.integers(0, 50), st.floats(0.01, 1.0))
def test_probabilities_sum_to_one(logits, temperature, top_k, top_p):
    chances = distribution(logits, Sampling(temperature, top_k, top_p))
    assert math.isclose(chances.probabilities.sum(), 1.0, abs_tol=1e-9)
    assert (chances.probabilities >= 0).all()
    assert len(set(chances.tokens.tolist())) == chances.tokens.size


@settings(max_examples=300)
@given(
    st.lists(st.integers(-60, 60), min_size=1, max_size=120),
    st.sampled_from([0.5, 0.8, 1.0, 2.0]),
    st.integers(0, 130),
    st.sampled_from([0.1, 0.35, 0.6, 0.9, 0.99, 1.0]),
)
def test_sampler_agrees_with_the_obvious_computation(raw, temperature, top_k, top_p):
    logits = np.array(raw, dtype=np.float32) / 8
    sampling = Sampling(temperature, top_k, top_p)
    wanted = reference(logits, sampling)
    chances = distribution(logits, sampling)
    found = dict(zip(chances.tokens.tolist(), chances.probabilities.tolist(), strict=True))
    # Where the mass meets the share to within rounding, either side of the edge is right.
    if len(found) != len(wanted):
        assert abs(len(found) - len(wanted)) == 1
        return
    assert found.keys() == wanted.keys()
    for token, probability in wanted.items():
        assert found[token] == pytest.approx(probability, rel=1e-4, abs=1e-9)


@given(LOGITS, SHARES)
def test_top_p_keeps_the_smallest_set_whose_mass_reaches_p(logits, share):
    weights = temper(logits, 1.0).astype(np.float64)
    whole = weights.sum()
    kept = truncate(weights, 0, share)
    mass = weights[kept.tokens].sum()
    assert kept.tokens.tolist() == sorted(kept.tokens.tolist())
    assert mass >= share * whole * (1 - 1e-12)
    # One token fewer would not do, and no token left out is heavier than one kept.
    assert mass - weights[kept.tokens].min() < share * whole * (1 + 1e-12)
    left_out = np.setdiff1d(np.arange(weights.size), kept.tokens)
    if left_out.size:
        assert weights[left_out].max() <= weights[kept.tokens].min()


@given(LOGITS, st.integers(1, 250))
def test_top_k_keeps_exactly_k_and_the_heaviest(logits, count):
    weights = temper(logits, 1.0)
    kept = truncate(weights, count, 1.0)
    assert kept.tokens.size == min(count, weights.size)
    left_out = np.setdiff1d(np.arange(weights.size), kept.tokens)
    if left_out.size:
        assert weights[left_out].max() <= weights[kept.tokens].min()


def test_equal_tokens_are_kept_in_the_order_of_their_ids():
    kept = truncate(np.ones(10), 3, 1.0)
    assert kept.tokens.tolist() == [0, 1, 2]
    assert truncate(np.ones(10), 0, 0.3).tokens.tolist() == [0, 1, 2]


@given(LOGITS)
def test_temperature_zero_is_argmax(logits):
    chances = distribution(logits, Sampling(temperature=0.0))
    assert chances.tokens.tolist() == [int(logits.argmax())]
    assert chances.probabilities.tolist() == [1.0]
    assert draw(chances, 0.999999) == int(logits.argmax())


@given(LOGITS, st.floats(1e-4, 2e-4), st.floats(0, 1, exclude_max=True))
def test_tiny_temperatures_give_the_best_token_and_no_nan(logits, temperature, uniform):
    chances = distribution(logits, Sampling(temperature))
    assert np.isfinite(chances.probabilities).all()
    assert logits[draw(chances, uniform)] >= logits.max() - 0.01


@given(LOGITS, st.floats(1.0, 2.0), st.data())
def test_penalty_lowers_drawn_tokens_and_keeps_the_order_of_the_others(logits, penalty, data):
    drawn = data.draw(st.sets(st.integers(0, len(logits) - 1), max_size=20))
    before = logits.copy()
    after = penalise(logits, drawn, penalty)
    assert np.array_equal(logits, before), "the model's own logits must stay as they are"
    others = np.setdiff1d(np.arange(len(logits)), list(drawn))
    assert np.array_equal(after[others], logits[others])
    for token in drawn:
        assert after[token] <= logits[token]


def test_penalty_divides_positive_and_multiplies_negative_logits():
    after = penalise(np.array([2.0, -2.0, 1.0], dtype=np.float32), [0, 1], 1.25)
    assert after.tolist() == pytest.approx([1.6, -2.5, 1.0])


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(),
        Sampling(temperature=0.6),
        Sampling(temperature=1.4, top_k=12),
        Sampling(top_p=0.8),
        Sampling(temperature=0.9, top_k=20, top_p=0.9, repetition_penalty=1.3),
    ],
    ids=["plain", "cool", "top-k", "top-p", "all"],
)
def test_drawn_frequencies_equal_the_declared_distribution(sampling):
    logits = np.random.default_rng(11).normal(0, 2, 64).astype(np.float32)
    drawn = {3, 9, 40}
    chances = distribution(logits, sampling, drawn)
    stream, rounds = random_stream(5, 0), 40_000
    counts = np.bincount([draw(chances, u) for u in stream.random(rounds)], minlength=64)
    expected = np.zeros(64)
    expected[chances.tokens] = chances.probabilities * rounds
    assert counts[expected == 0].sum() == 0
    rare = expected < 8
    observed = np.append(counts[~rare], counts[rare].sum())
    wanted = np.append(expected[~rare], expected[rare].sum())
    observed, wanted = observed[wanted > 0], wanted[wanted > 0]
    statistic = ((observed - wanted) ** 2 / wanted).sum()
    freedom = observed.size - 1
    # Wilson-Hilferty: the chi-square's cube root is nearly normal; 4.5 sigma.
    score = ((statistic / freedom) ** (1 / 3) - (1 - 2 / (9 * freedom))) / math.sqrt(
        2 / (9 * freedom)
    )
    assert score < 4.5


@given(LOGITS, st.floats(0, 1, exclude_max=True))
def test_a_draw_is_the_token_whose_interval_holds_the_number(logits, uniform):
    chances = distribution(logits, Sampling())
    edges = np.cumsum(chances.probabilities)
    at = chances.tokens.tolist().index(draw(chances, uniform))
    below = edges[at - 1] if at else 0.0
    assert below - 1e-9 <= uniform <= edges[at] + 1e-9


def test_the_largest_uniform_number_draws_a_token_that_can_be_drawn():
    chances = distribution(np.array([0.0, -200.0], dtype=np.float32), Sampling())
    assert draw(chances, np.nextafter(1.0, 0.0)) in {0, 1}


def test_kept_mass_is_known():
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))
    assert distribution(logits, Sampling()).kept == 1.0
    assert distribution(logits, Sampling(top_k=2)).kept == pytest.approx(0.8, abs=1e-6)
    assert distribution(logits, Sampling(top_p=0.9)).kept == pytest.approx(0.95, abs=1e-6)
    assert distribution(logits, Sampling(temperature=0)).kept == pytest.approx(0.5, abs=1e-6)


@given(LOGITS)
def test_log_softmax_is_a_distribution_and_entropy_is_within_its_bounds(logits):
    logs = log_softmax(logits)
    assert math.isclose(np.exp(logs).sum(), 1.0, abs_tol=1e-5)
    assert -1e-6 <= entropy(logits) <= math.log(logits.size) + 1e-5
    assert softmax_share(logits, 0) == pytest.approx(math.exp(logs[0]), abs=1e-5)


def test_log_softmax_takes_several_rows_at_once():
    rows = np.random.default_rng(2).normal(size=(3, 50)).astype(np.float32)
    together = log_softmax(rows)
    for row, logs in zip(rows, together, strict=True):
        assert np.allclose(logs, log_softmax(row))


@given(LOGITS, st.integers(0, 300))
def test_leading_gives_the_largest_in_order(logits, count):
    values = logits.astype(np.float64)
    assert values[leading(values, count)].tolist() == sorted(values, reverse=True)[:count]


@given(st.integers(), st.integers(0, 100))
def test_one_seed_and_choice_give_one_stream(seed, choice):
    first = random_stream(seed, choice).random(4).tolist()
    assert first == random_stream(seed, choice).random(4).tolist()
    assert first != random_stream(seed, choice + 1).random(4).tolist()
    assert first != random_stream(seed + 1, choice).random(4).tolist()
