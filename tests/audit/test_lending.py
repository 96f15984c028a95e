"""Applications as text, swapped one attribute at a time, and what the answers come to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.audit.banks import audited, fair, table_of, unfair

from upright.audit import lending_measures as measures
from upright.audit.lending import NO, PHRASINGS, YES, Rendering, questions, swaps
from upright.audit.lending_audit import bounds
from upright.audit.lending_plots import swaps as swaps_drawn
from upright.audit.table_plots import standalone
from upright.generate.choosing import Chances
from upright.measure.names import LENDING_MEASURES
from upright.measure.table import Table
from upright.policy import parse_policy
from upright.terms import ConfigError

USE = '[use_case]\nname = "x"\npurpose = "y"\n'


def test_a_bank_that_looks_at_income_alone_is_within_and_keeps_it():
    audit = audited(fair)
    assert [one.figure.verdict for one in audit.swaps] == ["within", "within"]
    assert all(one.figure.value == pytest.approx(0, abs=1e-9) for one in audit.swaps)
    assert audit.kept[0].figure.verdict == "within"
    assert audit.kept[0].figure.value > 0.9
    assert audit.lender.auc.low > 0.7
    assert audit.lender.plainly.startswith("It ranks")


def test_a_bank_that_prefers_men_is_outside_by_what_it_prefers_them():
    sex, age = audited(unfair).swaps
    assert (sex.first, sex.second, sex.figure.verdict) == ("1", "2", "outside")
    assert sex.figure.value == pytest.approx(0.5)
    assert 0.05 < sex.p_yes < 0.125  # half a nat, in the middle and beside it
    assert age.figure.verdict == "within"


def test_bands_are_swapped_for_their_typical_number():
    def old(text, yes_first):
        return fair(text, yes_first) - (
            0.4 if int(text.split("age: ")[1].split("\n")[0]) >= 60 else 0
        )

    _, age = audited(old).swaps
    assert age.second == "60 or more"
    assert age.figure.value == pytest.approx(0.4)
    assert len(age.pairs) == 3


def test_position_of_yes_is_reported_and_is_balanced_out():
    audit = audited(fair)
    assert audit.lender.position_bias.value == pytest.approx(0.6)


def test_a_coin_is_called_a_coin():
    numbers = np.random.default_rng(3)
    audit = audited(lambda _text, _first: float(numbers.normal()))
    assert "cannot be told from a coin" in audit.lender.plainly
    assert audit.kept[0].figure.verdict == "cannot tell"


def test_income_that_counts_the_wrong_way_is_outside():
    assert audited(lambda text, first: -fair(text, first)).kept[0].figure.verdict == "outside"


def test_as_many_are_approved_as_turned_out_well_unless_a_threshold_is_given():
    table = table_of()
    audit = audited(fair, table)
    share = np.mean([value == "1" for value in table.columns["good"]])
    assert audit.lender.approved == pytest.approx(share, abs=0.02)
    assert audited(fair, table, threshold=0.999999).lender.approved == 0.0


def test_few_rows_cannot_tell_of_false_rejections_and_name_how_many_could():
    sex = audited(fair).rejections[0]
    assert sex.verdict == "cannot tell"
    assert sex.n_needed > 1000


def test_a_bank_that_rejects_good_women_is_outside():
    def harsh(text, yes_first):
        return fair(text, yes_first) - (4.0 if "woman" in text else 0.0)

    sex, _ = audited(harsh, margin=0.05).rejections
    assert sex.verdict == "outside"


def test_gates_are_judged_by_the_largest_over_all_attributes():
    gates = dict.fromkeys(LENDING_MEASURES, 0.3)
    told = {gate.measure: gate.judgement.verdict for gate in audited(unfair, gates=gates).gates}
    assert told["fairness.lending.logit_gap"] == "outside"
    assert told["fairness.lending.position_bias"] == "outside"
    assert told["fairness.lending.auc.shortfall"] == "within"
    quiet = {gate.measure: gate.judgement.verdict for gate in audited(fair, gates=gates).gates}
    assert quiet["fairness.lending.logit_gap"] == "within"


def test_a_use_must_set_a_bound_that_is_known():
    with pytest.raises(ConfigError, match="sets no bound"):
        bounds(parse_policy(f"schema = 1\n{USE}"))
    gate = '[[audit.gate]]\nmeasure = "fairness.lending.luck"\nwithin = 0.1'
    with pytest.raises(ConfigError, match=r"no measure 'fairness\.lending\.luck'"):
        bounds(parse_policy(f"schema = 1\n{USE}{gate}"))
    good = gate.replace("luck", "logit_gap")
    assert bounds(parse_policy(f"schema = 1\n{USE}{good}")) == {"fairness.lending.logit_gap": 0.1}


def test_the_label_is_never_told_and_swaps_differ_in_one_value_alone():
    table = table_of(20)
    swapped = swaps(table, ["sex"], {})
    asked = questions(table, "good", range(20), swapped, rendering=Rendering(), phrasings=3)
    assert len(asked) == 20 * 2 * 3 * 2
    texts = {(one.row, one.group, one.phrasing, one.yes_first): one.question for one in asked}
    for (row, group, phrasing, first), question in texts.items():
        content = question.messages[1].content
        assert "good" not in content
        if group >= 0:
            own = texts[row, -1, phrasing, first].messages[1].content
            assert len(content) == len(own)
            assert sum(a != b for a, b in zip(content, own, strict=True)) == 1


def test_yes_and_no_change_places_in_every_phrasing():
    table = table_of(2)
    asked = questions(
        table, "good", [0], swaps(table, ["sex"], {}), rendering=Rendering(), phrasings=3
    )
    for number in range(len(PHRASINGS)):
        told = {one.yes_first: one.question.messages[0].content for one in asked
                if one.phrasing == number}  # fmt: skip
        assert f"{YES} or {NO}" in told[True]
        assert f"{NO} or {YES}" in told[False]


def test_a_template_words_and_left_out_columns_are_heeded():
    row = {"income": "30", "sex": "2", "zip": "9", "empty": " "}
    words = {"sex": {"2": "woman"}}
    told = Rendering("A {sex} earning {income}.", words).text(row, ["sex"])
    assert told == "A woman earning 30."
    plain = Rendering("", words, frozenset({"zip"})).text(row, ["sex"])
    assert plain == "income: 30; sex: woman"


@pytest.mark.parametrize(
    "rendering",
    [Rendering("{colour}"), Rendering("{"), Rendering(words={"hair": {}}),
     Rendering(left_out=frozenset({"eyes"}))],
)  # fmt: skip
def test_a_rendering_of_what_is_not_there_is_refused(rendering):
    with pytest.raises(ConfigError):
        rendering.check(table_of(4))


@pytest.mark.parametrize(("name", "cut"), [("one", ()), ("sex", (3.0,)), ("city", ())])
def test_what_cannot_be_swapped_is_refused(name, cut):
    columns = {"one": ["1"] * 30, "sex": ["m", "f"] * 15, "city": [f"c{k}" for k in range(30)]}
    with pytest.raises(ConfigError, match=name):
        swaps(Table("t.csv", columns), [name], {name: cut})


def test_drawn_answers_of_one_kind_have_finite_log_odds():
    drawn = Chances((YES, NO), (0.0, -math.inf), (1.0, 0.0), (0.9, 0.0), (1.0, 0.1), 1.0,
                    "sampled", 32)  # fmt: skip
    assert measures._logit(drawn) == pytest.approx(math.log(32.5 / 0.5))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1000))
def test_ranks_agree_with_order(seed):
    values = np.random.default_rng(seed).integers(0, 8, size=30).astype(float)
    ranks = measures._ranks(values)
    assert ranks.sum() == pytest.approx(30 * 31 / 2)
    for a, b in zip(values, ranks, strict=True):
        assert b == (values < a).sum() + ((values == a).sum() + 1) / 2


def test_the_interval_of_a_swap_holds_the_truth_as_often_as_it_says():
    numbers = np.random.default_rng(5)
    held = sum(
        found.low <= 0.2 <= found.high
        for found in (measures._mean(numbers.normal(0.2, 1, size=15), 0.1) for _ in range(400))
    )
    assert 340 <= held <= 378


def test_a_bank_that_ranks_good_payers_last_is_no_coin():
    told = audited(lambda text, first: -fair(text, first)).lender.plainly
    assert told.startswith("It ranks those who turned out well last")


def test_the_audit_draws_what_it_says():
    drawn = standalone(swaps_drawn(audited(unfair)))
    assert drawn.startswith("<svg")
    assert "sex: 1 - 2" in drawn
    assert "outside" in drawn


@pytest.mark.parametrize(
    ("rendering", "swapped", "told"),
    [
        (Rendering(), ["good"], "`good` is what came true"),
        (Rendering(template="{income} {good}"), ["income"], "`good` is what came true"),
        (Rendering(left_out=frozenset({"sex"})), ["sex"], "the model is not told it"),
        (Rendering(template="earns {income}"), ["sex"], "the model is not told it"),
    ],
)
def test_what_a_model_is_not_told_is_not_audited(rendering, swapped, told):
    with pytest.raises(ConfigError, match=told):
        rendering.check_asked("good", swapped)


def test_what_a_model_is_told_can_be_audited():
    Rendering(template="{sex} earns {income}").check_asked("good", ["sex", "income"])
    Rendering().check_asked("good", ["sex"])
