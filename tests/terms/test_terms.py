"""The shared nouns keep their shape and their promises."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.terms import (
    HAZARDS,
    Action,
    ConfigError,
    Context,
    DetectorError,
    Finding,
    MissingExtraError,
    Outcome,
    Record,
    Stage,
    UprightError,
    Verdict,
    canonical_json,
    digest,
    hazard_of_rule,
    home,
)

FINDING = Finding(
    rule="pii.email",
    hazard="personal_data",
    severity=2,
    score=0.9,
    start=3,
    end=9,
    explanation="An e-mail address.",
)

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON_VALUES))
def test_digest_does_not_depend_on_the_order_of_keys(value):
    backwards = dict(reversed(value.items()))
    assert digest(value) == digest(backwards)


@given(st.text(), st.text())
def test_different_texts_have_different_digests(first, second):
    assert (digest(first) == digest(second)) == (first == second)


@given(JSON_VALUES)
def test_canonical_json_reads_back(value):
    assert json.loads(canonical_json(value).decode("utf-8", "surrogatepass")) == value


def test_digest_is_sha256_of_the_given_bytes():
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest(b"") == f"sha256:{empty}"


def test_a_lone_surrogate_still_has_a_digest_of_its_own():
    assert digest("\ud800") != digest("\ud801")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_without_a_json_form_are_refused(value):
    with pytest.raises(ValueError, match="JSON"):
        digest({"x": value})


def test_actions_are_ordered_from_the_mildest_to_the_strictest():
    ranks = [action.strictness for action in Action]
    assert ranks == sorted(ranks)
    assert min(Action, key=lambda action: action.strictness) is Action.ALLOW
    assert max(Action, key=lambda action: action.strictness) is Action.BLOCK


def test_finding_line_has_the_public_shape():
    assert FINDING.to_json() == {
        "rule": "pii.email",
        "hazard": "personal_data",
        "severity": 2,
        "score": 0.9,
        "start": 3,
        "end": 9,
        "explanation": "An e-mail address.",
    }


def test_finding_line_names_context_and_source_where_there_are_any():
    copied = Finding("copy.text", "copy", 3, 1.0, 0, 5, "Stands in a work.", Context.REPORT, "w1")
    assert copied.to_json()["context"] == "report"
    assert copied.to_json()["source"] == "w1"


def test_shifting_moves_the_span_and_nothing_else():
    moved = FINDING.shifted(10)
    assert (moved.start, moved.end) == (13, 19)
    assert moved.shifted(-10) == FINDING


def test_verdict_gives_its_findings_without_the_decisions():
    verdict = Verdict(Action.REDACT, "x", (Outcome(FINDING, Action.REDACT, 0),))
    assert verdict.findings == (FINDING,)


def test_detector_error_has_the_public_shape():
    error = DetectorError("pii.email", "timeout", Action.BLOCK)
    assert error.to_json() == {"rule": "pii.email", "kind": "timeout", "action": "block"}


def test_records_carry_what_came_with_them():
    record = Record("text", id="7", fields={"lang": "en"})
    assert (record.id, record.role, record.fields["lang"]) == ("7", None, "en")


def test_stages_are_the_four_of_the_design():
    assert [stage.value for stage in Stage] == ["data", "prompt", "retrieved", "output"]


def test_every_hazard_is_defined_and_mapped():
    assert len(HAZARDS) >= 15
    for key, hazard in HAZARDS.items():
        assert hazard.key == key
        assert hazard.title
        assert hazard.definition.endswith(".")
        assert hazard.rules


@pytest.mark.parametrize(
    ("rule", "hazard"),
    [
        ("pii.email", "personal_data"),
        ("secret.private_key", "secret"),
        ("injection.override", "injection"),
        ("toxicity.threat", "threat"),
        ("topic.politics", "denied_topic"),
        ("hidden.invisible", "hidden_text"),
        ("custom.order", "custom"),
    ],
)
def test_a_rule_speaks_of_one_hazard(rule, hazard):
    assert hazard_of_rule(rule) == hazard
    owners = [key for key in HAZARDS if hazard_of_rule(rule) == key]
    assert owners == [hazard]


def test_an_unknown_rule_has_no_hazard():
    with pytest.raises(KeyError):
        hazard_of_rule("nonsense.rule")


def test_errors_say_what_mends_them():
    assert "mend: do this" in str(UprightError("it broke", mend="do this"))
    assert str(UprightError("it broke")) == "it broke"
    assert ConfigError("bad").exit_code == 2


def test_a_missing_extra_names_the_command_that_brings_it():
    error = MissingExtraError("The gateway", "serve", missing="fastapi")
    assert "pip install 'upright[serve]'" in str(error)
    assert "fastapi" in str(error)


def test_home_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "state"))
    assert home() == tmp_path / "state"
    assert not home().exists()


@pytest.mark.parametrize(
    ("platform", "tail"),
    [
        ("linux", ".local/share/upright"),
        ("darwin", "Library/Application Support/upright"),
        ("win32", "AppData/Local/upright"),
    ],
)
def test_home_defaults_to_the_platforms_data_folder(monkeypatch, platform, tail):
    for name in ("UPRIGHT_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    assert home() == Path.home() / tail


def test_importing_upright_opens_no_file_of_its_own_and_brings_no_heavy_package():
    code = (
        "import sys; before = set(sys.modules); import upright, upright.terms; "
        "print(sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    heavy = {"torch", "numpy", "pydantic", "sqlalchemy", "fastapi", "typer", "rich", "socket"}
    assert heavy.isdisjoint(eval(result.stdout))
