"""Rules: the first that fits decides, observe only watches, exceptions drop with a reason."""

from __future__ import annotations

import pytest
from tests.guard.fakes import finding
from tests.guard.policies import policy_with, rule

from upright.guard.rules import Rulebook
from upright.policy import GuardException
from upright.terms import Action, ConfigError, Context, Stage


def book(*rules, **section) -> Rulebook:
    return Rulebook(policy_with(*rules, **section).guard)


def outcome(rulebook: Rulebook, stage=Stage.OUTPUT, text="cat", **changes):
    found = finding("custom.word", 0, len(text), **changes)
    return rulebook.weigh(text, [found], stage)[0]


def test_the_first_rule_that_fits_decides():
    rules = book(rule("custom.*", action="flag"), rule("custom.word", action="block"))
    assert (outcome(rules).action, outcome(rules).rule_index) == (Action.FLAG, 0)


def test_no_rule_means_allow():
    rules = book(rule("pii.*"))
    assert (outcome(rules).action, outcome(rules).rule_index) == (Action.ALLOW, None)


@pytest.mark.parametrize("stage", list(Stage))
def test_a_rule_speaks_only_at_its_stages(stage):
    rules = book(rule("*", at=(stage,), action="block"))
    actions = {where: outcome(rules, where).action for where in Stage}
    assert [where for where, action in actions.items() if action is Action.BLOCK] == [stage]


@pytest.mark.parametrize(
    ("bound", "below", "at"),
    [
        ("min_severity", {"severity": 2}, {"severity": 3}),
        ("min_score", {"score": 0.79}, {"score": 0.8}),
    ],
)
def test_a_rule_passes_over_findings_below_its_bounds(bound, below, at):
    rules = book(rule("*", action="block", **{bound: {"min_severity": 3, "min_score": 0.8}[bound]}))
    assert outcome(rules, **below).action is Action.ALLOW
    assert outcome(rules, **at).action is Action.BLOCK


def test_a_finding_that_one_rule_passes_over_falls_to_the_next():
    rules = book(rule("*", action="block", min_severity=3), rule("*", action="redact"))
    assert outcome(rules, severity=1).action is Action.REDACT


def test_a_context_has_its_own_action():
    rules = book(rule("*", action="block", context={"quotation": "flag"}))
    assert outcome(rules, context=Context.QUOTATION).action is Action.FLAG
    assert outcome(rules, context=Context.REPORT).action is Action.BLOCK
    assert outcome(rules).action is Action.BLOCK


def test_an_observing_rule_records_and_leaves_the_decision_to_the_next():
    rules = book(
        rule("*", action="block", observe=True),
        rule("*", action="review", observe=True),
        rule("*", action="redact"),
    )
    decided = outcome(rules)
    assert decided.action is Action.REDACT
    assert decided.observed == (Action.BLOCK, Action.REVIEW)


def test_an_observing_rule_alone_changes_nothing():
    decided = outcome(book(rule("*", action="block", observe=True)))
    assert (decided.action, decided.observed) == (Action.ALLOW, (Action.BLOCK,))


@pytest.mark.parametrize(
    ("exception", "text", "covered"),
    [
        ({"text": ("Cat",)}, "cAT", True),
        ({"text": ("cat",)}, "cats", False),
        ({"pattern": "c.t"}, "cot", True),
        ({"pattern": "c.t"}, "cots", False),
        ({"text": ("dog",), "pattern": "c.t"}, "dog", True),
        ({"text": ("straße",)}, "STRASSE", True),
    ],
)
def test_an_exception_covers_the_whole_finding_and_nothing_less(exception, text, covered):
    item = GuardException(detect=("custom.*",), reason="ours", **exception)
    decided = outcome(book(rule("*", action="block"), exception=(item,)), text=text)
    assert decided.excepted == ("ours" if covered else "")
    assert decided.action is (Action.ALLOW if covered else Action.BLOCK)


def test_an_exception_for_other_detectors_covers_nothing():
    item = GuardException(detect=("pii.*",), text=("cat",), reason="ours")
    assert outcome(book(rule("*", action="block"), exception=(item,))).action is Action.BLOCK


def test_a_pattern_that_re2_refuses_is_named():
    item = GuardException(detect=("*",), pattern=r"(a)\1", reason="ours")
    with pytest.raises(ConfigError, match=r"guard\.exception"):
        book(rule("*"), exception=(item,))


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ({"action": "replace"}, True),
        ({"action": "review"}, True),
        ({"action": "block"}, False),
        ({"action": "flag", "context": {"quotation": "review"}}, True),
        ({"action": "review", "observe": True}, False),
        ({"action": "review", "at": (Stage.PROMPT,)}, False),
    ],
)
def test_an_answer_is_held_where_a_rule_can_take_it_whole(given, held):
    assert book(rule("*", **given)).holds_whole(Stage.OUTPUT) is held


def test_context_is_asked_for_only_where_a_rule_reads_it():
    rules = book(rule("custom.*", at=(Stage.DATA,), action="flag", context={"report": "allow"}))
    assert rules.reads_context("custom.word", Stage.DATA)
    assert not rules.reads_context("custom.word", Stage.OUTPUT)
    assert not rules.reads_context("pii.email", Stage.DATA)
