"""Laws of balancing, over every open and every told text that the tests know and any scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.generate.test_balance import AT, PIECES, VOCABULARY, chances
from tests.generate.test_balance_cues import BESIDE, MEANT
from tests.generate.test_balance_cues import OPEN as OPEN_CUES
from tests.generate.test_balance_cues import TOLD as TOLD_CUES
from tests.generate.test_balance_sentences import OPEN as OPEN_SENTENCES
from tests.generate.test_balance_sentences import TOLD as TOLD_SENTENCES

from upright.generate import Job, Sampling
from upright.generate.balance import balancer
from upright.generate.balance_share import Balance
from upright.generate.balance_words import PRONOUNS
from upright.generate.decode import Decoder
from upright.generate.sampler import distribution
from upright.watermark import Mark, Marker, epoch_key

OPEN = [*OPEN_SENTENCES, *OPEN_CUES, *BESIDE]
TOLD = [*TOLD_SENTENCES, *TOLD_CUES, *MEANT]
FORMS = {space + word for pair in PRONOUNS for side in pair for word in side for space in ("", " ")}
OTHERS = [at for at, text in enumerate(PIECES) if text.lower() not in FORMS]
FAINT = 1e-6
"""Pronouns less likely than that are not worth a look."""
scores_of = st.integers(0, 1 << 32).map(
    lambda seed: np.random.default_rng(seed).normal(0, 3, len(PIECES)).astype(np.float32)
)
samplings = st.builds(
    Sampling,
    temperature=st.floats(0.2, 2.0),
    top_k=st.sampled_from([0, 5, 20]),
    top_p=st.sampled_from([0.7, 0.95, 1.0]),
    max_tokens=st.just(1),
    seed=st.integers(0, 99),
)


def follow(text, way="balanced"):
    return balancer(Job(Sampling(seed=1), prompt=text, balance=Balance(way)), VOCABULARY)


@given(st.sampled_from(OPEN), scores_of, st.floats(0.2, 2.0))
@settings(max_examples=300, deadline=None)
def test_after_every_open_text_each_pair_is_shared_equally(text, scores, temperature):
    shares = chances(follow(text).shift(scores, temperature), temperature)
    for women, men in PRONOUNS:
        for write in (str.lower, str.capitalize):
            one, other = (
                sum(shares[AT[" " + write(word)]] for word in side) for side in (women, men)
            )
            assert one == pytest.approx(other, rel=1e-4, abs=FAINT)


@given(st.sampled_from(TOLD), scores_of, samplings, st.sampled_from(["balanced", "reference"]))
@settings(max_examples=300, deadline=None)
def test_after_every_told_text_the_distribution_is_untouched_bit_for_bit(
    text, scores, sampling, way
):
    kept = scores.copy()
    assert follow(text, way).shift(scores, sampling.temperature) is scores
    assert scores.tobytes() == kept.tobytes()
    found, plain = (drawn_from(text, scores, sampling, way) for way in (Balance(way), None))
    assert found.tokens.tobytes() == plain.tokens.tobytes()
    assert found.probabilities.tobytes() == plain.probabilities.tobytes()


def drawn_from(text, scores, sampling, way):
    job = Job(sampling, prompt=text, balance=way)
    decoder = Decoder(sampling, VOCABULARY, balancer=balancer(job, VOCABULARY))
    return decoder._draws._chances(scores)


@given(st.sampled_from([*OPEN, *TOLD]), scores_of, st.floats(0.2, 2.0))
@settings(max_examples=300, deadline=None)
def test_every_other_word_keeps_its_chance_and_all_of_them_their_mass(text, scores, temperature):
    was = chances(scores, temperature)
    now = chances(follow(text).shift(scores, temperature), temperature)
    assert now[OTHERS] == pytest.approx(was[OTHERS], rel=1e-4)
    assert now[OTHERS].sum() == pytest.approx(was[OTHERS].sum(), rel=1e-4)


@given(st.sampled_from(OPEN), scores_of, st.floats(0.2, 2.0))
@settings(deadline=None)
def test_balancing_twice_is_balancing_once(text, scores, temperature):
    once = follow(text).shift(scores, temperature)
    twice = follow(text).shift(once, temperature)
    assert chances(twice, temperature) == pytest.approx(
        chances(once, temperature), rel=1e-4, abs=FAINT
    )


@given(st.sampled_from(OPEN), scores_of, st.floats(-50, 50))
@settings(deadline=None)
def test_a_constant_added_to_all_scores_changes_no_chance(text, scores, constant):
    moved = (scores + np.float32(constant)).astype(np.float32)
    assert chances(follow(text).shift(moved)) == pytest.approx(
        chances(follow(text).shift(scores)), rel=1e-3, abs=FAINT
    )


@given(st.sampled_from(OPEN), scores_of, st.integers(0, 1 << 30))
@settings(max_examples=100, deadline=None)
def test_a_marked_word_lies_in_the_chosen_half_of_the_balanced_distribution(text, scores, number):
    """So a detector that sees that distribution finds every drawn word in its half."""
    mark = Mark(epoch_key(number.to_bytes(32, "big"), "laws", 1))
    sampling = Sampling(temperature=1.0, max_tokens=9, seed=number)
    job = Job(sampling, prompt=text, balance=Balance(), mark=mark)
    own = balancer(job, VOCABULARY)
    decoder = Decoder(sampling, VOCABULARY, balancer=own, mark=mark)
    context = [AT[" the"], AT[" nurse"], AT[" slept"], AT["."]][-mark.width :]
    for token in context:
        decoder._draws.take(token)
    marker: Marker = decoder._draws._marker
    even = distribution(own.shift(scores), sampling)
    divided = marker.halves(even.tokens, even.probabilities, context)
    assume(divided is not None)
    shares, _ = divided
    token = decoder._draws.draw(scores)
    (place,) = np.flatnonzero(even.tokens == token)
    assert shares[place] > 0.0


def test_averaged_over_keys_a_marked_word_has_its_balanced_chance():
    scores = np.full(len(PIECES), -9.0, np.float32)
    scores[[AT[" she"], AT[" he"], AT[" they"]]] = 3.0, 0.0, 1.0
    even = distribution(follow(OPEN[0]).shift(scores), Sampling())
    total = np.zeros(even.tokens.size)
    keys = 600
    context = [AT[" the"], AT[" nurse"], AT[" slept"], AT["."]]
    for number in range(keys):
        marker = Marker(Mark(epoch_key(number.to_bytes(32, "big"), "laws", 1)), 0)
        shares, _ = marker.halves(even.tokens, even.probabilities, context)
        total += 2 * even.probabilities * shares
    found = dict(zip(even.tokens.tolist(), (total / keys).tolist(), strict=True))
    assert found[AT[" she"]] == pytest.approx(found[AT[" he"]], abs=0.05)
    assert total / keys == pytest.approx(even.probabilities, abs=0.05)
