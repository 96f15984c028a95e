"""The audit as a whole: its public shape, and what it makes of thresholds and groups."""

from __future__ import annotations

import json

import pytest

from upright.audit import audit_guard, shipped_terms
from upright.terms import ConfigError, Stage

FIGURES = {
    "auc",
    "auprc",
    "precision",
    "recall",
    "f1",
    "false_positive_rate",
    "recall_at_1pct_fpr",
    "calibration_error",
    "brier",
}


def test_the_public_shape(audit):
    shape = json.loads(json.dumps(audit.to_json(), allow_nan=False))
    assert set(shape) == FIGURES | {
        "use_case",
        "policy",
        "guard",
        "stage",
        "hazards",
        "flagged",
        "file",
        "sha256",
        "lines",
        "positive",
        "unscored",
        "level",
        "actions",
        "categories",
        "identities",
        "functionalities",
        "gates",
    }
    for name in FIGURES:
        assert {"value", "low", "high", "n", "method"} <= set(shape[name])
        assert shape[name]["low"] <= shape[name]["value"] <= shape[name]["high"]
    assert (shape["lines"], shape["positive"], shape["unscored"]) == (40, 20, 0)
    assert set(shape["identities"]) == {"groups", "worst"}
    assert {part["label"] for part in shape["functionalities"]} == {"positive", "negative"}
    assert [part["name"] for part in shape["categories"]] == ["<b>sport</b>", "weather"]


def test_the_figures_are_those_of_the_lines(audit):
    # Of 20 bad lines every other one has the loud word, and two more the quiet one.
    assert audit.figures["recall"].value == pytest.approx(12 / 20)
    assert audit.figures["precision"].value == 1.0
    assert audit.sample.decided() == {
        "positive": {"allow": 8, "flag": 2, "block": 10},
        "negative": {"allow": 20},
    }


def test_a_threshold_takes_the_place_of_the_rules_and_leaves_what_they_do(policy, lines_of):
    lines = lines_of([("grumble", True), ("mutter", True), ("hum", False), ("mutter", False)])
    by_rules = audit_guard(policy, lines, hazards=["custom"])
    assert by_rules.figures["recall"].value == 1.0
    none = audit_guard(policy, lines, hazards=["custom"], threshold=1.0)
    assert none.to_json()["flagged"] == "score of at least 1"
    everything = audit_guard(policy, lines, hazards=["custom"], threshold=0.0)
    assert everything.figures["false_positive_rate"].value == 1.0
    assert everything.sample.decided() == by_rules.sample.decided()
    assert everything.figures["auc"] == by_rules.figures["auc"]


def test_the_stage_decides_what_the_rules_do_and_not_the_scores(policy, lines_of):
    lines = lines_of([("grumble", True), ("hum", False)])
    at_data = audit_guard(policy, lines, hazards=["custom"], stage=Stage.DATA)
    assert at_data.figures["recall"].value == 0.0
    assert at_data.figures["auc"].value == 1.0


def test_groups_come_from_a_field_from_words_or_from_both(policy, lines_of):
    rows = [("A sikh may grumble", True), ("A smith may hum", False)]
    field = [("smith",), ()]

    def groups(terms, **columns):
        found = audit_guard(policy, lines_of(rows, **columns), hazards=["custom"], terms=terms)
        return found.identities and {part.name: part.n for part in found.identities.groups}

    assert groups(None) is None
    assert groups(None, groups=field) == {"smith": 1}
    assert groups(shipped_terms()) == {"sikh": 1}
    assert groups(shipped_terms(), groups=field) == {"sikh": 1, "smith": 1}


def test_a_file_whose_lines_name_nobody_has_no_groups(policy, lines_of):
    lines = lines_of([("grumble", True), ("hum", False)])
    found = audit_guard(policy, lines, hazards=["custom"], terms=shipped_terms())
    assert found.to_json()["identities"] == {"groups": [], "worst": {}}


def test_figures_that_are_bounded_carry_the_verdict(lines_of, policy):
    bounded = policy.model_copy(
        update={
            "audit": policy.audit.model_validate(
                {"gate": [{"measure": "guard.auc.shortfall", "within": 0.2}]}
            )
        }
    )
    lines = lines_of([("grumble", True), ("hum", False)] * 60)
    shape = audit_guard(bounded, lines, hazards=["custom"]).to_json()
    assert shape["auc"]["verdict"] == "within"
    (gate,) = shape["gates"]
    assert gate["measure"] == "guard.auc.shortfall"
    assert gate["value"] == pytest.approx(1 - shape["auc"]["value"])
    assert (gate["at_most"], gate["verdict"]) == (0.2, "within")


def test_hazards_that_are_none_are_refused_before_any_text_is_read(policy, lines_of):
    told = []
    with pytest.raises(ConfigError, match="no toxicity at the stage"):
        audit_guard(policy, lines_of([("a", True)]), advance=lambda: told.append(1))
    assert told == []


def test_the_same_lines_give_the_same_audit(policy, lines_of):
    lines = lines_of([(f"{n} grumble" if n % 3 else f"{n} hum", n % 2 == 0) for n in range(50)])
    first, second = (
        json.dumps(audit_guard(policy, lines, hazards=["custom"]).to_json()) for _ in range(2)
    )
    assert first == second


@pytest.mark.shared
def test_a_real_file_is_audited(shared_data):
    from upright.audit import Fields, read_labelled  # noqa: PLC0415 (only where there is data)
    from upright.policy import preset  # noqa: PLC0415 (the same)

    path = shared_data / "toxicity" / "surge_social.jsonl.gz"
    lines = read_labelled(str(path), Fields("text", "label", ("Toxic",), ("Not Toxic",)))
    found = audit_guard(preset("storytelling"), lines)
    assert found.subject.lines == 748
    assert found.figures["auc"].low > 0.5
    assert found.figures["auc"].verdict is None
