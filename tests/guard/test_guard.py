"""The guard as a whole: never empty by accident, and the same guard provably."""

from __future__ import annotations

import pytest
from tests.guard.fakes import Pattern, capital, word
from tests.guard.policies import policy_with, rule

from upright.guard import Guard, UnguardedUnsafe
from upright.guard.identity import code_digest
from upright.policy import preset, preset_names
from upright.terms import Action, ConfigError, Record, Stage


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_gives_a_guard_that_keeps_a_card_number_in(name):
    guard = Guard.from_policy(preset(name))
    card = "4111 1111 1111 1111"
    for verdict in guard.check([Record(f"Pay with {card} today.")], Stage.OUTPUT):
        assert card not in verdict.text
        assert not verdict.errors


def test_a_policy_without_rules_is_refused():
    with pytest.raises(ConfigError, match=r"no \[\[guard\.rule\]\]"):
        Guard.from_policy(policy_with())


def test_a_policy_whose_rules_name_nothing_is_refused():
    with pytest.raises(ConfigError, match="no rule names anything"):
        Guard.from_policy(policy_with(rule("pii.e_mail")))


def test_the_only_empty_guard_says_what_it_is():
    guard = UnguardedUnsafe.from_policy(policy_with())
    verdict = guard.check([Record("jane.roe@example.org")])[0]
    assert (verdict.action, verdict.text) == (Action.ALLOW, "jane.roe@example.org")


def test_detectors_are_asked_only_where_a_rule_can_use_them():
    policy = policy_with(rule("custom.word", at=(Stage.DATA,)), rule("custom.capital"))
    guard = Guard(policy, [word(), capital()])
    asked = {stage: [item.rule for item in guard.detectors(stage)] for stage in Stage}
    assert asked[Stage.DATA] == ["custom.word", "custom.capital"]
    assert asked[Stage.OUTPUT] == ["custom.capital"]


def test_extra_detectors_are_asked_everywhere():
    policy = policy_with(rule("pii.email", at=(Stage.DATA,)))
    guard = Guard.from_policy(policy, extra=("tests.guard.fakes:word",))
    assert all("custom.word" in [d.rule for d in guard.detectors(stage)] for stage in Stage)


def test_scores_ask_everything_and_change_no_decision():
    policy = policy_with(rule("pii.email"))
    plain, scoring = Guard.from_policy(policy), Guard.from_policy(policy, everything=True)
    record = Record("jane.roe@example.org pays with 4111 1111 1111 1111")
    own, full = plain.check([record])[0], scoring.check([record])[0]
    assert len(scoring.detectors(Stage.OUTPUT)) > len(plain.detectors(Stage.OUTPUT))
    assert (own.text, own.action) == (full.text, full.action)
    assert {f.rule for f in full.findings} > {f.rule for f in own.findings}
    assert plain.digest == scoring.digest


@pytest.mark.parametrize(
    "spec",
    [
        "no.such.module:made",
        "tests.guard.fakes:missing",
        "tests.guard.fakes",
        ":word",
        "tests.guard.fakes:not_a_detector",
    ],
)
def test_an_extra_detector_that_cannot_be_loaded_is_named(spec):
    with pytest.raises(ConfigError, match=spec.partition(":")[0] or "word"):
        Guard.from_policy(policy_with(rule("pii.*")), extra=(spec,))


def test_the_digest_is_the_same_for_the_same_guard():
    policy = policy_with(rule("custom.*"))
    assert Guard(policy, [word(), capital()]).digest == Guard(policy, [capital(), word()]).digest


@pytest.mark.parametrize(
    "other",
    [
        lambda: Guard(policy_with(rule("custom.*", action="flag")), [word()]),
        lambda: Guard(policy_with(rule("custom.*"), on_error="flag"), [word()]),
        lambda: Guard(policy_with(rule("custom.*")), [word(), capital()]),
        lambda: Guard(policy_with(rule("custom.*")), [Pattern("custom.word", "x", 9, "x")]),
        lambda: Guard(policy_with(rule("custom.*")), [word()], extra=[capital()], specs=("m:f",)),
    ],
)
def test_the_digest_tells_different_guards_apart(other):
    assert Guard(policy_with(rule("custom.*")), [word()]).digest != other().digest


def test_what_is_no_business_of_the_guard_leaves_its_digest_alone():
    policy = policy_with(rule("custom.*"))
    warmer = policy.model_copy(
        update={"generation": policy.generation.model_copy(update={"temperature": 1.3})}
    )
    assert Guard(policy, [word()]).digest == Guard(warmer, [word()]).digest
    assert policy.digest != warmer.digest


def test_the_code_is_part_of_the_digest(monkeypatch):
    policy = policy_with(rule("custom.*"))
    before = Guard(policy, [word()]).digest
    monkeypatch.setattr("upright.guard.identity.code_digest", lambda: code_digest() + "changed")
    assert Guard(policy, [word()]).digest != before


def test_a_lone_surrogate_is_text_like_any_other():
    guard = Guard(policy_with(rule("custom.*")), [word()])
    assert guard.check([Record("\ud800 cat \udfff")])[0].text == "\ud800 [WORD] \udfff"
