"""A value split over turns is found in its parts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.answer.fakes import asked

from upright.answer.crossings import EDGE, joined_views
from upright.answer.inbound import take_apart
from upright.generate.types import Message
from upright.terms import Finding


def parts_of(*texts):
    turns = [Message("user", text) for text in texts]
    return take_apart(asked(*turns)).parts


def finding(start, end):
    return Finding("pii.email", "personal_data", 2, 1.0, start, end, "")


def test_one_turn_crosses_nothing():
    assert joined_views(parts_of("alone")) == []
    assert joined_views(parts_of("alone", "")) == []


def test_only_what_people_wrote_is_joined():
    parts = take_apart(asked(("user", "a"), ("assistant", "b"), ("tool", "c"), ("user", "d"))).parts
    assert [view.record.text for view in joined_views(parts)] == ["a d", "ad"]


def test_a_crossing_finding_is_cut_to_each_part():
    parts = parts_of("say bob@exa", "mple.com now")
    view = joined_views(parts)[1]
    start = view.record.text.index("bob")
    found = finding(start, view.record.text.index(" now"))
    (shares,) = view.crossing([found])
    cut = [parts[n].record.text[f.start : f.end] for n, f in shares]
    assert cut == ["bob@exa", "mple.com"]


def test_a_finding_within_one_part_is_not_told_twice():
    view = joined_views(parts_of("bob@example.com", "hello"))[0]
    assert list(view.crossing([finding(0, 15)])) == []


def test_a_finding_over_many_turns_touches_each_of_them():
    view = joined_views(parts_of(*"abcdefgh"))[0]
    (shares,) = view.crossing([finding(2, 9)])
    assert [number for number, _ in shares] == [1, 2, 3, 4]


def test_of_a_long_turn_only_the_ends_are_read_again():
    long = "x" * (10 * EDGE)
    view = joined_views(parts_of(long, "end"))[0]
    assert len(view.record.text) < 3 * EDGE


@given(st.lists(st.text(min_size=1, max_size=3000), min_size=2, max_size=4), st.data())
def test_every_cut_span_shows_the_characters_of_the_view(texts, data):
    parts = parts_of(*texts)
    for view in joined_views(parts):
        length = len(view.record.text)
        start = data.draw(st.integers(0, length - 1))
        end = data.draw(st.integers(start + 1, length))
        told = [share for shares in view.crossing([finding(start, end)]) for share in shares]
        shown = view.record.text[start:end]
        for number, cut in told:
            assert cut.start < cut.end
            assert parts[number].record.text[cut.start : cut.end] in shown
