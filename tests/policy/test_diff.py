"""A comparison tells what changes for a text, and only that."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.policy import Policy, parse_policy, preset, preset_names
from upright.policy.catalogue import Catalogue
from upright.policy.diff import diff
from upright.policy.reading import read_rules
from upright.terms import Action, Context, Stage

HEAD = 'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'


def policy(rules="", head=HEAD):
    return parse_policy(head + rules)


def rule(detect="pii.*", at="output", action="redact", more=""):
    return f'[[guard.rule]]\ndetect = ["{detect}"]\nat = ["{at}"]\naction = "{action}"\n{more}'


def lines(a, b, catalogue, title="In answers"):
    return {s.title: list(s.lines) for s in diff(a, b, catalogue)}.get(title, [])


def test_a_whole_family_is_named_once(catalogue):
    found = lines(policy(rule()), policy(rule(action="pseudonymise")), catalogue)
    assert found == [
        (
            "personal data: replaced by a placeholder → "
            "swapped for a stand-in, and put back in the answer"
        )
    ]


def test_part_of_a_family_is_named_rule_by_rule(catalogue):
    a, b = policy(rule()), policy(rule("pii.email", action="allow") + rule())
    assert lines(a, b, catalogue) == ["e-mail addresses: replaced by a placeholder → left as it is"]


def test_most_of_a_family_is_named_with_its_exceptions(catalogue):
    a, b = policy(rule()), policy(rule("pii.email") + rule(action="block"))
    assert lines(a, b, catalogue) == [
        "personal data (except e-mail addresses): replaced by a placeholder → the text stops there"
    ]


def test_a_threshold_is_told_as_the_severity_from_which_it_counts(catalogue):
    a, b = policy(rule(more="min_severity = 3\n")), policy(rule())
    assert lines(a, b, catalogue) == [
        ("personal data: from severity 3 replaced by a placeholder → replaced by a placeholder")
    ]


def test_a_score_threshold_is_told_as_what_happens_below_it(catalogue):
    a, b = policy(rule(more="min_score = 0.8\n")), policy(rule())
    assert lines(a, b, catalogue) == [
        (
            "personal data: replaced by a placeholder; below score 0.8: left as it is → "
            "replaced by a placeholder"
        )
    ]


def test_a_context_is_told_where_it_matters(catalogue):
    a, b = policy(rule(more='context = { quotation = "allow" }\n')), policy(rule())
    assert lines(a, b, catalogue) == [
        (
            "personal data: replaced by a placeholder; in a labelled quotation: left as it is → "
            "replaced by a placeholder"
        )
    ]


def test_contexts_that_are_treated_alike_are_told_once_and_without_the_threshold(catalogue):
    contexts = 'min_severity = 2\ncontext = { quotation = "flag", report = "flag" }\n'
    a, b = policy(rule(action="block", more=contexts)), policy(rule())
    assert lines(a, b, catalogue) == [
        (
            "personal data: from severity 2 the text stops there; in a labelled quotation or in a "
            "report of it: left in place and recorded → replaced by a placeholder"
        )
    ]


def test_a_context_that_changes_only_what_is_grave_says_from_where(catalogue):
    grave = rule(action="block", more='min_severity = 3\ncontext = { report = "allow" }\n')
    a, b = policy(grave + rule(action="flag")), policy(rule())
    assert lines(a, b, catalogue) == [
        (
            "personal data: left in place and recorded, from severity 3 the text stops there; "
            "in a report of it: left in place and recorded, from severity 3 left as it is → "
            "replaced by a placeholder"
        )
    ]


def test_a_watched_rule_is_told_as_watched(catalogue):
    a, b = policy(rule(more="observe = true\n") + rule("secret.*")), policy(rule("secret.*"))
    assert lines(a, b, catalogue) == [
        "personal data: left as it is (watched: replaced by a placeholder) → left as it is"
    ]


def test_another_fixed_text_is_a_change(catalogue):
    a, b = (policy(rule(action="replace", more=f'text = "{text}"\n')) for text in "AB")
    (found,) = lines(a, b, catalogue)
    assert "“A”" in found
    assert "“B”" in found


def test_a_topic_of_one_use_is_compared_with_its_absence(catalogue):
    topic = '[[guard.topic]]\nname = "bets"\nphrases = ["place a bet"]\n'
    denied = policy(rule("topic.bets", action="block") + topic)
    assert lines(policy(rule()), denied, catalogue)[-1] == (
        "the topic “bets”: left as it is → the text stops there"
    )


def test_a_topic_that_nothing_is_done_about_changes_nothing(catalogue):
    topic = '[[guard.topic]]\nname = "bets"\nphrases = ["place a bet"]\n'
    assert diff(policy(rule()), policy(rule() + topic), catalogue) == []


def test_two_spellings_of_one_behaviour_do_not_differ(catalogue):
    a = policy(rule("pii.*"))
    b = policy("".join(rule(f"pii.{kind}") for kind in ("email", "phone", "payment_card")))
    assert diff(a, b, catalogue) == []


@pytest.mark.parametrize(
    ("more", "title", "line"),
    [
        ("[generation]\nmode = 'creative'\n", "Generation", "only B: Mode creative"),
        ("[disclosure]\ntext = 'AI.'\n", "Disclosure and records", "only B: “AI.”"),
        ("[guard]\non_error = 'allow'\n", "When a detector fails", "only B: It lets"),
        ("[guard]\nnotice = 'No.'\n", "What stands in place of withheld text", "only B: Where"),
        ("[[audit.gate]]\nmeasure = 'm'\nwithin = 1\n", "Audits to pass", "only B: m within 1"),
    ],
)
def test_every_other_section_is_compared_sentence_by_sentence(more, title, line, catalogue):
    found = lines(policy(), policy(more), catalogue, title)
    assert any(one.startswith(line) for one in found)


@pytest.mark.parametrize("name", preset_names())
def test_a_use_does_not_differ_from_itself(name, catalogue):
    assert diff(preset(name), preset(name), catalogue) == []


@pytest.mark.parametrize(("a", "b"), [p for p in product(preset_names(), repeat=2) if p[0] < p[1]])
def test_any_two_presets_treat_some_text_differently(a, b, catalogue):
    titles = {section.title for section in diff(preset(a), preset(b), catalogue)}
    assert titles & {"In what users write", "In answers", "In passages and tool results"}


KNOWN = Catalogue(rules=("pii.email", "pii.phone", "toxicity.hate"))
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "detect": st.lists(
                st.sampled_from(["pii.*", "pii.email", "toxicity.*", "*"]), min_size=1, max_size=2
            ),
            "at": st.lists(st.sampled_from(list(Stage)), min_size=1, max_size=2),
            "action": st.sampled_from([a for a in Action if a is not Action.REPLACE]),
            "min_severity": st.integers(0, 4),
            "min_score": st.sampled_from([0.0, 0.5]),
            "context": st.dictionaries(
                st.sampled_from(list(Context)), st.sampled_from([Action.ALLOW, Action.FLAG])
            ),
        }
    ),
    max_size=4,
)


def built(rules):
    use = {"name": "x", "purpose": "y"}
    return Policy.model_validate({"schema": 1, "use_case": use, "guard": {"rule": rules}})


@given(RULES, RULES)
def test_a_stage_is_mentioned_exactly_if_some_finding_is_treated_differently(first, second):
    a, b = built(first), built(second)
    titles = {section.title for section in diff(a, b, KNOWN)}
    stages = {"data": "In training data", "output": "In answers"}
    for stage, title in stages.items():
        differs = any(
            read(a, *point) != read(b, *point)
            for point in product(
                KNOWN.rules, [Stage(stage)], range(5), (0.0, 0.4, 0.5, 1.0), (None, *Context)
            )
        )
        assert (title in titles) == differs


@given(RULES, RULES)
def test_no_line_says_the_same_of_both(first, second):
    for section in diff(built(first), built(second), KNOWN):
        for line in section.lines:
            before, _, after = line.partition(": ")[2].partition(" → ")
            assert before != after


def read(policy, *point):
    name, stage, severity, score, context = point
    reading = read_rules(policy, name, stage, severity=severity, score=score, context=context)
    return reading.action
