"""What each action makes of a text, whole."""

from __future__ import annotations

import pytest
from tests.guard.fakes import capital, fakes, word
from tests.guard.policies import NOTICE, REVIEW, policy_with, rule

from upright.guard import Guard, Pseudonyms
from upright.guard.writer import label
from upright.policy import GuardException
from upright.terms import Action, Record, Stage


def checked(text: str, *rules, detectors=None, **section):
    guard = Guard(policy_with(*rules, **section), detectors or fakes())
    return guard.check([Record(text)], Stage.OUTPUT)[0]


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("allow", "one cat, two dogs"),
        ("flag", "one cat, two dogs"),
        ("redact", "one [WORD], two [WORD]s"),
        ("pseudonymise", "one [WORD_1], two [WORD_2]s"),
        ("replace", "<something else>"),
        ("review", REVIEW),
        ("block", "one " + NOTICE),
    ],
)
def test_an_action_does_what_its_name_says(action, text):
    verdict = checked("one cat, two dogs", rule("custom.word", action=action))
    assert (verdict.action.value, verdict.text) == (action, text)
    assert [found.rule for found in verdict.findings] == ["custom.word", "custom.word"]


def test_what_stands_before_a_block_is_redacted_where_it_has_to_be():
    rules = [rule("custom.word"), rule("custom.capital", action="block")]
    assert checked("a cat saw ABCD and a dog", *rules).text == "a [WORD] saw " + NOTICE


def test_overlapping_spans_leave_as_one_under_the_strictest_action():
    rules = [rule("custom.overlap", action="pseudonymise"), rule("custom.word")]
    assert checked("xxacat.", *rules).text == "xx[WORD]."


def test_spans_that_only_touch_keep_a_placeholder_each():
    assert checked("dogdog", rule("custom.word")).text == "[WORD][WORD]"


def test_a_block_inside_a_chain_of_overlaps_takes_the_chain_from_its_start():
    rules = [rule("custom.overlap"), rule("custom.word", action="block")]
    assert checked("ok acat", *rules).text == "ok " + NOTICE


def test_review_is_stricter_than_replace_and_block_than_both():
    replace, review = rule("custom.word", action="replace"), rule("custom.capital", action="review")
    assert checked("cat ABCD", replace, review).text == REVIEW
    block = rule("custom.capital", action="block")
    assert checked("dog. ABCD", rule("custom.word", action="flag"), block).text == "dog. " + NOTICE


@pytest.mark.parametrize("action", ["replace", "review"])
def test_a_later_block_never_lets_out_what_another_rule_withheld(action):
    rules = [rule("custom.word", action=action), rule("custom.capital", action="block")]
    assert checked("first a cat then ABCD", *rules).text == "first a " + NOTICE


def test_the_first_of_several_replacements_is_the_one_that_is_said():
    rules = [
        rule("custom.word", action="replace", text="about words"),
        rule("custom.capital", action="replace", text="about capitals"),
    ]
    assert checked("ABCD cat", *rules).text == "about capitals"


def test_an_exception_leaves_the_text_and_keeps_the_reason():
    item = GuardException(detect=("*",), text=("cat",), reason="the house cat")
    verdict = checked("a cat and a dog", rule("custom.word"), exception=(item,))
    assert verdict.text == "a cat and a [WORD]"
    assert [found.start for found in verdict.findings] == [12]
    assert [outcome.excepted for outcome in verdict.excepted] == ["the house cat"]
    assert verdict.action is Action.REDACT


def test_scores_are_the_top_score_of_each_hazard():
    verdict = checked("cat ABCD", rule("*", action="flag"), detectors=[word(), capital()])
    assert verdict.scores == {"custom": 0.9}


def test_the_same_value_keeps_its_placeholder_through_a_conversation():
    guard = Guard(policy_with(rule("custom.word", action="pseudonymise")), [word()])
    turns = [Record("a dog"), Record("cat and dog"), Record("cats")]
    verdicts = guard.check(turns, Stage.PROMPT, pseudonyms=Pseudonyms())
    assert [v.text for v in verdicts] == ["a [WORD_1]", "[WORD_2] and [WORD_1]", "[WORD_3]"]


def test_each_record_has_its_own_map_where_none_is_given():
    guard = Guard(policy_with(rule("custom.word", action="pseudonymise")), [word()])
    verdicts = guard.check([Record("dog"), Record("cat")], Stage.DATA)
    assert [v.text for v in verdicts] == ["[WORD_1]", "[WORD_1]"]


@pytest.mark.parametrize(
    ("rule_id", "shown"),
    [
        ("pii.email", "EMAIL"),
        ("pii.us_ssn", "US_SSN"),
        ("custom.staff-number", "STAFF_NUMBER"),
        ("custom.--", "WITHHELD"),
        ("plain", "PLAIN"),
    ],
)
def test_a_placeholder_shows_the_type(rule_id, shown):
    assert label(rule_id) == shown
