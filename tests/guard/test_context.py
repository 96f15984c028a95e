"""How a passage is used: what makes a quotation, and what does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.context import LEFT, RIGHT, ContextTagger, context_of, surroundings
from upright.terms import Context

from tests.guard.fakes import finding  # isort: skip

MARKS = ['""', "\u201c\u201d", "«»", "\u2018\u2019", "\u2039\u203a"]
# The passage in question stands between braces.
CASES = [
    ('He said "{X}" and left.', Context.QUOTATION),
    ('"{X}," he said.', Context.QUOTATION),
    ("The banner read “{X}”.", Context.QUOTATION),
    ("«{X}», wrote the senator.", Context.QUOTATION),
    ('According to the transcript: "{X}"', Context.QUOTATION),
    ('They called me "{X}" at school.', Context.QUOTATION),
    ('A troll posted "{X}" under it.', Context.QUOTATION),
    ('"{X}"', None),
    ('Listen: "{X}"', None),
    ('I say "{X}" and I mean it.', None),
    ('As I always said: "{X}"', None),
    ('We must repeat "{X}" until they listen.', None),
    ("He said hello. Then: {X}", None),
    ('He said "hello". {X}', None),
    ('He said it\n"{X}"', None),
    ('He said "{X}". That is hateful and wrong.', Context.COUNTER_SPEECH),
    ('It is wrong to write "{X}" about anybody.', Context.COUNTER_SPEECH),
    ('"{X}" is unacceptable.', Context.COUNTER_SPEECH),
    ("Saying that {X} is hateful.", Context.COUNTER_SPEECH),
    ("People who say {X} should stop.", Context.COUNTER_SPEECH),
    ("The idea that {X} is simply false.", Context.COUNTER_SPEECH),
    ("A man was arrested for shouting {X} at a match.", Context.REPORT),
    ("Police said {X} was found on the wall.", Context.REPORT),
    ("They are not {X}.", Context.NEGATION),
    ("Nobody is {X} here.", Context.NEGATION),
    ("I think {X}.", Context.OPINION),
    ("In my opinion {X}.", Context.OPINION),
    ("I am a proud {X}.", Context.RECLAIMED),
    ("We are {X} and here.", Context.RECLAIMED),
    ("my fellow {X}", Context.RECLAIMED),
    ("You are {X}.", None),
    ("{X}", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "context"), [case for case in CASES if case[0]])
def test_a_context_is_told_by_words_outside_the_passage(text, context):
    start = text.index("{")
    assert context_of(surroundings(text, start, text.index("}") + 1)) is context


@pytest.mark.parametrize("marks", [*MARKS, "\u201e\u201c"])
def test_marks_alone_never_make_a_quotation(marks):
    text = f"You know it: {marks[0]}XX{marks[1]} and more"
    start = text.index("XX")
    assert context_of(surroundings(text, start, start + 2)) is None


@pytest.mark.parametrize("marks", MARKS)
def test_all_marks_are_equal_where_a_speaker_is_named(marks):
    text = f"The caller shouted {marks[0]}XX{marks[1]} twice"
    start = text.index("XX")
    assert context_of(surroundings(text, start, start + 2)) is Context.QUOTATION


def test_a_label_too_far_away_labels_nothing():
    text = "He said " + "x" * LEFT + ' "XX"'
    start = text.index("XX")
    assert context_of(surroundings(text, start, start + 2)) is None


WORDS = st.sampled_from(
    ["He said ", '"', "“", "”", "XX", " is wrong", ". ", "! ", "\n", "not ", " x"]
)


@given(st.lists(WORDS, max_size=40).map("".join), st.lists(WORDS, max_size=12).map("".join))
def test_a_final_context_never_changes(text, more):
    start = text.find("XX")
    if start < 0:
        return
    early = surroundings(text, start, start + 2)
    late = surroundings(text + more, start, start + 2)
    if early.final:
        assert late == early
    assert len(early.left) <= LEFT
    assert len(early.right) <= RIGHT


@pytest.mark.parametrize(
    ("after", "final"),
    [
        ("", False),
        (" and", False),
        ("\n", True),
        (". One. ", True),
        (". One.", False),
        ("x" * RIGHT, True),
    ],
)
def test_a_context_is_final_at_the_lines_end_or_after_two_sentences(after, final):
    assert surroundings("XX" + after, 0, 2).final is final


def test_only_wanted_findings_are_tagged_and_only_they_wait():
    text = 'He said "XX" and "YY'
    first, second = finding("a.x", 9, 11), finding("b.x", 18, 20)
    tagged, final = ContextTagger(lambda rule: rule == "a.x")(text, [first, second])
    assert [item.context for item in tagged] == [Context.QUOTATION, None]
    assert final == 9


def test_a_detector_that_knows_the_context_keeps_its_word():
    known = finding("a.x", 9, 11, context=Context.RECLAIMED)
    tagged, final = ContextTagger(lambda _: True)('He said "XX" loud', [known])
    assert tagged == [known]
    assert final == len('He said "XX" loud')
