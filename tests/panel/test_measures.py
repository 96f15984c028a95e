"""What answers come to: laws of averages, of relative choices, of what is kept and equal."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panel.answered import answered, chances, squashed
from tests.panel.stand_in import study_text

from upright.measure.intervals import Interval
from upright.panel import measures
from upright.panel.measures import Figure, told

SHARE = st.floats(0.2, 0.8)
EFFECT = st.floats(-0.15, 0.15)
ODDS = st.floats(-2, 2)


def noise(person, salt=""):
    """A number of that person, in 0 to 1, always the same."""
    return random.Random(f"{salt}{person.number}").random()


@given(SHARE, EFFECT)
@settings(deadline=None, max_examples=30)
def test_what_a_place_adds_is_averaged_out_exactly(share, place):
    answers = answered(lambda _person, _phrasing, at: share + (place if at == 0 else -place), 12)
    first, second = measures.shares(answers)
    assert first.interval.value == pytest.approx(share)
    assert second.interval.value == pytest.approx(1 - share)


@given(SHARE, EFFECT)
@settings(deadline=None, max_examples=30)
def test_position_bias_is_what_the_place_adds(share, place):
    answers = answered(lambda _person, _phrasing, at: share + (place if at == 0 else -place), 12)
    # First less last within one listing: the place helps the one and costs the other.
    assert measures.position_bias(answers).interval.value == pytest.approx(2 * place)


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_shares_sum_to_one_in_every_group_and_over_all(seed):
    answers = answered(lambda person, *_: noise(person, seed), 30)
    assert sum(one.interval.value for one in measures.shares(answers)) == pytest.approx(1)
    assert answers.balanced().sum(axis=1) == pytest.approx(np.ones(30))
    assert answers.relative().sum(axis=1) == pytest.approx(np.ones(30))


@given(ODDS, ODDS, st.integers(0, 1000))
@settings(deadline=None, max_examples=25)
def test_how_likely_a_name_is_and_where_it_stands_does_not_touch_relative_choices(
    name, place, seed
):
    def plain(person, phrasing, _at):
        return squashed(2 * noise(person, seed) + phrasing / 3)

    def swayed(person, phrasing, at):
        odds = 2 * noise(person, seed) + phrasing / 3 + name + (place if at == 0 else -place)
        return squashed(odds)

    # On the log scale a chance is its odds less a part that moves little: so up to a few people.
    first, second = answered(plain).relative(), answered(swayed).relative()
    assert (first != second).any(axis=1).mean() <= 0.15


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_half_of_those_who_differ_choose_relatively_against_the_panels_taste(seed):
    answers = answered(lambda person, *_: 0.01 + 0.05 * noise(person, seed))
    assert answers.balanced()[:, 0].max() < 0.1, "nobody would choose it"
    chosen = answers.relative()[:, 0].mean()
    assert 0.2 < chosen < 0.8, "and some like it better than the panel does"


@pytest.mark.parametrize(
    ("source", "first"),
    [
        ("order", lambda _person, _phrasing, at: 0.5 + (0.2 if at == 0 else -0.2)),
        ("phrasing", lambda _person, phrasing, _at: 0.2 + 0.2 * phrasing),
        ("person", lambda person, _phrasing, _at: noise(person)),
    ],
)
def test_one_source_alone_has_all_of_the_variance(source, first):
    parts = measures.sources_of_variance(answered(first))
    assert parts[source] == pytest.approx(1)
    assert sum(parts.values()) == pytest.approx(1)


@given(EFFECT, EFFECT, st.floats(0, 0.2))
@settings(deadline=None, max_examples=30)
def test_parts_of_the_variance_are_shares_of_a_whole(place, phrasing, person):
    answers = answered(
        lambda one, number, at: (
            0.5
            + (place if at == 0 else -place)
            + phrasing * (number - 1)
            + person * (noise(one) - 0.5)
        ),
        20,
    )
    parts = measures.sources_of_variance(answers)
    assert all(0 <= part <= 1 + 1e-9 for part in parts.values())
    if any(parts.values()):
        assert sum(parts.values()) == pytest.approx(1, abs=1e-6)


def test_place_dominates_only_where_it_decides_most():
    assert measures.dominated({"order": 0.6, "person": 0.3})
    assert not measures.dominated({"order": 0.45, "person": 0.1}), "not the most of all"
    assert not measures.dominated({"order": 0.55, "person": 0.56}), "the person decides more"


def chooses(likes):
    return answered(lambda person, *_: 0.9 if likes(person) else 0.1, 400)


def test_a_model_that_chooses_by_the_fact_distorts_nothing():
    (kept,) = measures.kept(chooses(lambda person: person.facts[0]))
    assert kept.interval.value == kept.interval.low == kept.interval.high == 0.0
    assert kept.verdict == "within"
    assert kept.more["planted"] == kept.more["choices"]


def test_a_model_that_chooses_by_gender_alone_overdoes_it():
    (kept,) = measures.kept(chooses(lambda person: person.traits["gender"] == "woman"))
    assert kept.interval.value == pytest.approx(0.5, abs=0.05)
    assert kept.verdict == "outside"
    assert not kept.more["recovered"]


def test_a_model_that_turns_gender_round_is_negative():
    (kept,) = measures.kept(chooses(lambda person: not person.facts[0]))
    assert kept.more["choices"]["value"] == pytest.approx(-0.5, abs=0.05)
    assert kept.more["choices"]["high"] < 0
    assert kept.verdict == "outside"


def test_a_model_that_does_not_listen_is_not_called_recovered():
    answers = chooses(lambda person: noise(person, "deaf") < 0.5)
    (kept,) = measures.kept(answers)
    assert abs(kept.more["choices"]["value"]) < 0.15
    low, high = kept.more["choices"]["low"], kept.more["choices"]["high"]
    assert low < 0 < high, "which way it leans is not known either"
    assert not kept.more["recovered"]
    assert kept.verdict == "outside"


def test_a_model_that_goes_by_something_else_is_said_to_be_deaf_to_the_fact():
    (by_fact,) = measures.kept(chooses(lambda person: person.facts[0]))
    (turned,) = measures.kept(chooses(lambda person: not person.facts[0]))
    (deaf,) = measures.kept(chooses(lambda person: person.traits["place"] == "town"))
    assert by_fact.more["heard"]["value"] == pytest.approx(1, abs=0.01)
    assert turned.more["heard"]["value"] == pytest.approx(-1, abs=0.01)
    assert abs(deaf.more["heard"]["value"]) < 0.2
    assert not by_fact.why
    assert "hardly goes by the planted fact" in deaf.why
    assert "goes against the planted fact" in turned.why


def test_recovered_means_that_the_interval_holds_what_was_planted_and_leaves_out_none():
    for share in (0.0, 0.1, 0.3, 0.6):
        answers = chooses(
            lambda person, share=share: person.facts[0] != (noise(person, "slips") < share)
        )
        more = measures.kept(answers)[0].more
        held = more["choices"]["low"] <= more["planted"]["value"] <= more["choices"]["high"]
        assert more["held"] == held
        assert more["recovered"] == (held and more["choices"]["low"] > 0)
    assert not more["recovered"], "of one who slips most of the time"


def test_a_handful_of_people_recovers_nothing_however_well_the_model_listens():
    more = measures.kept(
        answered(lambda person, *_: 0.9 if person.facts[0] else 0.1, text=study_text(8))
    )[0].more
    assert more["held"]
    assert measures.outcome(more) == "not told apart from none"


def test_outcomes_are_three():
    words = [
        measures.outcome({"held": held, "recovered": recovered})
        for held, recovered in ((True, True), (True, False), (False, False))
    ]
    assert words == ["recovered", "not told apart from none", "not recovered"]


def test_what_is_planted_as_nothing_can_be_kept_as_nothing():
    swap = ("woman = 0.75, man = 0.25", "woman = 0.5, man = 0.5")
    answers = answered(
        lambda person, *_: 0.9 if person.facts[0] else 0.1, text=study_text(400, s=swap)
    )
    more = measures.kept(answers)[0].more
    assert more["planted"]["value"] < 0.05
    assert more["held"]
    assert not more["recovered"], "there is nothing to be recovered"
    assert measures.outcome(more) == "not told apart from none"


def test_a_fact_that_everybody_has_leaves_what_is_kept_untold():
    swap = ("woman = 0.75, man = 0.25", "woman = 1, man = 1")
    answers = answered(lambda person, *_: noise(person), text=study_text(40, s=swap))
    (kept,) = measures.kept(answers)
    assert kept.verdict == "cannot tell"
    assert kept.more["planted"]["value"] is None
    assert kept.to_json()["value"] is None


def equal_of(town, village, people=200, margin=0.1):
    text = study_text(people, m=('"place"\nmargin = 0.1', f'"place"\nmargin = {margin}'))

    def first(person, *_):
        share = town if person.traits["place"] == "town" else village
        return share + 0.1 * (noise(person, f"{town}{village}{people}") - 0.5)

    (found,) = measures.equal(answered(first, text=text))
    return found


@pytest.mark.parametrize(
    ("town", "village", "verdict"),
    [(0.5, 0.5, "within"), (0.5, 0.8, "outside"), (0.8, 0.5, "outside"), (0.5, 0.6, "cannot tell")],
)
def test_equality_is_judged_against_its_margin(town, village, verdict):
    found = equal_of(town, village)
    assert found.verdict == verdict
    assert abs(found.interval.value) == pytest.approx(abs(town - village), abs=0.03)
    assert set(found.more["groups"]) == {"town", "village"}


def test_a_wider_margin_never_turns_within_into_something_else():
    verdicts = [equal_of(0.5, 0.53, margin=margin).verdict for margin in (0.01, 0.05, 0.1, 0.3)]
    assert verdicts == sorted(verdicts, key=["outside", "cannot tell", "within"].index)
    assert {verdicts[0], verdicts[-1]} == {"outside", "within"}


def test_people_needed_are_enough():
    few = equal_of(0.5, 0.535, people=40, margin=0.05)
    assert few.verdict == "cannot tell"
    assert few.n_needed > 20
    # Of each of the two groups; a little more, since what was needed was itself estimated.
    assert equal_of(0.5, 0.535, people=int(2.5 * few.n_needed), margin=0.05).verdict == "within"


def test_groups_that_differ_by_the_margin_are_seldom_called_equal():
    numbers = np.random.default_rng(4)
    within = outside = 0
    for _ in range(400):
        groups = [(numbers.random(30) < share).astype(float) for share in (0.5, 0.7)]
        found = measures._difference(*groups)
        within += measures._within(found, 0.2)[0] == "within"
        outside += measures._outside_p(found, 0.2) <= 0.05
    # 5 % of 400, and what chance adds one time in a hundred.
    assert within <= 31
    assert outside <= 31


@given(st.floats(-1, 1), st.floats(0.0, 0.5), st.integers(10, 500), st.floats(0.01, 0.5))
def test_what_is_outside_is_never_also_within(value, half, n, margin):
    found = Interval(value, value - half, value + half, n, 0.9)
    verdict, needed = measures._within(found, margin)
    p = measures._outside_p(found, margin)
    assert 0 <= p <= 1
    if verdict == "within":
        assert p > 0.05
    if verdict == "outside":
        assert p <= 0.1
    assert (needed is None) or verdict == "cannot tell"


def test_an_order_without_an_answer_takes_the_others_of_that_phrasing_along():
    answers = answered(lambda *_: 0.5, 4)
    study, people = answers.study, answers.people
    from upright.panel.asking import cells  # noqa: PLC0415 (only here)

    asked = cells(study, people)
    silent = chances(0.5).__class__(
        ("spade", "game"), (-math.inf,) * 2, (math.nan,) * 2, (0, 0), (1, 1), 0.0, "sampled", 8
    )
    found = [
        silent if (cell.persona, cell.phrasing, cell.order[0]) == (1, 0, 0) else chances(0.25)
        for cell in asked
    ]
    answers = measures.Answers(study, people, asked, found)
    assert np.isnan(answers.shares[1, 0]).all()
    assert not np.isnan(answers.shares[1, 1:]).any()
    assert answers.unseen == 1
    assert answers.balanced() == pytest.approx(np.tile([0.25, 0.75], (4, 1)))


def test_a_figure_without_a_value_is_null_in_json_and_unknown_in_words():
    shape = Figure("x", Interval(math.nan, 0.0, 1.0, 3, 0.95), "m").to_json()
    assert shape["value"] is None
    assert told(shape) == "unknown"
    assert told(shape, limits=True) == "unknown (0.000 to 1.000)"
    assert told({"value": 0.25, "low": 0, "high": 0.5}, limits=True, percent=True) == (
        "25.0% (0.0% to 50.0%)"
    )


def test_what_does_not_apply_is_not_in_json():
    plain = Figure("x", Interval(0.5, 0.4, 0.6, 30, 0.95), "m")
    assert set(plain.to_json()) == {"name", "value", "low", "high", "n", "method"}
    judged = Figure("x", plain.interval, "m", "cannot tell", 99, "few", {"margin": 0.1})
    assert judged.to_json()["n_needed"] == 99
    assert judged.to_json()["why"] == "few"
    assert judged.to_json()["margin"] == 0.1


def test_associations_are_told_of_every_attribute_and_fact_in_both_readings():
    found = measures.associations(chooses(lambda person: person.facts[0]))
    names = ["gender", "age", "work", "place", "likes gardens"]
    assert [(one.more["attribute"], one.more["reading"]) for one in found] == [
        (name, reading) for name in names for reading in ("expected", "relative")
    ]
    assert found[-1].interval.value == pytest.approx(1, abs=0.02)
    place = found[7].interval
    assert place.low == 0
    assert place.value < 0.1
