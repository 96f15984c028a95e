"""Pronouns have equal chances where the gender is open, and nothing else moves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.generate import Job, Message, Sampling
from upright.generate.balance import Balancer, balancer, before, forms
from upright.generate.balance_reading import Reading, Scope
from upright.generate.balance_share import Balance
from upright.generate.balance_words import PRONOUNS, professions
from upright.generate.balancing import balance_of
from upright.generate.decode import Decoder
from upright.generate.sampler import distribution
from upright.policy import parse_policy

FORMS = ("she", "her", "hers", "herself", "he", "him", "his", "himself")
PIECES = [
    "",
    *(f" {word}" for word in FORMS),
    *(f" {word.capitalize()}" for word in FORMS),
    *FORMS,
    *(word.capitalize() for word in FORMS),
    " they",
    " the",
    " nurse",
    " slept",
    ".",
    "ot",
    "\n\n",
]
AT = {text: token for token, text in enumerate(PIECES)}
END = 0
OPEN = "The nurse finished the shift, and then"
CLOSED = "The nurse finished her shift, and then"
FEMININE = [word for pair in PRONOUNS for word in pair[0]]


class Vocabulary:
    """A few words."""

    def piece(self, token):
        return PIECES[token].encode()

    def ends(self, token):
        return token == END


VOCABULARY = Vocabulary()
# Pronouns close to each other, so that each of them is looked at.
scores_of = st.lists(st.floats(-6, 6, width=32), min_size=len(PIECES), max_size=len(PIECES)).map(
    lambda values: np.array(values, np.float32)
)
temperatures = st.floats(0.2, 2.0)


def follow(text=OPEN, balance=None, **more):
    reading = Reading()
    reading.feed(text)
    return Balancer(balance or Balance(), VOCABULARY, reading, **more)


def chances(scores, temperature=1.0):
    weights = np.exp((scores - scores.max()).astype(np.float64) / temperature)
    return weights / weights.sum()


def mass(shares, words, space=" "):
    return float(sum(shares[AT[space + word]] for word in words))


def flat(**raised):
    scores = np.zeros(len(PIECES), np.float32)
    for text, value in raised.items():
        scores[AT[f" {text}"]] = value
    return scores


@given(scores_of, temperatures)
def test_both_genders_have_equal_chances_at_the_temperature_that_draws(scores, temperature):
    shares = chances(follow().shift(scores, temperature), temperature)
    for women, men in PRONOUNS:
        assert mass(shares, women) == pytest.approx(mass(shares, men), rel=1e-4)


@given(scores_of, temperatures)
def test_a_pair_keeps_the_chance_that_it_had(scores, temperature):
    was = chances(scores, temperature)
    now = chances(follow().shift(scores, temperature), temperature)
    for women, men in PRONOUNS:
        both = (*women, *men)
        assert mass(now, both) == pytest.approx(mass(was, both), rel=1e-4)


@given(scores_of, temperatures)
def test_every_other_word_keeps_its_chance_they_included(scores, temperature):
    was = chances(scores, temperature)
    now = chances(follow().shift(scores, temperature), temperature)
    others = [AT[text] for text in (" they", " the", " nurse", " slept", ".", "ot", "")]
    assert now[others] == pytest.approx(was[others], rel=1e-4)


@given(scores_of)
def test_forms_of_one_gender_keep_their_shares_of_it(scores):
    was, now = chances(scores), chances(follow().shift(scores))
    him, his = AT[" him"], AT[" his"]
    assert now[him] / now[his] == pytest.approx(was[him] / was[his], rel=1e-3)


@given(scores_of)
def test_equal_chances_of_she_and_he_are_equal_numbers(scores):
    shifted = follow().shift(scores)
    assert shifted[AT[" she"]] == shifted[AT[" he"]]


@given(scores_of, temperatures)
def test_where_the_text_tells_the_gender_nothing_moves(scores, temperature):
    assert follow(CLOSED).shift(scores, temperature) is scores


@given(scores_of)
def test_the_given_scores_stay_as_they_are(scores):
    before_it = scores.copy()
    follow().shift(scores)
    assert (scores == before_it).all()


@given(scores_of)
def test_a_reference_gives_women_their_share_of_the_profession(scores):
    shares = chances(follow(balance=Balance("reference")).shift(scores))
    women, men = mass(shares, ("she",)), mass(shares, ("he",))
    assert women / (women + men) == pytest.approx(professions()["nurse"], rel=1e-3)


def test_a_reference_leaves_a_profession_alone_that_it_does_not_know():
    scores = flat(she=3.0)
    unknown = follow("The falconer finished, and then", Balance("reference"))
    assert unknown.shift(scores) is scores


def test_a_reference_leaves_a_text_alone_that_speaks_of_two_professions():
    scores = flat(she=3.0)
    two = follow("The nurse met the carpenter, and then", Balance("reference"))
    assert two.shift(scores) is scores


@pytest.mark.parametrize(
    ("scope", "balance", "share"),
    [
        (Scope(open=False, profession="nurse"), Balance(), None),
        (Scope(open=False, profession="nurse"), Balance("reference"), None),
        (Scope(open=True), Balance(), 0.5),
        (Scope(open=True, profession="nurse"), Balance(), 0.5),
        (Scope(open=True), Balance("reference"), None),
        (Scope(open=True, profession="plumber"), Balance("reference"), 0.007),
    ],
)
def test_the_share_is_what_the_text_and_the_use_say(scope, balance, share):
    assert balance.share(scope) == (None if share is None else pytest.approx(share))


def test_pronouns_that_nobody_would_draw_are_not_worth_a_look():
    scores = flat(the=40.0)
    assert follow().shift(scores) is scores


def test_a_banned_pronoun_stays_banned():
    scores = flat()
    scores[AT[" she"]] = -np.inf
    shifted = follow().shift(scores)
    assert shifted[AT[" she"]] == -np.inf
    assert shifted[AT[" he"]] == scores[AT[" he"]]


def test_letters_inside_a_word_are_no_pronoun():
    scores = flat()
    scores[AT["her"]], scores[AT["his"]] = 5.0, 1.0
    shifted = follow("The nurse went to the ot").shift(scores)
    assert shifted[AT["her"]] == scores[AT["her"]]
    assert shifted[AT[" she"]] == shifted[AT[" he"]]


def test_without_a_space_a_pronoun_counts_where_a_word_begins():
    scores = flat()
    scores[AT["She"]], scores[AT["He"]] = 5.0, 1.0
    shifted = follow('The nurse said, "').shift(scores)
    assert shifted[AT["She"]] == shifted[AT["He"]]


def test_capital_and_small_pronouns_are_balanced_apart():
    scores = flat()
    scores[AT[" She"]], scores[AT[" he"]] = 4.0, 4.0
    shares = chances(follow().shift(scores))
    was = chances(scores)
    for write in (str.lower, str.capitalize):
        one, other = AT[f" {write('she')}"], AT[f" {write('he')}"]
        assert shares[one] == pytest.approx(shares[other])
        assert shares[one] + shares[other] == pytest.approx(was[one] + was[other], rel=1e-5)


def test_the_forms_of_a_vocabulary_are_found_with_and_without_space_and_capital():
    found = forms(VOCABULARY, len(PIECES))
    assert len(found) == len(PRONOUNS) * 4
    assert [one.within for one in found].count(True) == len(PRONOUNS) * 2
    assert forms(VOCABULARY, len(PIECES)) is found


def test_a_vocabulary_without_pronouns_has_no_forms():
    class Numbers:
        def piece(self, token):
            return str(token).encode()

        def ends(self, token):
            return token == END

    numbers = Numbers()
    assert forms(numbers, 9) == ()
    reading = Reading()
    scores = np.zeros(9, np.float32)
    assert Balancer(Balance(), numbers, reading).shift(scores) is scores


def drawn(text, size=1, balance=None, *, raised=None, **sampling):
    """Draw words after a text and return them."""
    job = Job(Sampling(max_tokens=size, **sampling), prompt=text, balance=balance)
    decoder = Decoder(job.sampling, VOCABULARY, balancer=balancer(job, VOCABULARY))
    scores = np.full(len(PIECES), -20.0, np.float32)
    for word, value in (raised or {" she": 8.0, " he": 4.0}).items():
        scores[AT[word]] = value
    out = ""
    for _ in range(size):
        following, piece = decoder.step(scores)
        out += piece.text
        if following is None:
            break
    return out


def counted(text, balance, seeds=400, **sampling):
    said = [drawn(text, balance=balance, seed=seed, **sampling).strip() for seed in range(seeds)]
    return said.count("she") / len(said)


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
def test_answers_use_both_pronouns_equally_often(temperature):
    assert counted(OPEN, Balance(), temperature=temperature) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("temperature", [0.0, 0.7, 1.0])
def test_answers_to_a_told_gender_are_those_of_the_model(temperature):
    with_it = counted(CLOSED, Balance(), 60, temperature=temperature)
    assert with_it == counted(CLOSED, None, 60, temperature=temperature)


def test_greedy_answers_follow_a_reference_too():
    share = counted("The plumber sat, and then", Balance("reference"), temperature=0.0)
    assert share == pytest.approx(professions()["plumber"], abs=0.02)


def test_greedy_drawing_prefers_a_pronoun_to_no_other_word():
    raised = {" the": 8.5, " she": 8.0, " he": 4.0}
    said = {
        drawn(OPEN, balance=Balance(), raised=raised, seed=s, temperature=0.0) for s in range(9)
    }
    assert said == {" the"}


def test_a_seed_repeats_a_balanced_answer():
    asked = {"balance": Balance(), "seed": 5, "temperature": 0.0}
    assert drawn(OPEN, 4, **asked) == drawn(OPEN, 4, **asked)


def test_an_answer_without_a_seed_is_drawn_anew():
    said = {drawn(OPEN, balance=Balance(), temperature=0.0) for _ in range(60)}
    assert said == {" she", " he"}


@given(st.integers(0, 10_000))
def test_once_a_pronoun_is_drawn_the_person_keeps_it(seed):
    """After the first draw the model, which knows what it said, is left alone."""
    job = Job(Sampling(max_tokens=9, seed=seed), prompt=OPEN, balance=Balance())
    follower = balancer(job, VOCABULARY)
    first = " she" if seed % 2 else " he"
    follower.take(AT[first])
    scores = flat(she=6.0 if seed % 2 else -6.0)
    assert follower.shift(scores) is scores
    follower.take(AT[" slept"])
    follower.take(AT["."])
    assert follower.shift(scores) is scores


def test_someone_new_in_a_new_paragraph_is_balanced_again():
    follower = follow("The carpenter found her hammer.\n\nThe")
    scores = flat(she=6.0)
    assert follower.shift(scores) is scores
    follower.take(AT[" nurse"])
    follower.take(AT[" slept"])
    shifted = follower.shift(scores)
    assert shifted[AT[" she"]] == shifted[AT[" he"]]


def test_whoever_was_told_stays_told_in_a_new_paragraph():
    follower = follow("The nurse found her keys.\n\nThe nurse")
    scores = flat(he=6.0)
    assert follower.shift(scores) is scores


def open_before(*turns):
    return before(Job(Sampling(), messages=turns)).scope().open


@pytest.mark.parametrize(
    ("turns", "is_open"),
    [
        ((Message("user", "Write about a nurse."),), True),
        ((Message("user", "Write about a nurse and her dog."),), False),
        ((Message("user", "My wife is a nurse."), Message("assistant", "I see.")), False),
        ((Message("system", "Be kind."), Message("user", "Write about a nurse.")), True),
        ((Message("system", "You work for Okafor Ltd."), Message("user", "A nurse?")), True),
        ((Message("system", "The customer is a woman."), Message("user", "A nurse?")), False),
        ((Message("user", "A nurse?"), Message("assistant", "She is kind.")), False),
        ((Message("user", "A nurse?\n\nOf both men and women I think highly."),), True),
    ],
)
def test_in_a_conversation_all_turns_are_read(turns, is_open):
    assert open_before(*turns) is is_open


def test_evidence_in_a_turn_holds_for_all_of_the_answer():
    reading = before(Job(Sampling(), messages=(Message("user", "My wife is a nurse."),)))
    reading.feed("The nurse works.\n\nThe carpenter came in, and")
    assert not reading.scope().open


def test_a_job_without_balance_has_no_balancer():
    assert balancer(Job(Sampling(), prompt=OPEN), VOCABULARY) is None


def test_a_use_says_how_pronouns_are_balanced():
    text = 'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'
    assert balance_of(parse_policy(text)) is None
    for way in ("balanced", "reference"):
        use = parse_policy(f'{text}[balance]\npronouns = "{way}"\n')
        assert balance_of(use) == Balance(way)


@given(scores_of, st.floats(0.3, 1.0), st.integers(0, 40))
def test_the_cuts_come_after_the_balance(scores, top_p, top_k):
    """What is drawn from is the cut of the balanced distribution, with the penalty before it."""
    sampling = Sampling(temperature=0.8, top_p=top_p, top_k=top_k, max_tokens=1, seed=3)
    wanted = distribution(follow().shift(scores, 0.8), sampling)
    job = Job(sampling, prompt=OPEN, balance=Balance())
    decoder = Decoder(sampling, VOCABULARY, balancer=balancer(job, VOCABULARY))
    found = decoder._draws._chances(scores)
    assert (found.tokens == wanted.tokens).all()
    assert found.probabilities == pytest.approx(wanted.probabilities)


def test_a_pronoun_far_below_the_other_is_lifted_to_one_half():
    scores = flat(she=-9.0, he=9.0)
    shares = chances(follow().shift(scores))
    assert shares[AT[" she"]] == pytest.approx(shares[AT[" he"]])
    assert math.isfinite(float(shares[AT[" she"]]))


@given(st.text(max_size=60))
def test_any_text_before_an_answer_is_read(text):
    scores = flat(she=2.0)
    shifted = follow(text).shift(scores)
    assert np.isfinite(shifted).all()
