"""A panel from the study to the report: what is planted comes out, and what is hollow is said."""

import asyncio
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.panel.stand_in import Model, study_text

from upright.generate import EngineError
from upright.generate.choosing import Chances
from upright.generate.choosing_work import open_book
from upright.guard import Guard
from upright.measure.intervals import Interval
from upright.panel import measures
from upright.panel.asking import cells, orders
from upright.panel.page import page
from upright.panel.personas import personas
from upright.panel.reading import parse_study
from upright.panel.report import LIMITS
from upright.panel.run import NobodyLeftError, prepare, run
from upright.policy import open_policy
from upright.terms import ConfigError


@pytest.fixture(scope="module")
def guard():
    return Guard.from_policy(open_policy("focus-group"))


def reported(guard, model=None, text=None, folder=None):
    panel = prepare(parse_study(text or study_text()), guard)
    model = model or Model()

    async def go():
        with open_book(model, folder) as book:
            return await run(panel, model, guard, book, use="focus-group", folder=folder)

    return asyncio.run(go())


def test_a_planted_affinity_comes_out_within_its_interval(guard):
    report = reported(guard, text=study_text(400))
    (kept,) = report.kept
    assert kept.verdict == "within"
    assert kept.more["recovered"]
    assert kept.more["planted"]["value"] == pytest.approx(0.5, abs=0.03)
    (equal,) = report.equal
    assert equal.verdict == "within"


def test_an_affinity_that_the_model_turns_round_is_outside(guard):
    model = Model({"likes gardens": -3.0, "likes games": 3.0})
    (kept,) = reported(guard, model, study_text(400)).kept
    assert kept.verdict == "outside"
    assert kept.interval.value < -0.9
    assert not kept.more["recovered"]


def test_an_attribute_that_matters_and_must_not_is_outside(guard):
    model = Model({"place: town": 2.0, "likes gardens": 1.0})
    (equal,) = reported(guard, model, study_text(200)).equal
    assert equal.verdict == "outside"
    assert set(equal.more["groups"]) == {"town", "village"}
    assert abs(equal.interval.value) > 0.1


def test_few_people_cannot_tell_and_more_are_named(guard):
    text = study_text(24, margin=('attribute = "place"\nmargin = 0.1', 'attribute = "place"'))
    (equal,) = reported(guard, text=text).equal
    assert equal.verdict == "cannot tell"
    assert equal.n_needed > 12


def test_position_is_reported_and_where_it_decides_nothing_is_called_equal(guard):
    model = Model({"likes gardens": 0.1}, place=4.0)
    report = reported(guard, model, study_text(200))
    assert report.position_bias.interval.low > 0.9
    assert report.dominated
    assert [one.verdict for one in report.equal] == ["cannot tell"]
    assert report.equal[0].why
    assert report.plainly[0].startswith("Position decides")
    assert "person hardly matters" in report.plainly[1]


def test_a_position_that_only_helps_is_balanced_out(guard):
    without, with_ = (
        reported(guard, Model({"likes gardens": 1.0}, place=place)) for place in (0.0, 0.5)
    )
    assert not with_.dominated
    assert with_.shares[0].interval.value == pytest.approx(
        without.shares[0].interval.value, abs=0.03
    )
    assert "position bias" in with_.plainly[0]


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 5))
def test_each_product_stands_at_each_place_once(count):
    listed = orders(count)
    for place in range(count):
        assert sorted(order[place] for order in listed) == list(range(count))


def test_everybody_is_asked_everything_or_a_turn_of_phrasings():
    study = parse_study(study_text(30))
    people = personas(study)
    assert len(cells(study, people)) == 30 * 3 * 2
    turned = parse_study(study_text(30, s=("seed = 3", "seed = 3\nphrasings_each = 1")))
    asked = cells(turned, people)
    assert len(asked) == 30 * 2
    assert {one.phrasing for one in asked} == {0, 1, 2}
    for person in people:
        assert len({one.phrasing for one in asked if one.persona == person.number}) == 1


def test_letters_follow_the_order_of_the_list():
    study = parse_study(study_text(4, s=("seed = 3", 'seed = 3\nanswers = "letters"')))
    for cell in cells(study, personas(study)):
        options = dict(zip(["spade", "game"], cell.question.options, strict=True))
        for name, letter in options.items():
            assert f"{letter}. {name}: " in cell.question.messages[0].content


def test_a_person_that_the_guard_would_change_is_left_out_and_counted(guard):
    text = study_text(
        40,
        y=("young = 3, old = 1", '"joe@example.com" = 1, old = 3'),
        z=("young = {", '"joe@example.com" = {'),
    )
    report = reported(guard, text=text)
    assert report.withheld.texts("persona") == 10
    assert report.people == 30
    assert report.to_json()["withheld"]["persona"]["rules"] == {"pii.email": 10}


def test_a_product_that_the_guard_would_change_is_refused(guard):
    with pytest.raises(ConfigError, match=r"text of product 1 is held back by .*pii\.email"):
        reported(guard, text=study_text(s=("For digging.", "Ask joe@example.com about it.")))


def test_a_panel_of_which_nobody_is_left_could_not_be_measured(guard):
    swap = ("seed = 3", 'seed = 3\npersona = "{gender} at joe@example.com in a {place}"')
    with pytest.raises(NobodyLeftError) as problem:
        prepare(parse_study(study_text(s=swap)), guard)
    assert problem.value.exit_code == 3


def test_ages_are_declared_and_held_back_by_nobody(guard):
    swap = ("seed = 3", 'seed = 3\npersona = "A 34-year-old {gender} in a {place}"')
    assert len(prepare(parse_study(study_text(s=swap)), guard).people) == 80


def test_reasons_are_drawn_guarded_and_kept(guard, tmp_path):
    text = study_text(6, s=("seed = 3", "seed = 3\nreasons = true"))
    report = reported(guard, text=text, folder=tmp_path)
    assert len(report.reasons) == 6
    assert report.reasons[0][2] == "Because I am who I am."
    assert report.withheld.looked["reason"] == 6
    kept = tmp_path / "reasons.jsonl"
    kept.write_text(kept.read_text()[:-5])
    assert reported(guard, text=text, folder=tmp_path).reasons == report.reasons
    assert len(kept.read_text().splitlines()) == 6


def test_a_broken_run_goes_on_where_it_was_and_ends_as_if_whole(guard, tmp_path):
    class Breaking(Model):
        async def logs_after(self, prompt, options):
            if self.asked == 40:
                raise EngineError("broken", kind="unavailable")
            return await super().logs_after(prompt, options)

    with pytest.raises(EngineError):
        reported(guard, Breaking(), folder=tmp_path)
    again, whole = Model(), Model()
    report = reported(guard, again, folder=tmp_path)
    assert report.to_json() == reported(guard, whole).to_json()
    assert again.asked == whole.asked - 40


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 200), st.integers(0, 200), st.integers(2, 12))
def test_wherever_a_run_breaks_and_breaks_again_it_ends_as_if_whole(first, second, people):
    class Breaking(Model):
        async def logs_after(self, prompt, options):
            if self.asked == self.fails:
                raise EngineError("broken", kind="unavailable")
            return await super().logs_after(prompt, options)

    guard, text = Guard.from_policy(open_policy("focus-group")), study_text(people)
    whole = Model()
    report = reported(guard, whole, text).to_json()
    with tempfile.TemporaryDirectory() as folder:
        asked = 0
        for fails in (first, second, None):
            model = Breaking(fails=fails)
            try:
                found = reported(guard, model, text, Path(folder)).to_json()
            except EngineError:
                found = None
            asked += model.asked
        assert found == report
        assert asked == whole.asked, "each question is answered once, however often it breaks"


def test_people_to_whom_no_product_is_named_are_left_out():
    study = parse_study(study_text(4))
    people = personas(study)
    asked = cells(study, people)
    nothing = Chances(
        ("spade", "game"), (-np.inf,) * 2, (np.nan,) * 2, (0, 0), (1, 1), 0.0, "sampled", 8
    )
    some = replace(nothing, shares=(0.25, 0.75), logs=(-1, -1), mass=1.0)
    found = [nothing if one.persona == 0 else some for one in asked]
    answers = measures.Answers(study, people, asked, found)
    assert answers.unseen == 6
    assert answers.mass == 0.75


def test_the_report_is_the_same_each_time_and_discloses_its_limits(guard):
    first, second = reported(guard), reported(guard)
    assert json.dumps(first.to_json()) == json.dumps(second.to_json())
    assert page(first) == page(second)
    assert first.to_json()["limits"] == list(LIMITS)
    assert "Bisbee" in page(first)
    assert "No person was asked." in page(first)


def test_long_names_are_cut_beside_the_chart_and_whole_in_the_table(guard):
    long = "a spade of hardened steel with a long wooden handle"
    shown = page(reported(guard, text=study_text(20, s=('"spade"', f'"{long}"'))))
    assert f"<title>kept: gender, {long}</title>" in shown
    assert f">kept: gender, {long}<" in shown
    labels = re.findall(r'<text class="label end"[^>]*>([^<]*)', shown)
    assert max(map(len, labels)) <= 28


def test_the_page_asks_nobody_for_anything_and_escapes_names(guard):
    text = study_text(20, s=('name = "evenings"', 'name = "<script>x</script>"'))
    shown = page(reported(guard, text=text))
    assert "<script" not in shown
    assert "http" not in shown.replace("http-equiv", "")
    assert "default-src 'none'" in shown


def test_parts_of_the_variance_are_of_what_varies(guard):
    person = reported(guard, Model({"likes gardens": 2.0, "likes games": -2.0}))
    assert person.variance["person"] > 0.95
    nothing = reported(guard, Model({"nowhere": 1.0}))
    assert set(nothing.variance.values()) == {0.0}
    assert person.variance["order"] < 0.01


def test_a_panel_of_three_products_balances_all_places(guard):
    more = '[[product]]\nname = "ticket"\ndescription = "For a concert."\n\n[[keep]]'
    text = study_text(30, s=("[[keep]]", more))

    class Three(Model):
        async def logs_after(self, prompt, options):
            self.asked += 1
            shown = bytes(prompt).decode()
            names = ["".join(map(chr, option)) for option in options]
            return [-1.0 if shown.index(one) == min(map(shown.index, names)) else -2.0
                    for one in names]  # fmt: skip

    report = reported(guard, Three(), text)
    assert [one.interval.value for one in report.shares] == pytest.approx([1 / 3] * 3)
    assert report.position_bias.interval.value > 0.3
    assert report.dominated


@settings(deadline=None, max_examples=30)
@given(st.floats(-0.2, 0.2), st.floats(0.001, 0.1), st.floats(0.01, 0.15))
def test_within_and_outside_are_said_only_of_a_whole_interval(value, half, margin):
    found = Interval(value, value - half, value + half, 100, 0.9)
    verdict, needed = measures._within(found, margin)
    if verdict == "within":
        assert max(abs(found.low), abs(found.high)) < margin
    elif verdict == "outside":
        assert found.low > margin or found.high < -margin
    elif needed is not None:
        assert needed > found.n


def test_small_groups_are_never_called_equal():
    few = measures._difference(np.zeros(5), np.zeros(50))
    assert (few.low, few.high) == (-1.0, 1.0)
    assert measures._within(few, 0.5) == ("cannot tell", None)


def test_what_is_hollow_keeps_its_violations():
    figures = [
        measures.Figure("a", Interval(0, 0, 0, 9, 0.9), "m", verdict)
        for verdict in ("within", "outside", "cannot tell")
    ]
    parts = {"order": 0.8, "person": 0.1, "phrasing": 0.0, "rest": 0.1}
    assert [one.verdict for one in measures.hollow(figures, parts)] == [
        "cannot tell", "outside", "cannot tell",
    ]  # fmt: skip
    heard = parts | {"order": 0.1, "person": 0.8}
    assert measures.hollow(figures, heard) == figures
