"""Which detectors a use gets."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from upright.guard import Detector
from upright.guard.detectors import (
    all_detectors,
    build_detectors,
    catalogue,
    model_detectors,
)
from upright.guard.detectors.registry import COPIES, IMAGES, NAMES
from upright.policy import parse_policy
from upright.terms import ConfigError, hazard_of_rule

HEAD = 'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'


def policy(*globs, more=""):
    rules = "".join(
        f'[[guard.rule]]\ndetect = ["{glob}"]\nat = ["output"]\naction = "block"\n'
        for glob in globs
    )
    return parse_policy(HEAD + rules + more)


def rules_of(detectors):
    return {detector.rule for detector in detectors}


def test_a_use_gets_what_its_rules_can_reach_and_no_more():
    assert rules_of(build_detectors(policy("pii.email"))) == {"pii.email"}
    assert rules_of(build_detectors(policy("secret.*", "pii.iban"))) == {
        rule for rule in catalogue() if fnmatchcase(rule, "secret.*") or rule == "pii.iban"
    }
    assert build_detectors(policy()) == []


def test_scores_ask_for_everything():
    optional = {*NAMES, *IMAGES, *COPIES}
    everything = rules_of(build_detectors(policy("pii.email"), everything=True))
    assert everything == set(catalogue()) - optional


def test_patterns_and_topics_are_built_where_a_rule_reaches_them():
    own = (
        "[[guard.pattern]]\nrule = 'custom.a'\npattern = 'a'\n"
        "[[guard.pattern]]\nrule = 'custom.b'\npattern = 'b'\n"
        "[[guard.topic]]\nname = 't'\nphrases = ['u']\n"
    )
    assert rules_of(build_detectors(policy("custom.a", more=own))) == {"custom.a"}
    assert rules_of(build_detectors(policy("*.t", more=own))) == {"topic.t"}
    reached = rules_of(build_detectors(policy("custom.*", "topic.*", more=own)))
    assert reached == {"custom.a", "custom.b", "topic.t"}


def test_a_bad_pattern_is_an_error_even_before_a_text_comes():
    with pytest.raises(ConfigError, match=r"custom\.bad"):
        build_detectors(policy("*", more="[[guard.pattern]]\nrule='custom.bad'\npattern='('\n"))


def test_the_languages_of_the_use_reach_the_telephone_detector():
    base = build_detectors(policy("pii.phone"))[0].version
    french = policy("pii.phone").model_copy(
        update={"use_case": policy().use_case.model_copy(update={"languages": ("fr",)})}
    )
    assert build_detectors(french)[0].version != base


def test_all_detectors_are_the_catalogue_and_samples_of_the_uses_own():
    rules = [detector.rule for detector in all_detectors()]
    assert len(rules) == len(set(rules))
    rules += [detector.rule for detector in model_detectors()]
    built_in = set(catalogue()) - {"pii.person", "pii.place"}
    assert built_in < set(rules)
    assert {rule.partition(".")[0] for rule in set(rules) - built_in} == {"custom", "topic"}


@pytest.mark.parametrize("detector", [*all_detectors(), *model_detectors()], ids=lambda d: d.rule)
def test_every_detector_keeps_the_protocol(detector):
    assert isinstance(detector, Detector)
    assert detector.version
    assert detector.reach is not None
    assert detector.reach > 0
    assert detector.settled("") == 0
    assert detector.find([]) == []


@pytest.mark.parametrize("rule", catalogue())
def test_every_rule_of_the_catalogue_speaks_of_a_hazard(rule):
    assert hazard_of_rule(rule)
