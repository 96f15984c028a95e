"""Each preset is a worked example: it does what its use needs, as the use's page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from upright.policy import preset, preset_names
from upright.policy.reading import read_rules
from upright.terms import Action, Context, Stage

EIGHT = (
    "classroom",
    "coding-assistant",
    "focus-group",
    "lending",
    "meeting-minutes",
    "news-writing",
    "research-assistant",
    "storytelling",
)


def action(name, rule, stage, **finding):
    return read_rules(preset(name), rule, Stage(stage), **finding).action


def test_all_eight_are_there():
    assert preset_names() == EIGHT


@pytest.mark.parametrize("name", EIGHT)
def test_a_preset_bears_its_name_and_says_everything(name):
    policy = preset(name)
    assert policy.use_case.name == name
    assert policy.use_case.audience
    assert policy.generation.system
    assert policy.guard.rule
    assert policy.audit.gate
    assert policy.disclosure.text
    assert policy.guard.on_error == "block"


@pytest.mark.parametrize("name", EIGHT)
def test_no_preset_lets_a_key_or_a_card_through_anywhere(name):
    for rule in ("secret.token", "pii.payment_card", "pii.url_credentials"):
        for stage in Stage:
            assert action(name, rule, stage) in {Action.REDACT, Action.PSEUDONYMISE, Action.BLOCK}


@pytest.mark.parametrize("name", EIGHT)
def test_every_preset_meets_orders_from_strangers(name):
    assert action(name, "injection.override", "retrieved").strictness >= Action.REDACT.strictness
    assert action(name, "injection.override", "prompt").strictness >= Action.REDACT.strictness


@pytest.mark.parametrize("name", EIGHT)
def test_no_preset_lets_grave_hate_stand_in_its_own_voice(name):
    assert action(name, "toxicity.hate", "output").strictness >= Action.REDACT.strictness


@pytest.mark.parametrize("name", EIGHT)
def test_no_preset_passes_a_request_for_harm_or_an_unmeasured_language_in_silence(name):
    assert action(name, "request.harmful", "prompt", severity=2) is not Action.ALLOW
    assert action(name, "request.copyright", "prompt", severity=1) is not Action.ALLOW
    for stage in Stage:
        assert action(name, "language.unmeasured", stage, severity=1) is not Action.ALLOW


def test_requests_for_harm_are_refused_but_where_harm_is_told_studied_or_minuted():
    grave = {name: action(name, "request.harmful", "prompt", severity=3).value for name in EIGHT}
    assert {name for name in EIGHT if grave[name] == "block"} == {
        "classroom",
        "coding-assistant",
        "focus-group",
        "lending",
    }
    assert {grave[name] for name in EIGHT if grave[name] != "block"} == {"flag"}


def test_whoever_publishes_may_not_have_protected_work_written_out():
    for name in ("classroom", "news-writing", "research-assistant", "storytelling"):
        assert action(name, "request.copyright", "prompt", severity=2) is Action.BLOCK


def test_what_the_detectors_cannot_judge_reaches_no_child_and_no_applicant_unread():
    sure, unsure = {"severity": 1, "score": 0.97}, {"severity": 1, "score": 0.8}
    for stage in ("prompt", "output"):
        assert action("classroom", "language.unmeasured", stage, **sure) is Action.BLOCK
        assert action("classroom", "language.unmeasured", stage, **unsure) is Action.FLAG
    assert action("lending", "language.unmeasured", "output", **unsure) is Action.REVIEW
    assert action("lending", "language.unmeasured", "prompt", **sure) is Action.FLAG


@pytest.mark.parametrize(
    ("context", "left"),
    [
        (Context.QUOTATION, "news-writing research-assistant storytelling classroom"),
        (Context.REPORT, "news-writing research-assistant meeting-minutes focus-group classroom"),
        (Context.COUNTER_SPEECH, "news-writing research-assistant storytelling coding-assistant"),
        (Context.NEGATION, "news-writing research-assistant storytelling focus-group classroom"),
        (Context.RECLAIMED, "news-writing research-assistant storytelling focus-group"),
        (Context.OPINION, ""),
    ],
)
def test_hate_is_left_only_in_contexts_that_the_use_lives_on(context, left):
    for name in EIGHT:
        done = action(name, "toxicity.hate", "output", severity=3, context=context)
        if name in left.split():
            assert done in {Action.ALLOW, Action.FLAG}
        elif name == "lending" or context is Context.OPINION:
            assert done.strictness >= Action.REDACT.strictness


def test_a_child_in_need_gets_the_answer_for_it_and_a_lesson_about_it_goes_on():
    said = {"severity": 3}
    mentioned = {"severity": 1, "context": Context.REPORT}
    for stage in ("prompt", "output"):
        assert action("classroom", "toxicity.self_harm", stage, **said) is Action.REPLACE
    assert action("classroom", "toxicity.self_harm", "output", **mentioned) is Action.FLAG


def test_every_action_is_shown_by_some_preset():
    shown = {
        act
        for name in EIGHT
        for rule in preset(name).guard.rule
        for act in (rule.action, *rule.context.values())
    }
    assert shown == set(Action)


def test_some_preset_watches_before_it_acts():
    assert {n for n in EIGHT if any(r.observe for r in preset(n).guard.rule)} == {
        "focus-group",
        "news-writing",
    }


# One finding, three uses, three outcomes: what the presets are for.
@pytest.mark.parametrize(
    ("rule", "stage", "finding", "outcomes"),
    [
        (
            "pii.email",
            "prompt",
            {},
            {
                "storytelling": "redact",
                "meeting-minutes": "pseudonymise",
                "coding-assistant": "allow",
            },
        ),
        (
            "toxicity.threat",
            "output",
            {"severity": 3},
            {"storytelling": "flag", "news-writing": "review", "classroom": "block"},
        ),
        (
            "toxicity.hate",
            "output",
            {"severity": 3, "context": Context.QUOTATION},
            {"storytelling": "flag", "research-assistant": "flag", "lending": "block"},
        ),
        (
            "toxicity.harassment",
            "output",
            {"severity": 2, "context": Context.OPINION},
            {"focus-group": "flag", "meeting-minutes": "redact", "classroom": "block"},
        ),
        ("toxicity.threat", "prompt", {"severity": 4}, {"classroom": "block"}),
        (
            "toxicity.threat",
            "prompt",
            {"severity": 4, "context": Context.QUOTATION},
            {"classroom": "flag"},
        ),
        ("topic.self_harm", "prompt", {}, {"classroom": "replace", "storytelling": "allow"}),
        ("custom.promise", "output", {}, {"lending": "review", "focus-group": "allow"}),
    ],
)
def test_the_same_finding_is_treated_as_the_use_demands(rule, stage, finding, outcomes):
    assert {name: action(name, rule, stage, **finding).value for name in outcomes} == outcomes


def test_uses_bound_to_facts_are_grounded_and_uses_of_invention_are_creative():
    modes = {name: preset(name).generation.mode for name in EIGHT}
    assert {n for n, mode in modes.items() if mode == "grounded"} == {
        "lending",
        "meeting-minutes",
        "news-writing",
        "research-assistant",
    }
    assert {n for n, mode in modes.items() if mode == "creative"} == {"focus-group", "storytelling"}


def test_where_words_must_be_exact_no_mark_presses_on_them():
    schemes = {name: preset(name).watermark.scheme for name in EIGHT}
    assert schemes.pop("coding-assistant") == "none"
    assert schemes.pop("meeting-minutes") == "none"
    assert set(schemes.values()) == {"split"}


def test_texts_are_kept_only_where_somebody_may_have_to_answer_for_them():
    assert {n for n in EIGHT if preset(n).ledger.keep_texts} == {"lending", "news-writing"}


def test_the_overview_tells_what_the_presets_do():
    page = Path(__file__).resolve().parents[2] / "docs" / "presets" / "index.md"
    rows = {
        cells[0]: cells[1:]
        for line in page.read_text(encoding="utf-8").splitlines()
        if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 5
    }
    grave = {"severity": 3}
    quoted = {"severity": 3, "context": Context.QUOTATION}
    for name in EIGHT:
        assert rows[name] == [
            action(name, "pii.email", "prompt").value,
            action(name, "pii.email", "output").value,
            action(name, "toxicity.hate", "output", **grave).value,
            action(name, "toxicity.hate", "output", **quoted).value,
        ]
