"""Findings laid over a text: nothing of the text is lost, added or moved."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.console.marks import Mark, segments, spell_hidden


def mark(start, end, number=1, **other):
    values = {
        "label": "Personal data",
        "tone": "personal",
        "action": "redact",
        "rule": "pii.email",
        "explanation": "why",
        "severity": 2,
    }
    return Mark(start=start, end=end, number=number, **{**values, **other})


spans = st.tuples(st.integers(-5, 40), st.integers(-5, 40)).map(sorted)


@given(st.text(max_size=30), st.lists(spans, max_size=6))
def test_the_segments_join_to_the_text(text, pairs):
    marks = [mark(start, end, number) for number, (start, end) in enumerate(pairs, 1)]
    assert "".join(segment.text for segment in segments(text, marks)) == text


@given(st.text(min_size=1, max_size=30), st.lists(spans, max_size=6))
def test_each_character_carries_exactly_the_marks_that_cover_it(text, pairs):
    marks = [mark(start, end, number) for number, (start, end) in enumerate(pairs, 1)]
    place = 0
    for segment in segments(text, marks):
        numbers = {one.number for one in segment.marks}
        for at in range(place, place + len(segment.text)):
            assert numbers == {one.number for one in marks if one.start <= at < one.end}
        place += len(segment.text)
    assert place == len(text)


@given(st.text(min_size=1, max_size=30), st.lists(spans, max_size=6))
def test_each_visible_mark_is_labelled_once(text, pairs):
    marks = [mark(start, end, number) for number, (start, end) in enumerate(pairs, 1)]
    labelled = [one.number for segment in segments(text, marks) for one in segment.opens]
    visible = {one.number for one in marks if max(one.start, 0) < min(one.end, len(text))}
    assert sorted(labelled) == sorted(visible)


def test_nested_marks_are_cut_at_each_others_ends():
    parts = segments("abcdefgh", [mark(1, 7, 1), mark(3, 5, 2)])
    assert [(part.text, [one.number for one in part.marks]) for part in parts] == [
        ("a", []),
        ("bc", [1]),
        ("de", [1, 2]),
        ("fg", [1]),
        ("h", []),
    ]


def test_an_empty_text_has_no_segment():
    assert segments("", [mark(0, 0)]) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb", ["a", "U+200B", "b"]),
        ("\u202e", ["U+202E"]),
        ("\u00a0x", ["U+00A0", "x"]),
        ("\ud800", ["U+D800"]),
        ("\U000e0041", ["U+E0041"]),
        ("a b\tc\nd", ["a b\tc\nd"]),
        ("", []),
    ],
)
def test_what_nobody_can_see_is_spelled_out(text, shown):
    assert [run.text for run in spell_hidden(text)] == shown


def test_hidden_characters_are_spelled_only_under_a_mark():
    plain, marked = segments("\u200ba\u200b", [mark(1, 3)])
    assert [run.text for run in plain.glyphs] == ["\u200b"]
    assert [run.text for run in marked.glyphs] == ["a", "U+200B"]


@given(st.text(max_size=40))
def test_spelling_out_loses_no_character(text):
    back = "".join(
        chr(int(run.text.removeprefix("U+"), base=16)) if run.hidden else run.text
        for run in spell_hidden(text)
    )
    assert back == text
