"""Event streams, however they are cut and whatever they hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.generate.sse import LONGEST_EVENT, EventReader, MalformedStreamError


def read(raw, sizes=()):
    reader, events, at = EventReader(), [], 0
    for size in sizes:
        events += reader.feed(raw[at : at + size])
        at += size
    events += reader.feed(raw[at:])
    return events + list(reader.finish())


def flood(raw, times):
    reader = EventReader()
    for _ in range(times):
        assert list(reader.feed(raw)) == []


LINES = st.text(
    st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1, max_size=30
)


@given(
    st.lists(LINES, max_size=8),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(1, 9), max_size=60),
)
def test_events_are_the_same_for_every_line_end_and_every_cut(texts, end, sizes):
    raw = "".join(f": comment{end}data: {text}{end}{end}" for text in texts).encode()
    assert read(raw, sizes) == texts


def test_a_line_that_comes_byte_by_byte_is_not_copied_with_every_byte():
    raw = b"data: " + b"a" * 300_000 + b"\r\n\n"
    assert read(raw, [1] * len(raw)) == ["a" * 300_000]


def test_several_data_lines_are_one_event():
    assert read(b"event: x\ndata: a\ndata:b\nid: 4\n\ndata: c\n\n") == ["a\nb", "c"]


def test_an_event_without_its_blank_line_counts_at_the_end():
    assert read(b"data: a\n\ndata: [DONE]") == ["a", "[DONE]"]
    assert read(b"data: a\r") == ["a"]


def test_only_one_space_after_the_colon_belongs_to_the_format():
    assert read(b"data:  a\n\n") == [" a"]


def test_comments_blank_lines_and_unknown_fields_are_no_events():
    assert read(b"\n\n: ping\n\nretry: 5\n\nnonsense\n\n") == []


@pytest.mark.parametrize("raw", [b"data: \xff\n\n", b"data: \xe2\x82\n\n"], ids=["byte", "half"])
def test_bytes_that_are_not_utf8_are_malformed(raw):
    with pytest.raises(MalformedStreamError):
        read(raw)


def test_a_line_without_end_is_refused_before_memory_runs_out():
    with pytest.raises(MalformedStreamError):
        flood(b"x" * 10_000, LONGEST_EVENT // 10_000 + 2)


def test_an_event_of_endless_lines_is_refused():
    with pytest.raises(MalformedStreamError):
        flood(b"data: " + b"x" * 10_000 + b"\n", LONGEST_EVENT // 10_000 + 2)
