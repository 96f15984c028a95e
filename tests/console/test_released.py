"""Marks stand where the findings are in the text that left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.console.released import marks_in_released, marks_in_source
from upright.guard import Pseudonyms, Scan, restored
from upright.guard.rules import Rulebook
from upright.guard.stream import decide
from upright.policy import GuardSection
from upright.terms import Action, Finding, Record, Stage

NOTICE = "[gone]"
RULES = {
    "pii.email": Action.REDACT,
    "pii.phone": Action.PSEUDONYMISE,
    "toxicity.threat": Action.FLAG,
    "toxicity.hate": Action.ALLOW,
    "secret.key": Action.BLOCK,
}


def rulebook(rules):
    section = {
        "notice": NOTICE,
        "review_notice": "[wait]",
        "rule": [
            {"detect": [rule], "at": ["output"], "action": action, "text": "[instead]"}
            for rule, action in rules.items()
        ],
    }
    return Rulebook(GuardSection.model_validate(section))


def finding(rule, start, end):
    return Finding(rule, "threat", 2, 0.9, start, end, "because")


def verdict(text, findings, rules=RULES, pseudonyms=None):
    found = tuple(sorted(findings, key=lambda one: (one.start, one.end)))
    scan = Scan(found, settled=len(text))
    return decide(rulebook(rules), Record(text), scan, Stage.OUTPUT, pseudonyms)


def shown(judged, released=None):
    """Return rule and marked text of each mark."""
    text = judged.text if released is None else released
    marks = marks_in_released(judged, text)
    return [(mark.rule, text[mark.start : mark.end]) for mark in marks]


def test_a_redacted_finding_is_its_placeholder():
    judged = verdict("write to ann@x.org today", [finding("pii.email", 9, 18)])
    assert judged.text == "write to [EMAIL] today"
    assert shown(judged) == [("pii.email", "[EMAIL]")]


def test_a_flagged_finding_behind_a_redacted_one_moves_with_the_text():
    text = "ann@x.org said: I will find you"
    judged = verdict(text, [finding("pii.email", 0, 9), finding("toxicity.threat", 16, 31)])
    assert shown(judged) == [("pii.email", "[EMAIL]"), ("toxicity.threat", "I will find you")]


def test_a_blocked_finding_is_the_notice():
    judged = verdict("the key is abc and more", [finding("secret.key", 11, 14)])
    assert judged.text == "the key is [gone]"
    assert shown(judged) == [("secret.key", NOTICE)]


def test_what_was_found_behind_a_block_has_no_place_in_the_text():
    judged = verdict(
        "the key is abc and more", [finding("secret.key", 11, 14), finding("pii.email", 19, 23)]
    )
    assert shown(judged) == [("secret.key", NOTICE), ("pii.email", "")]


def test_findings_of_one_cluster_share_its_placeholder():
    judged = verdict("ann@x.org", [finding("pii.email", 0, 9), finding("toxicity.hate", 4, 9)])
    assert shown(judged) == [("pii.email", "[EMAIL]"), ("toxicity.hate", "[EMAIL]")]


@pytest.mark.parametrize(
    ("action", "notice"), [(Action.REVIEW, "[wait]"), (Action.REPLACE, "[instead]")]
)
def test_a_notice_for_the_whole_text_is_marked_whole(action, notice):
    rules = {**RULES, "custom.wait": action}
    text = "a long text that comes before what was found, and a threat"
    judged = verdict(
        text, [finding("custom.wait", 38, 43), finding("toxicity.threat", 52, 58)], rules
    )
    assert judged.text == notice
    assert shown(judged) == [("custom.wait", notice), ("toxicity.threat", "")]


def test_marks_survive_that_a_clients_own_values_come_back():
    pseudonyms = Pseudonyms(["my code is 12345678"])
    placeholder = pseudonyms.placeholder("12345678", "PHONE")
    text = f"Your code {placeholder} is fine, you fool, write ann@x.org"
    at, end = text.index("you fool"), text.index("ann@")
    judged = verdict(
        text,
        [finding("toxicity.threat", at, at + 8), finding("pii.email", end, end + 9)],
        pseudonyms=pseudonyms,
    )
    back = restored(judged.text, {placeholder: "12345678"})
    assert "12345678" in back
    assert shown(judged, back) == [("toxicity.threat", "you fool"), ("pii.email", "[EMAIL]")]


def test_marks_survive_a_disclosure_at_the_end():
    judged = verdict("I will find you", [finding("toxicity.threat", 0, 15)])
    released = judged.text + "\n\nWritten with AI."
    assert shown(judged, released) == [("toxicity.threat", "I will find you")]


words = st.lists(
    st.tuples(st.sampled_from([*RULES, None]), st.text("abc é😀", min_size=1, max_size=6)),
    max_size=8,
)


@given(words)
def test_every_mark_shows_what_stands_for_its_finding(pieces):
    text, findings = "", []
    for rule, piece in pieces:
        if rule is not None:
            findings.append(finding(rule, len(text), len(text) + len(piece)))
        text += piece
    judged = verdict(text, findings)
    blocked = next((o for o in judged.outcomes if o.action is Action.BLOCK), None)
    marks = marks_in_released(judged, judged.text)
    assert [mark.number for mark in marks] == list(range(1, len(judged.outcomes) + 1))
    for outcome, mark in zip(judged.outcomes, marks, strict=True):
        found, what = outcome.finding, judged.text[mark.start : mark.end]
        if blocked is not None and found.start > blocked.finding.start:
            continue
        match outcome.action:
            case Action.REDACT:
                assert what == "[EMAIL]"
            case Action.PSEUDONYMISE:
                assert what.startswith("[PHONE_")
            case Action.BLOCK:
                assert what == NOTICE
            case _:
                assert what == text[found.start : found.end]


@given(words, st.text(max_size=20))
def test_marks_never_leave_the_text(pieces, released):
    text, findings = "", []
    for rule, piece in pieces:
        if rule is not None:
            findings.append(finding(rule, len(text), len(text) + len(piece)))
        text += piece
    judged = verdict(text, findings)
    for mark in marks_in_released(judged, released):
        assert 0 <= mark.start <= len(released)
        assert 0 <= mark.end <= len(released)


def test_marks_in_the_source_are_the_findings_own_spans():
    judged = verdict("x ann@x.org", [finding("pii.email", 2, 11)])
    (mark,) = marks_in_source(judged.outcomes)
    assert (mark.start, mark.end, mark.action, mark.explanation) == (2, 11, "redact", "because")


def test_a_rule_on_trial_says_what_it_would_have_done():
    section = GuardSection.model_validate(
        {
            "rule": [
                {"detect": ["pii.*"], "at": ["output"], "action": "block", "observe": True},
                {"detect": ["pii.*"], "at": ["output"], "action": "flag"},
            ]
        }
    )
    scan = Scan((finding("pii.email", 0, 3),), settled=3)
    judged = decide(Rulebook(section), Record("abc"), scan, Stage.OUTPUT)
    (mark,) = marks_in_source(judged.outcomes)
    assert mark.action == "flag"
    assert mark.explanation == "because (A rule on trial would have chosen: block.)"
