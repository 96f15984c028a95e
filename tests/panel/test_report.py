"""What is said before any figure is read, and the shape that programs read."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.panel.stand_in import Model, study_text

from upright.generate.choosing_work import open_book
from upright.guard import Guard
from upright.measure.intervals import Interval
from upright.panel.guarding import Withheld
from upright.panel.reading import parse_study
from upright.panel.report import LIMITS, Report
from upright.panel.run import digest_of, prepare, run
from upright.policy import open_policy


@pytest.fixture(scope="module")
def report() -> Report:
    guard, model = Guard.from_policy(open_policy("focus-group")), Model()
    panel = prepare(parse_study(study_text(60)), guard)

    async def go():
        with open_book(model, None) as book:
            return await run(panel, model, guard, book, use="focus-group", disclosure="By AI.")

    return asyncio.run(go())


def biased(report, value, low, high):
    figure = replace(report.position_bias, interval=Interval(value, low, high, 60, 0.95))
    return replace(report, position_bias=figure)


def test_a_report_without_trouble_says_nothing_first(report):
    assert report.plainly == []


def test_bias_is_said_where_its_interval_leaves_out_zero(report):
    assert "+12.0% more where it stands first" in biased(report, 0.12, 0.05, 0.2).plainly[0]
    assert "-12.0% more" in biased(report, -0.12, -0.2, -0.05).plainly[0]
    assert biased(report, 0.12, -0.05, 0.3).plainly == []


def test_a_place_that_decides_is_said_in_place_of_bias(report):
    parts = {"order": 0.8, "phrasing": 0.0, "person": 0.1, "rest": 0.1}
    told = replace(biased(report, 0.9, 0.8, 1.0), dominated=True, variance=parts).plainly
    assert told[0].startswith("Position decides: 80% of the variance")
    assert "10% is the person" in told[0]
    assert "that groups are equal is not concluded" in told[0]
    assert len(told) == 1


@given(st.floats(0, 1))
def test_a_person_that_hardly_matters_is_said_below_a_twentieth(report, part):
    parts = {"order": 0.0, "phrasing": 0.0, "person": part, "rest": 1 - part}
    told = replace(report, variance=parts).plainly
    assert bool(told) == (part < 0.05)
    assert all("no achievement" in line for line in told)


@given(st.floats(0, 1))
def test_a_model_that_would_say_something_else_is_said_below_one_half(report, mass):
    told = replace(report, mass=mass).plainly
    assert bool(told) == (mass < 0.5)
    assert all("Left free" in line and "among the products alone" in line for line in told)


def test_people_and_answers_that_are_missing_are_said_with_their_numbers(report):
    withheld = Withheld()
    for rules in ((), ("pii.email",), ("pii.email", "pii.phone")):
        withheld.note("persona", rules)
    told = replace(report, withheld=withheld, unseen=7).plainly
    assert told[0].startswith("2 of 3 people were held back by the guard")
    assert "need not meet the declared shares" in told[0]
    assert told[1].startswith("In 7 of 360 answers the model named no product")


def test_all_troubles_are_said_at_once(report):
    withheld = Withheld()
    withheld.note("persona", ("pii.email",))
    parts = {"order": 0.99, "phrasing": 0.0, "person": 0.01, "rest": 0.0}
    worst = replace(
        biased(report, 0.9, 0.8, 1.0),
        dominated=True,
        variance=parts,
        mass=0.1,
        unseen=1,
        withheld=withheld,
    )
    assert len(worst.plainly) == 5


def test_how_many_were_asked_counts_people_who_are_alike_once(report):
    assert report.asked == f"60 invented people, 360 answers ({report.different} different ones)"
    assert report.different < report.questions
    assert replace(report, different=360).asked == "60 invented people, 360 answers"


def test_the_shape_has_every_key_that_is_published(report):
    shape = report.to_json()
    assert set(shape) == {
        "name", "study", "use", "disclosure", "model", "digest", "guard", "way", "products",
        "people", "questions", "different", "mass", "unseen", "plainly", "shares", "associations",
        "kept", "equal", "position_bias", "variance", "dominated", "groups", "withheld", "limits",
    }  # fmt: skip
    assert json.loads(json.dumps(shape, allow_nan=False))["limits"] == list(LIMITS)


def test_reasons_are_in_the_shape_where_there_are_any(report):
    shape = replace(report, reasons=[("a woman", "spade", "I dig.")]).to_json()
    assert shape["reasons"] == [{"persona": "a woman", "product": "spade", "reason": "I dig."}]
    assert "reasons" not in report.to_json()


def test_every_figure_has_an_interval_a_count_and_a_method(report):
    shape = report.to_json()
    figures = [shape["position_bias"]]
    for name in ("shares", "associations", "kept", "equal"):
        figures += shape[name]
    for figure in figures:
        assert figure["low"] <= figure["value"] <= figure["high"]
        assert figure["n"] > 0
        assert figure["method"]
    assert all(figure["verdict"] for figure in (*shape["kept"], *shape["equal"]))


def test_groups_hold_everybody_once_for_each_attribute_and_their_shares_sum_to_one(report):
    for name in ("gender", "age", "work", "place"):
        groups = [one for one in report.groups if one.attribute == name]
        assert sum(one.n for one in groups) == 60
        for one in groups:
            assert sum(one.shares) == pytest.approx(1)
    mean = sum(one.n * one.shares[0] for one in report.groups if one.attribute == "age") / 60
    assert mean == pytest.approx(report.shares[0].interval.value)


def test_limits_say_that_nobody_was_asked_and_where_such_panels_were_wrong():
    told = " ".join(LIMITS)
    assert "Nobody was asked" in told
    assert "Bisbee et al. 2024" in told
    assert "48 %" in told
    assert "real people" in LIMITS[-1]
    for word in ("debiased", "safe", "compliant"):
        assert word not in told


def test_a_study_has_another_digest_once_anything_of_it_changes():
    text = study_text(60)
    swaps = [("seed = 3", "seed = 4"), ("margin = 0.1", "margin = 0.2"), ("0.75, man", "0.7, man")]
    digests = {digest_of(parse_study(text.replace(*swap))) for swap in swaps}
    assert len(digests | {digest_of(parse_study(text))}) == 4
    assert digest_of(parse_study(f"# a remark\n{text}")) == digest_of(parse_study(text))
