"""The next word is shown as it is really drawn: balanced, and halved after that."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.audit.pronoun_engine import AT, PronounEngine, Vocabulary

from upright.generate import Job, Sampling
from upright.generate.balance import balancer
from upright.generate.balance_share import Balance
from upright.generate.decode import Decoder
from upright.generate.halves import halves
from upright.generate.next_drawn import expected, follow, next_drawn, next_token
from upright.generate.sampler import distribution
from upright.watermark import Mark, epoch_key

OPEN = "The plumber slept, and then"
TOLD = "The plumber had a beard, and then"
MARK = Mark(epoch_key(bytes(range(32)), "next", 1))
samplings = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 0.3, 0.7, 1.0, 1.8]),
    top_k=st.sampled_from([0, 1, 2, 40]),
    top_p=st.sampled_from([0.5, 0.9, 1.0]),
)


def shown(text=OPEN, sampling=None, balance=None, limit=5):
    asked = sampling or Sampling()
    return asyncio.run(next_drawn(PronounEngine(), text, asked, balance or Balance(), limit=limit))


def test_what_is_shown_is_balanced_as_it_is_drawn():
    found = shown()
    assert found.moved
    assert found.drawn[AT[" she"]] == found.drawn[AT[" he"]] == pytest.approx(0.35, rel=1e-4)
    assert found.drawn[AT[" they"]] == pytest.approx(0.1, rel=1e-4)
    assert sum(found.drawn.values()) == pytest.approx(1.0)


def test_the_model_s_own_chances_stand_beside_it_unchanged():
    own = {item.token_id: item.probability for item in shown().own.candidates}
    assert own[AT[" he"]] == pytest.approx(0.693, rel=1e-3)
    assert own[AT[" they"]] == pytest.approx(0.1, rel=1e-4)


def test_a_word_that_balancing_lifts_is_shown_though_the_model_ranks_it_low():
    found = shown(limit=2)
    texts = [item.text for item in found.own.candidates]
    assert texts[:2] == [" he", " they"]
    assert " she" in texts
    own = [item.probability for item in found.own.candidates]
    assert own == sorted(own, reverse=True)
    assert found.own.covered == pytest.approx(sum(own))


def test_where_the_text_tells_a_gender_the_model_s_distribution_is_shown():
    engine, sampling = PronounEngine(), Sampling(temperature=0.7, top_p=0.9)
    found = shown(TOLD, sampling)
    plain = distribution(engine.logits(TOLD), sampling)
    assert not found.moved
    assert found.drawn == dict(zip(plain.tokens.tolist(), plain.probabilities, strict=True))
    assert len(found.own.candidates) == 5


@given(samplings, st.sampled_from([OPEN, TOLD]), st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_what_is_shown_is_what_a_decoder_draws_from(sampling, text, seed):
    logits = PronounEngine().logits(text)
    job = Job(
        Sampling(sampling.temperature, sampling.top_k, sampling.top_p, seed=seed), prompt=text
    )
    job = Job(job.sampling, prompt=text, balance=Balance())
    decoder = Decoder(job.sampling, Vocabulary(), balancer=balancer(job, Vocabulary()))
    drawn = decoder._draws._chances(logits)
    found, _ = expected(logits, job.sampling, follow(PronounEngine(), text, Balance()))
    if sampling.temperature > 0:
        assert (found.tokens == drawn.tokens).all()
        assert (found.probabilities == drawn.probabilities).all()
    else:
        assert set(drawn.tokens) <= set(found.tokens)


def test_greedy_decoding_is_shown_over_both_sides_of_its_coin():
    found = shown(sampling=Sampling(temperature=0.0))
    assert found.drawn == {AT[" she"]: 0.5, AT[" he"]: 0.5}
    skewed = shown(sampling=Sampling(temperature=0.0), balance=Balance("reference"))
    assert skewed.drawn[AT[" she"]] == pytest.approx(0.007)
    assert sum(skewed.drawn.values()) == pytest.approx(1.0)


def test_without_balance_the_distribution_is_the_sampler_s():
    logits, sampling = PronounEngine().logits(OPEN), Sampling(temperature=0.7, top_k=3)
    found, moved = expected(logits, sampling, None)
    plain = distribution(logits, sampling)
    assert not moved
    assert (found.probabilities == plain.probabilities).all()


def test_both_halves_are_those_of_the_balanced_distribution():
    async def words(balance):
        found = await halves(PronounEngine(), OPEN, Sampling(), MARK, limit=9, balance=balance)
        return {word.token_id: word for word in found.words}

    even, own = (asyncio.run(words(balance)) for balance in (Balance(), None))
    assert even[AT[" she"]].probability == even[AT[" he"]].probability
    assert own[AT[" he"]].probability > 10 * own[AT[" she"]].probability
    assert sum(word.marked for word in even.values()) <= 1.0 + 1e-9
    for word in even.values():
        assert word.marked <= 2 * word.probability + 1e-12


def test_the_model_s_numbers_stay_as_they_are():
    logits = PronounEngine().logits(OPEN)
    kept = logits.copy()
    expected(logits, Sampling(temperature=0.0), follow(PronounEngine(), OPEN, Balance()))
    assert np.array_equal(logits, kept)


@given(samplings, st.sampled_from([OPEN, TOLD]), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_the_next_token_of_a_use_has_the_chances_that_are_drawn_from(sampling, text, limit):
    engine = PronounEngine()
    found = asyncio.run(next_token(engine, text, sampling, Balance(), limit=limit))
    seen = shown(text, sampling, limit=limit)
    assert 1 <= len(found.candidates) <= limit
    assert {one.token_id: one.probability for one in found.candidates} == {
        one.token_id: seen.drawn[one.token_id] for one in found.candidates
    }
    chances = [one.probability for one in found.candidates]
    assert chances == sorted(seen.drawn.values(), reverse=True)[: len(chances)]
    assert 0 < found.covered <= 1 + 1e-9
    assert found.entropy == seen.own.entropy
