"""What is read from a policy is what the guard does, so lint and diff tell the truth."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from upright.guard.detectors import catalogue
from upright.guard.rules import Rulebook
from upright.policy import Policy, preset, preset_names
from upright.policy.reading import read_rules
from upright.policy.words import name_of
from upright.terms import Action, Context, Finding, Stage

RULE_IDS = ("pii.email", "pii.phone", "toxicity.hate", "hidden.invisible", "custom.x")
GLOBS = st.sampled_from(["*", "pii.*", "pii.e*", "pii.email", "toxicity.*", "custom.[xy]", "none"])
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "detect": st.lists(GLOBS, min_size=1, max_size=3),
            "at": st.lists(st.sampled_from(list(Stage)), min_size=1, max_size=4),
            "action": st.sampled_from(list(Action)),
            "text": st.just("instead"),
            "min_severity": st.integers(0, 4),
            "min_score": st.sampled_from([0.0, 0.3, 0.5, 1.0]),
            "context": st.dictionaries(
                st.sampled_from(list(Context)), st.sampled_from(list(Action)), max_size=2
            ),
            "observe": st.booleans(),
        }
    ),
    max_size=6,
)
FINDINGS = st.builds(
    Finding,
    rule=st.sampled_from(RULE_IDS),
    hazard=st.just("custom"),
    severity=st.integers(0, 4),
    score=st.sampled_from([0.0, 0.3, 0.4, 0.5, 0.99, 1.0]),
    start=st.just(0),
    end=st.just(1),
    explanation=st.just(""),
    context=st.none() | st.sampled_from(list(Context)),
)


def read(policy, finding, stage):
    return read_rules(
        policy,
        finding.rule,
        stage,
        severity=finding.severity,
        score=finding.score,
        context=finding.context,
    )


@given(RULES, st.lists(FINDINGS, min_size=1, max_size=5), st.sampled_from(list(Stage)))
def test_what_is_read_is_what_the_guard_decides(rules, findings, stage):
    use = {"name": "x", "purpose": "y"}
    policy = Policy.model_validate({"schema": 1, "use_case": use, "guard": {"rule": rules}})
    outcomes = Rulebook(policy.guard).weigh("x", findings, stage)
    for finding, outcome in zip(findings, outcomes, strict=True):
        reading = read(policy, finding, stage)
        assert (reading.action, reading.rule_index, reading.observed) == (
            outcome.action,
            outcome.rule_index,
            outcome.observed,
        )


@given(st.sampled_from(preset_names()), FINDINGS, st.sampled_from(list(Stage)))
def test_presets_are_read_as_the_guard_decides(name, finding, stage):
    policy = preset(name)
    (outcome,) = Rulebook(policy.guard).weigh("x", [finding], stage)
    reading = read(policy, finding, stage)
    assert (reading.action, reading.rule_index) == (outcome.action, outcome.rule_index)


def test_every_detector_of_this_release_has_a_name_that_people_use():
    unnamed = [rule for rule in catalogue() if name_of(rule) == rule.partition(".")[2]]
    assert unnamed == []
