"""The use's own patterns and topics."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.detectors.custom import custom
from upright.guard.detectors.topics import topic
from upright.policy.model import GuardPattern, Topic
from upright.terms import ConfigError, Record


def own(pattern, **options):
    return custom(GuardPattern(rule="custom.own", pattern=pattern, **options))


def spans(detector, text):
    return [text[f.start : f.end] for f in detector.find([Record(text=text)])[0]]


def test_a_pattern_carries_what_the_section_says():
    detector = own("x+", hazard="secret", severity=4, explanation="Too many.")
    (finding,) = detector.find([Record(text="a xx b")])[0]
    assert (finding.hazard, finding.severity, finding.explanation) == ("secret", 4, "Too many.")
    assert (finding.start, finding.end, finding.score) == (2, 4, 1.0)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"\bcat\b", "cat concat cats cat", ["cat", "cat"]),
        (r"(?i)tide", "Tide tide TIDE", ["Tide", "tide", "TIDE"]),
        (r"\p{Greek}+", "a λόγος b", ["λόγος"]),
        (r"[^\x00-\x7f]{2}", "éé 😀😀", ["éé", "😀😀"]),
        (r"\Qa.b\E", "a.b axb", ["a.b"]),
        (r"(ab|a)(c|bcd)", "abcd", ["abc"]),
        (r"a{2}|b{", "aab{", ["aa", "b{"]),
        ("x" * 3, "xxxxxxx", ["xxx", "xxx"]),
    ],
)
def test_patterns_are_matched_as_re2_does(pattern, text, expected):
    assert spans(own(pattern), text) == expected


def test_what_is_longer_than_the_window_is_cut_there():
    assert spans(own("x+", max_length=4), "xxxxxxxxxx") == ["xxxx", "xxxx", "xx"]
    assert spans(own(r"<x+>", max_length=4), "<xxx> <xx>") == ["<xx>"]


def test_findings_far_into_a_long_text_are_where_they_belong():
    text = "é" * 10_000 + "KEY-7" + "😀" * 5000 + "KEY-8"
    detector = own(r"KEY-\d")
    assert spans(detector, text) == ["KEY-7", "KEY-8"]


def test_a_match_across_the_edge_of_a_block_is_found():
    for place in range(4090, 4100):
        assert spans(own("needle"), "." * place + "needle") == ["needle"]


@pytest.mark.parametrize("pattern", ["^a", "a$", r"\Aa", r"a\z", "(?m)^a"])
def test_anchors_are_refused_with_the_rules_name(pattern):
    with pytest.raises(ConfigError, match=r"custom\.own.*anchor"):
        own(pattern)


@pytest.mark.parametrize("pattern", ["a*", "(x|)", r"\b", "a?b*"])
def test_a_pattern_that_matches_nothing_at_all_is_refused(pattern):
    with pytest.raises(ConfigError, match=r"custom\.own.*empty"):
        own(pattern)


@pytest.mark.parametrize("pattern", ["(", "a(?=b)", r"(a)\1", "[z-a]", "a**"])
def test_what_re2_refuses_is_refused_with_the_rules_name(pattern):
    with pytest.raises(ConfigError, match=r"custom\.own: the pattern cannot be used"):
        own(pattern)


def test_a_refused_pattern_says_nothing_on_standard_error(capfd):
    with pytest.raises(ConfigError):
        own("(unclosed")
    assert capfd.readouterr().err == ""


def test_lone_surrogates_do_not_break_a_pattern():
    assert spans(own("b+"), "a\ud800bb") == ["bb"]


PATTERNS = [r"ab*c", r"(a|ab)(c|bcd)?", r"\ba+\b", r"a.{0,3}b", r"[ab]{2,4}c?", r"b(?:ac)+"]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=st.text("abc d", max_size=30), cut=st.integers(0, 30))
def test_any_pattern_keeps_the_law(pattern, text, cut):
    detector = own(pattern, max_length=6)
    prefix = text[:cut]
    settled = detector.settled(prefix)
    assert max(0, len(prefix) - detector.reach) <= settled <= len(prefix)
    before = [f for f in detector.find([Record(text=prefix)])[0] if f.start < settled]
    assert before == [f for f in detector.find([Record(text=text)])[0] if f.start < settled]


def test_text_that_cannot_begin_a_match_is_settled_at_once():
    detector = own(r"KEY-\d{4}", max_length=200)
    assert detector.settled("nothing of the kind") == 19
    assert detector.settled("here KE") == 5
    assert detector.settled("here KEY-12") == 5
    assert detector.settled("here KEY-1234") == 5
    assert detector.settled("here KEY-12345") == 14


def topic_of(*phrases, severity=2):
    return topic(Topic(name="money", phrases=phrases, severity=severity))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Stock tips, please", ["Stock tips"]),
        ("STOCK\ntips", ["STOCK\ntips"]),
        ("stock,  tips", ["stock,  tips"]),
        ("stock. tips", []),
        ("stock\n\ntips", []),
        ("livestock tips and stock tipsters", []),
        ("stock-tips", ["stock-tips"]),
        ("st0ck tips", ["st0ck tips"]),
        ("l\u2019art pour l'art", ["l\u2019art pour l'art"]),
        ("股票内幕", ["内幕"]),
        ("ÉTÉ", ["ÉTÉ"]),
    ],
)
def test_a_topic_is_found_by_whole_words_whatever_their_case(text, expected):
    assert spans(topic_of("stock tips", "l'art pour l'art", "内幕", "été"), text) == expected


def test_the_longest_phrase_is_the_finding():
    assert spans(topic_of("gold", "gold bars", "bars of gold"), "gold bars") == ["gold bars"]


def test_a_topic_carries_its_severity_and_name():
    detector = topic_of("gold", severity=4)
    (finding,) = detector.find([Record(text="gold")])[0]
    assert (finding.rule, finding.hazard, finding.severity) == ("topic.money", "denied_topic", 4)


@pytest.mark.parametrize("phrase", ["...", " ", "x" * 40])
def test_a_topic_that_can_never_be_found_is_refused(phrase):
    with pytest.raises(ConfigError, match="topic money"):
        topic_of(phrase)


def test_versions_change_with_the_section():
    assert topic_of("a").version != topic_of("b").version
    assert own("a").version != own("b").version
