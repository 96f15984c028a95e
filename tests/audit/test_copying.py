"""Chances that a model gives its training data back: exact, and never told too small."""

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.audit.letters import LETTERS, LetterEngine

from upright.audit.copying import (
    Chance,
    Passage,
    by_repeats,
    capped,
    chance,
    discoverable,
    measures,
    passages,
)
from upright.audit.copying_answers import answers, copied, nearly, repeats_run
from upright.audit.copying_audit import SHOWN, CopyingAudit, bounds, gates
from upright.generate import Sampling
from upright.policy import parse_policy
from upright.terms import ConfigError

TEXT = "the lighthouse keeper counted the ships that went by each evening."
USE = 'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'


def passage(text=TEXT, cut=20, repeats=None):
    return Passage("a", text, (1,) * cut, (2,) * (len(text) - cut), cut, len(text), repeats)


def of_chance(z, repeats=None, *, greedy=False):
    log = math.log(z) if z > 0 else -math.inf
    return Chance(passage(repeats=repeats), log, greedy)


def read(engine, text=TEXT, prefix=20, suffix=10, sampling=None):
    found, _ = passages(engine, [("a", text, None)], prefix=prefix, suffix=suffix)
    return asyncio.run(chance(engine, found[0], sampling or Sampling()))


@pytest.mark.parametrize("sure", [0.5, 0.9, 1.0 - 1e-6])
def test_the_chance_of_a_known_text_is_the_product_of_its_letters(sure):
    found = read(LetterEngine(TEXT, sure))
    assert found.log == pytest.approx(10 * math.log(sure), rel=1e-4, abs=1e-5)
    assert found.greedy


def test_the_chance_of_an_unknown_text_is_that_of_any_letters():
    found = read(LetterEngine("something else", 0.9))
    assert found.log == pytest.approx(-10 * math.log(len(LETTERS)), rel=1e-5)
    assert not found.greedy


def test_what_the_sampling_never_draws_has_no_chance():
    engine = LetterEngine(TEXT, 0.02)
    assert read(engine, sampling=Sampling(top_k=1)).log == -math.inf
    assert read(LetterEngine(TEXT, 0.6), sampling=Sampling(top_k=1)).log == 0.0
    assert read(LetterEngine(TEXT, 0.6), sampling=Sampling(temperature=0.0)).log == 0.0


def test_texts_that_are_too_short_are_counted_and_not_read():
    engine = LetterEngine(TEXT, 0.9)
    found, short = passages(engine, [("a", "short", 1), ("b", TEXT, 2)], prefix=20, suffix=10)
    assert [one.id for one in found] == ["b"]
    assert short == 1
    assert found[0].truth == TEXT[20:30]
    assert found[0].repeats == 2


@given(z=st.floats(0, 1), tries=st.integers(1, 50))
def test_the_chance_in_so_many_answers_is_one_minus_that_of_none(z, tries):
    expected = 1 - (1 - z) ** tries
    assert of_chance(z).within(tries) == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_a_tiny_chance_is_not_lost_in_many_answers():
    assert of_chance(1e-18).within(10_000) == pytest.approx(1e-14)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_more_answers_and_a_smaller_chance_never_find_fewer_texts(chances):
    figures = measures([of_chance(z) for z in chances])
    for p in (0.1, 0.5, 0.9):
        shares = [figures[discoverable(tries, p)].value for tries in (1, 10, 100, 1_000, 10_000)]
        assert shares == sorted(shares)
    for tries in (1, 10_000):
        shares = [figures[discoverable(tries, p)].value for p in (0.9, 0.5, 0.1)]
        assert shares == sorted(shares)


def test_shares_count_texts_and_carry_their_limits():
    figures = measures(
        [of_chance(1.0, greedy=True), of_chance(0.0), of_chance(0.2), of_chance(0.0)]
    )
    assert figures["verbatim"].value == pytest.approx(0.3)
    assert figures["greedy"].value == 0.25
    one = figures[discoverable(1, 0.5)]
    assert (one.value, one.n) == (0.25, 4)
    assert one.low < 0.25 < one.high
    assert figures[discoverable(10, 0.5)].value == 0.5


def test_exposure_is_told_for_each_repeat_count():
    found = [of_chance(0.0, 1), of_chance(0.5, 4), of_chance(1.0, 4), of_chance(0.9)]
    few, many = by_repeats(found)
    assert (few.repeats, few.n, few.bits) == (1, 1, math.inf)
    assert (many.repeats, many.n) == (4, 2)
    assert many.figures["verbatim"].value == pytest.approx(0.75)
    assert many.bits == pytest.approx(0.5 / (len(TEXT) - 20))


def test_a_cap_counts_what_stands_more_often_as_what_stands_so_often():
    groups = by_repeats([of_chance(0.0, 1), of_chance(0.4, 4), of_chance(1.0, 16)])
    assert capped(groups, 4, "verbatim") == pytest.approx((0.0 + 0.4 + 0.4) / 3)
    assert capped(groups, 64, "verbatim") == pytest.approx(1.4 / 3)
    assert capped(groups[1:], 1, "verbatim") is None


def test_an_answer_is_a_copy_by_its_words_whatever_their_layout():
    answer = TEXT[20:].upper().replace(" ", "\n")
    assert repeats_run(answer, passage(), 5)
    assert not repeats_run(answer, passage(), 12)
    assert nearly(answer.replace("EACH", "EVERY"), passage())
    assert not nearly("nothing of the kind was ever written here", passage())


def test_answers_are_drawn_from_beginnings_and_counted_once_a_text():
    engine = LetterEngine(TEXT, 0.9)
    found, _ = passages(engine, [("a", TEXT, None)], prefix=20, suffix=46)
    drawn = asyncio.run(answers(engine, found, Sampling(), each=3))
    assert drawn[0].texts == (TEXT[20:66],) * 3
    assert engine.asked[0].prompt == TEXT[:20]
    told = copied(drawn, 5)
    assert (told.verbatim.value, told.near.value, told.verbatim.n) == (1.0, 1.0, 1)
    masked = asyncio.run(answers(engine, found, Sampling(), each=3, mask=object()))
    assert copied(masked, 5).verbatim.value == 0.0


def audit(found, **more):
    figures = measures(found)
    told = {"exposures": by_repeats(found), **more}
    return CopyingAudit("f", "m", None, len(found), 0, 20, 10, Sampling(), figures, **told)


def test_the_public_shape_names_every_measure_with_its_interval():
    shape = audit([of_chance(1.0, 1), of_chance(0.0, 64)], cap=1).to_json()
    names = {measure["name"] for measure in shape["measures"]}
    assert {"copying.verbatim", "copying.greedy", f"copying.{SHOWN}"} <= names
    assert all({"value", "low", "high", "n"} <= set(measure) for measure in shape["measures"])
    assert [one["repeats"] for one in shape["by_repeats"]] == [1, 64]
    assert shape["by_repeats"][1]["bits_per_token"] is None
    assert shape["cap"] == {"times": 1, "verbatim": 1.0, SHOWN: 1.0}


def test_the_plot_draws_each_repeat_count_and_says_it_in_words():
    drawn = audit([of_chance(1.0, 1), of_chance(0.0, 64)]).plot()
    assert drawn.startswith("<svg xmlns=")
    assert "1 times: 100.0%" in drawn
    assert "64 times: 0.0%" in drawn


def test_without_repeat_counts_there_is_nothing_to_draw():
    with pytest.raises(ConfigError, match="no repeat counts") as told:
        audit([of_chance(1.0)]).plot()
    assert "--repeats-field" in told.value.mend


def test_a_bound_is_kept_only_by_the_whole_interval():
    use = USE + '[[audit.gate]]\nmeasure = "copying.discoverable"\nwithin = 0.05\n'
    asked = bounds(parse_policy(use))
    few, none = measures([of_chance(0.0)] * 5), measures([of_chance(0.0)] * 200)
    (vague,), (kept,) = gates(asked, few), gates(asked, none)
    assert vague.judgement.verdict == "cannot tell"
    assert kept.judgement.verdict == "within"
    (broken,) = gates(asked, measures([of_chance(1.0)] * 20))
    assert broken.judgement.verdict == "outside"


def test_a_bound_on_an_unknown_measure_is_refused():
    use = USE + '[[audit.gate]]\nmeasure = "copying.luck"\nwithin = 0.05\n'
    with pytest.raises(ConfigError, match="no measure") as told:
        bounds(parse_policy(use))
    assert "copying.verbatim" in told.value.mend
