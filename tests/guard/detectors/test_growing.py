"""A pattern's beginnings are told from its dead ends."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.detectors.growing import growing, tokens

PATTERNS = [
    "abc",
    "a(?:b|cd)e",
    "a{2,3}b?c",
    "[ab]+c{1,2}",
    "(?<![a])b[bc]{0,3}(?![c])",
    r"\ba\d{2}\b",
    "a(?=[bc])[a-c]",
    r"(?:a|b\.)c*?d",
]


def grows(pattern, text, place):
    return re.compile(growing(pattern)).match(text, place) is not None


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=st.text("abcd1.", max_size=6), more=st.text("abcd1.", max_size=5))
def test_where_nothing_grows_no_continuation_changes_the_match(pattern, text, more):
    compiled = re.compile(pattern)
    for place in range(len(text)):
        if grows(pattern, text, place):
            continue
        before, after = compiled.match(text, place), compiled.match(text + more, place)
        assert (before and before.span()) == (after and after.span())


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("abc", "ab", True),
        ("abc", "abc", True),
        ("abc", "abd", False),
        ("a(?:b|cd)e", "ac", True),
        ("a(?:b|cd)e", "ad", False),
        (r"a\b", "a", True),
        (r"a\b", "a ", False),
        ("a(?!b)", "ab", False),
    ],
)
def test_a_beginning_grows_and_a_dead_end_does_not(pattern, text, expected):
    assert grows(pattern, text, 0) is expected


@pytest.mark.parametrize("pattern", ["^a", "a$", r"a\Z", r"\Aa", "(?:^|b)a"])
def test_anchors_are_refused(pattern):
    with pytest.raises(ValueError, match="anchor"):
        growing(pattern)


def test_what_cannot_be_read_is_refused_with_its_place():
    with pytest.raises(ValueError, match="character 2"):
        growing("ab[c")


def test_tokens_are_the_whole_pattern():
    pattern = r"(?<!\d)(?P<x>[^]a\]]+|\p{Greek}{2,})\x{1F600}\Qa|b\E\b(?i:c)."
    assert "".join(text for _, text in tokens(pattern)) == pattern
    kinds = {kind for kind, _ in tokens(pattern)}
    assert kinds == {"around", "opening", "atom", "glue", "quoted", "boundary"}


def test_a_sign_of_class_and_quotation_is_no_anchor():
    assert growing(r"[\^$]\Q^$\E", end=r"\z").endswith(r"\z")
