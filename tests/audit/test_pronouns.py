"""Figures of pronouns: exact where the model is known, honest where little is."""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.audit.pronoun_engine import PIECES, PronounEngine, TextEngine

from upright.audit.figures import Figure
from upright.audit.pronouns import (
    Chances,
    Read,
    Reader,
    UnreadableEngineError,
    drawn,
    first_pronoun,
)
from upright.audit.pronouns_audit import BOUND, audited, bounds, gates
from upright.audit.pronouns_measures import (
    Shares,
    by_profession,
    error_of,
    excepted,
    figures,
    pearson,
    perplexity_cost,
    shares,
    size_of,
)
from upright.audit.pronouns_prompts import (
    OPEN,
    Prompt,
    exceptions,
    first_templates,
    open_prompts,
    prose,
)
from upright.generate import Sampling
from upright.generate.balance_reading import Reading
from upright.generate.balance_share import Balance
from upright.generate.balance_words import professions, winogender_professions
from upright.policy import parse_policy
from upright.terms import ConfigError

USE = 'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'
JOBS = ("nurse", "plumber", "teacher", "lawyer")


def some(jobs=JOBS, templates=4):
    kept = list(dict.fromkeys(one.template for one in open_prompts()))[:templates]
    return [one for one in open_prompts() if one.profession in jobs and one.template in kept]


def read(prompts, balance=None, engine=None, temperature=1.0):
    reader = Reader(engine or PronounEngine(), balance, temperature)
    return asyncio.run(reader.read(prompts))


def reading(text):
    found = Reading()
    found.feed(text)
    return found.scope()


def model(one):
    return one.model


def balanced(one):
    return one.balanced


def table(she, jobs=None):
    she = np.array(she, dtype=float)
    names = tuple(jobs or (f"job{at}" for at in range(len(she))))
    reference = np.linspace(0.1, 0.9, len(names))
    templates = tuple(f"t{at}" for at in range(she.shape[1]))
    return Shares(names, templates, she, np.full(she.shape, 0.1), reference)


# What is asked.


def test_sixty_professions_and_more_stand_in_ten_templates_and_more():
    prompts = open_prompts()
    templates = {one.template for one in prompts}
    assert len({one.profession for one in prompts}) >= 60
    assert len(templates) >= 10
    assert len(prompts) >= 600
    assert len({one.text for one in prompts}) == len(prompts)
    assert set(winogender_professions()) <= {one.profession for one in prompts}


@pytest.mark.parametrize("prompt", exceptions(), ids=lambda one: one.text)
def test_an_exception_tells_its_gender_to_the_reading(prompt):
    assert not reading(prompt.text).open


@pytest.mark.parametrize("job", professions())
def test_an_open_prompt_is_open_to_the_reading(job):
    for prompt in open_prompts():
        if prompt.profession == job:
            assert reading(prompt.text).open, prompt.text
            assert reading(prompt.text).profession == job


def test_exceptions_come_both_ways_for_every_kind():
    kinds: dict[str, list[str]] = {}
    for one in exceptions():
        kinds.setdefault(one.kind, []).append(str(one.right))
    assert len(kinds) >= 8
    for kind, rights in kinds.items():
        assert rights.count("she") == rights.count("he") >= 12, kind
    assert "they" in kinds["statement"]
    assert {"body", "family", "name", "sport", "title", "coreference"} <= set(kinds)


def test_prompts_are_english_sentences_without_holes():
    for one in [*open_prompts(), *exceptions()]:
        assert not re.search(r"[{}]| a [aeio]|  ", one.text), one.text
        assert one.text[0].isupper()
        assert not one.text.endswith(" ")


def test_a_limit_keeps_so_many_of_each_kind():
    everything = [*open_prompts(), *exceptions()]
    kept = first_templates(everything, 2)
    assert {one.kind for one in kept} == {one.kind for one in everything}
    assert len({one.template for one in kept if one.kind == OPEN}) == 2
    assert len([one for one in kept if one.kind == OPEN]) == 2 * len(professions())
    cells = [(one.kind, one.right) for one in kept if one.kind != OPEN]
    assert {cells.count(cell) for cell in cells} == {2}
    assert first_templates(everything, None) == everything


def test_there_is_prose_to_read():
    assert len(prose()) >= 8
    assert all(len(text.split()) > 40 for text in prose())


# What is read.


def test_chances_are_those_of_the_model():
    (found,) = read(some(("nurse",), 1))
    share = professions()["nurse"]
    assert found.model.share == pytest.approx(share, rel=1e-5)
    assert found.model.they == pytest.approx(0.1, rel=1e-5)
    assert found.model.she == pytest.approx(0.7 * share, rel=1e-5)
    assert found.balanced is None
    assert not found.moved


def test_balanced_chances_are_one_half_and_they_keeps_its_own():
    for found in read(some(), Balance()):
        assert found.balanced.share == 0.5
        assert found.balanced.they == pytest.approx(found.model.they, rel=1e-5)
        assert found.balanced.she + found.balanced.he == pytest.approx(0.7, rel=1e-5)
        assert found.moved


def test_with_a_reference_chances_are_those_of_the_profession():
    engine = PronounEngine()
    engine.share = lambda _text: 0.3
    for found in read(some(), Balance("reference"), engine):
        assert found.balanced.share == pytest.approx(
            professions()[found.prompt.profession], rel=1e-4
        )


def test_a_told_gender_is_left_alone():
    for found in read(exceptions()[:40], Balance()):
        assert not found.moved
        assert found.balanced == found.model


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_chances_are_read_at_the_temperature_that_draws(temperature):
    (found,) = read(some(("nurse",), 1), Balance(), temperature=temperature)
    share = professions()["nurse"]
    odds = (share / (1 - share)) ** (1 / temperature)
    assert found.model.share == pytest.approx(odds / (1 + odds), rel=1e-4)
    assert found.balanced.share == 0.5


def test_greedy_drawing_is_read_at_temperature_1():
    (found,) = read(some(("nurse",), 1), temperature=0.0)
    assert found.model.share == pytest.approx(professions()["nurse"], rel=1e-5)


def test_each_prompt_advances_the_bar():
    seen = []
    asyncio.run(Reader(PronounEngine(), None).read(some(), lambda: seen.append(1)))
    assert len(seen) == len(some())


def test_a_model_without_tokens_for_pronouns_is_refused():
    # Every pronoun comes as its letters: the last one is no pronoun.
    engine = PronounEngine(pieces=[text.replace("e", "3") for text in PIECES])
    with pytest.raises(UnreadableEngineError, match="'she' is no token of the model 'bel") as error:
        Reader(engine, None)
    assert "--answers" in error.value.mend
    assert error.value.exit_code == 3


def test_perplexity_counts_every_token_but_the_first():
    text = "The plumber was tired because he slept."
    plain, changed, tokens = asyncio.run(Reader(PronounEngine(), Balance()).perplexity(text))
    assert tokens == len(PronounEngine().tokens(text)) - 1
    # he had 0.99 of both and has one half.
    assert changed - plain == pytest.approx(math.log(0.99 / 0.5), rel=1e-2)


def test_a_text_without_pronouns_costs_nothing():
    plain, changed, _ = asyncio.run(Reader(PronounEngine(), Balance()).perplexity("It rained."))
    assert changed == pytest.approx(plain)


def test_a_text_of_one_token_has_no_perplexity():
    assert asyncio.run(Reader(PronounEngine(), Balance()).perplexity("I")) == (0.0, 0.0, 0)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (" she sat", "she"),
        (" the car was his. She", "he"),
        ("They left", "they"),
        ("themselves", "they"),
        ("the other shed", None),
        ("", None),
        ("HER", "she"),
    ],
)
def test_the_first_pronoun_of_an_answer_counts(text, first):
    assert first_pronoun(text) == first


def draw(engine, balance=None, each=20):
    return asyncio.run(drawn(engine, some(), Sampling(seed=1), each=each, balance=balance))


@pytest.mark.parametrize("engine", [PronounEngine, TextEngine])
def test_where_only_answers_are_given_they_are_counted(engine):
    for found in draw(engine()):
        share = professions()[found.prompt.profession]
        assert found.model.share == pytest.approx(share, abs=0.051)
        assert found.balanced is None


def test_answers_can_be_drawn_balanced_too():
    for found in draw(PronounEngine(), Balance()):
        assert found.balanced.share == pytest.approx(0.5, abs=0.051)
        assert found.moved == (found.balanced != found.model)


def test_answers_are_short_and_as_many_as_asked():
    engine = PronounEngine()
    draw(engine, each=3)
    assert {job.choices for job in engine.asked} == {3}
    assert max(job.sampling.max_tokens for job in engine.asked) < 20


# What it comes to.


def test_the_figures_of_a_known_model_are_known():
    found = read(some(), Balance())
    one = figures(shares(found, model, professions()))
    expected = [professions()[job] for job in JOBS]
    gap = sum(abs(max(share, 0.01) - 0.5) for share in expected) / len(expected)
    assert one["balance_gap"].value == pytest.approx(gap, rel=1e-4)
    assert one["reference_gap"].value == pytest.approx(0.003 / 4, rel=1e-2)
    assert one["correlation"].value == pytest.approx(1.0, abs=1e-3)
    assert one["they"].value == pytest.approx(0.1, rel=1e-4)
    assert all(figure.n == 4 for figure in one.values())


def test_balanced_figures_are_nought():
    other = figures(shares(read(some(), Balance()), balanced, professions()))
    assert other["balance_gap"].value == 0.0
    assert other["balance_gap"].high == 0.0
    assert other["correlation"].value == 0.0
    assert other["share"].value == 0.5


def test_limits_come_from_templates_and_not_from_professions():
    rng = np.random.default_rng(1)
    same = np.tile(rng.uniform(0.1, 0.9, (30, 1)), (1, 6))
    assert figures(table(same))["balance_gap"].low == figures(table(same))["balance_gap"].high
    varied = np.tile(rng.uniform(0.1, 0.9, (1, 6)), (30, 1))
    figure = figures(table(varied))["balance_gap"]
    assert figure.high - figure.low > 0.05


@given(st.lists(st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4), min_size=3, max_size=6))
@settings(max_examples=20, deadline=None)
def test_figures_lie_within_their_limits(rows):
    for figure in figures(table(rows)).values():
        assert figure.low <= figure.value <= figure.high
    assert 0.0 <= figures(table(rows))["balance_gap"].value <= 0.5


def test_a_prompt_without_a_pronoun_is_left_out_and_not_counted_as_even():
    rows = [[0.9, math.nan], [0.9, 0.9], [0.9, 0.9]]
    assert figures(table(rows))["share"].value == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("first", "second", "r"),
    [
        ([0.1, 0.5, 0.9], [0.2, 0.4, 0.6], 1.0),
        ([0.1, 0.5, 0.9], [0.6, 0.4, 0.2], -1.0),
        ([0.5, 0.5, 0.5], [0.6, 0.4, 0.2], 0.0),
        ([0.5, 0.5 + 1e-9, 0.5], [0.6, 0.4, 0.2], 0.0),
        ([0.1, math.nan, 0.5, 0.9], [0.2, 0.9, 0.4, 0.6], 1.0),
    ],
)
def test_correlation_is_pearson_s_and_rounding_is_none(first, second, r):
    assert pearson(np.array(first), np.array(second)) == pytest.approx(r)


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_professions_have_no_correlation_to_pass_a_gate_with(count):
    assert math.isnan(pearson(np.array([0.1, 0.9][:count]), np.array([0.2, 0.6][:count])))


def test_the_correlation_of_nothing_is_unknown():
    assert math.isnan(pearson(np.array([math.nan]), np.array([0.5])))


def figure(value, low, high):
    return Figure(value, low, high, 9, "m")


@pytest.mark.parametrize(
    ("given_one", "size"),
    [
        (figure(-0.3, -0.5, -0.1), (0.3, 0.1, 0.5)),
        (figure(0.3, 0.1, 0.5), (0.3, 0.1, 0.5)),
        (figure(0.0, -0.2, 0.1), (0.0, 0.0, 0.2)),
    ],
)
def test_the_size_of_a_correlation_has_limits_of_its_own(given_one, size):
    found = size_of(given_one)
    assert (found.value, found.low, found.high) == size


def test_an_error_is_one_minus_an_accuracy():
    found = error_of(figure(0.75, 0.6, 0.9))
    assert (found.value, found.low, found.high) == pytest.approx((0.25, 0.1, 0.4))


def test_the_farthest_profession_comes_first_and_verdicts_are_three():
    rows = [
        [0.5, 0.51, 0.49, 0.5],
        [0.05, 0.06, 0.04, 0.05],
        [0.7, 0.3, 0.9, 0.6],
    ]
    found = by_profession(table(rows), 0.1)
    assert [one.name for one in found] == ["job1", "job2", "job0"]
    assert [one.verdict for one in found] == ["outside", "cannot tell", "within"]
    assert found[1].n_needed > 4
    assert found[0].n_needed is None


def test_that_a_profession_lies_outside_holds_for_all_at_once():
    """One p-value of 0.01 is something among two professions, and nothing among a hundred."""
    rng = np.random.default_rng(3)
    clear = [[0.66, 0.72, 0.63, 0.71]]
    even = (0.5 + rng.normal(0, 0.02, (99, 4))).tolist()
    few = {one.name: one.verdict for one in by_profession(table(clear + even[:1]), 0.1)}
    many = {one.name: one.verdict for one in by_profession(table(clear + even), 0.1)}
    assert few["job0"] == "outside"
    assert many["job0"] == "cannot tell"


def test_even_models_are_seldom_called_outside():
    """Under a true mean at the bound, some profession is called outside in about 5 of 100."""
    rng = np.random.default_rng(7)
    called = 0
    for _ in range(200):
        rows = np.clip(0.6 + rng.normal(0, 0.05, (12, 8)), 0, 1)
        called += any(one.verdict == "outside" for one in by_profession(table(rows), 0.1))
    assert called <= 20


def told(right, she, he, they=0.0, *, after=None, kind="body"):
    prompt = Prompt("x", kind, "t", "nurse", right)
    return Read(prompt, Chances(she, he, they), after, moved=after is not None)


def test_exceptions_are_scored_for_accuracy_both_ways():
    found = excepted(
        [
            told("she", 0.4, 0.1),
            told("she", 0.1, 0.4),
            told("he", 0.1, 0.4, 0.5),
            told("they", 0.2, 0.3, 0.5, kind="statement"),
            told("they", 0.6, 0.3, 0.5, kind="statement"),
        ]
    )
    values = {(one.kind, one.right): (one.model.value, one.model.n) for one in found}
    assert values == {
        ("all", "she or he"): (pytest.approx(2 / 3), 3),
        ("body", "she"): (0.5, 2),
        ("body", "he"): (1.0, 1),
        ("statement", "they"): (0.5, 2),
    }
    assert all(one.balanced is None for one in found)


def test_an_exception_that_balancing_broke_is_seen():
    even = Chances(0.25, 0.25, 0.0)
    (whole, _) = excepted([told("she", 0.4, 0.1, after=even)])
    assert whole.model.value == 1.0
    assert whole.balanced.value == 0.0
    assert whole.moved == 1
    assert whole.to_json()["balanced"]["value"] == 0.0


def test_one_half_says_neither():
    assert not Chances(0.3, 0.3, 0.1).says("she")
    assert not Chances(0.3, 0.3, 0.1).says("he")
    assert not Chances(0.3, 0.1, 0.3).says("they")


def test_no_chance_at_all_has_no_share():
    assert math.isnan(Chances(0.0, 0.0, 0.4).share)


def test_the_price_is_a_share_of_perplexity():
    figure_of_it = perplexity_cost([(100.0, 101.0, 100), (100.0, 101.0, 100)])
    assert figure_of_it.value == pytest.approx(math.expm1(0.01))
    assert figure_of_it.n == 2
    assert perplexity_cost([]).value is None
    assert perplexity_cost([(0.0, 0.0, 0)]).value is None


# The audit.

ABOUT = {
    "model": "believer",
    "digest": None,
    "way": "balanced",
    "serves": True,
    "temperature": 1.0,
    "answers": 0,
}


def audit(asked=None, **about):
    told_ones = [one for one in exceptions() if one.kind in {"coreference", "statement"}]
    found, excepted_ones = read(some(), Balance()), read(told_ones, Balance())
    return audited(found, excepted_ones, [(100.0, 100.5, 100)], asked or {}, {**ABOUT, **about})


def test_an_audit_tells_both_ways_and_what_it_reached():
    shape = audit().to_json()
    assert set(shape["measures"]) == {"model", "balanced"}
    assert shape["measures"]["model"]["balance_gap"]["value"] > 0.2
    assert shape["measures"]["balanced"]["balance_gap"]["value"] == 0.0
    assert shape["reached"] == shape["prompts"] == 16
    assert shape["perplexity_cost"]["value"] == pytest.approx(math.expm1(0.005))
    (nurse,) = [row for row in shape["professions"] if row["name"] == "nurse"]
    assert nurse["reference"] == pytest.approx(0.8958)
    assert nurse["model"]["verdict"] == "outside"
    assert nurse["balanced"]["verdict"] == "within"
    assert shape["exceptions"][0]["model"] == shape["exceptions"][0]["balanced"]


def test_without_balancing_there_is_one_side():
    found = read(some())
    plain = audited(found, read(exceptions()[:6]), [], {}, {**ABOUT, "way": None, "serves": False})
    shape = plain.to_json()
    assert set(shape["measures"]) == {"model"}
    assert "way" not in shape
    assert "perplexity_cost" not in shape
    assert "balanced" not in shape["exceptions"][0]


GAP = "fairness.pronouns.balance_gap"


@pytest.mark.parametrize(("serves", "verdict"), [(True, "within"), (False, "outside")])
def test_a_bound_is_judged_on_what_the_use_serves(serves, verdict):
    (gate,) = audit({GAP: 0.1}, serves=serves).gates
    assert gate.judgement.verdict == verdict
    assert gate.to_json()["measure"] == GAP


def test_every_measure_of_pronouns_can_be_judged():
    names = ("balance_gap", "reference_gap", "correlation", "exception_error", "perplexity_cost")
    asked = {f"fairness.pronouns.{name}": 0.5 for name in names}
    for serves in (True, False):
        judged = {gate.figure: gate.judgement.verdict for gate in audit(asked, serves=serves).gates}
        assert set(judged) == set(names)
    assert judged["perplexity_cost"] == "within"  # nothing is balanced, so it costs nothing


def test_a_use_s_bounds_are_found_and_unknown_ones_refused():
    text = USE + f'[[audit.gate]]\nmeasure = "{GAP}"\nwithin = 0.1\n'
    other = text + '[[audit.gate]]\nmeasure = "guard.brier"\nwithin = 0.3\n'
    assert bounds(parse_policy(other)) == {GAP: 0.1}
    wrong = text.replace("balance_gap", "moon_phase")
    with pytest.raises(ConfigError, match="moon_phase") as error:
        bounds(parse_policy(wrong))
    assert "balance_gap" in error.value.mend


def test_a_bound_without_a_figure_cannot_be_told():
    unread = Figure(None, 0.0, 1.0, 0, "m")
    (gate,) = gates({GAP: 0.1}, {"balance_gap": unread})
    assert gate.judgement.verdict == "cannot tell"


def test_the_bound_of_the_use_decides_about_professions():
    loose = audit({GAP: 0.5}).sides["model"].professions
    strict = audit({GAP: 0.001}).sides["model"].professions
    assert {one.verdict for one in loose} == {"within"}
    assert "outside" in {one.verdict for one in strict}
    assert 0 < BOUND < 0.5


def test_a_plot_without_a_share_leaves_the_profession_out():
    found = read(some())
    silent = [replace(one, model=Chances(0.0, 0.0, 0.5)) for one in found]
    plain = audited(silent, [], [], {}, {**ABOUT, "way": None, "serves": False})
    for job in JOBS:
        assert job not in plain.plot()


def test_open_prompts_are_marked_as_such():
    assert {one.kind for one in open_prompts()} == {OPEN}
    assert {one.right for one in open_prompts()} == {None}
