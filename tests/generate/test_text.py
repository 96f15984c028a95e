"""Text that may be sent: whole characters, and nothing of a stop text."""

from hypothesis import given
from hypothesis import strategies as st

from upright.generate.text import TextStream


def cut(raw, sizes):
    at = 0
    for size in sizes:
        if at >= len(raw):
            return
        yield raw[at : at + size]
        at += size
    yield raw[at:]


CUTS = st.lists(st.integers(1, 7), max_size=40)


@given(st.text(max_size=60), CUTS)
def test_text_is_the_same_however_its_bytes_are_cut(text, sizes):
    stream = TextStream()
    out = [stream.feed(part) for part in cut(text.encode(), sizes)]
    assert "".join(out) + stream.finish() == text


@given(st.text("ab€😀\n", max_size=40), st.lists(st.text("ab€😀\n", min_size=1, max_size=4)), CUTS)
def test_text_ends_before_the_first_stop_text_however_its_bytes_are_cut(text, stops, sizes):
    stream = TextStream(stops)
    out = "".join(stream.feed(part) for part in cut(text.encode(), sizes)) + stream.finish()
    complete = [(text.index(stop) + len(stop), text.index(stop)) for stop in stops if stop in text]
    assert stream.stopped == bool(complete)
    assert out == (text[: min(complete)[1]] if complete else text)


def test_nothing_of_a_possible_stop_text_leaves_early():
    stream = TextStream(["END"])
    assert stream.feed(b"the E") == "the "
    assert stream.feed(b"N") == ""
    assert stream.feed(b"O") == "ENO"
    assert stream.feed(b" EN") == " "
    assert stream.feed(b"D more") == ""
    assert stream.stopped
    assert stream.feed(b"even more") == ""
    assert stream.finish() == ""


def test_half_a_character_waits_and_at_the_end_becomes_a_replacement():
    stream = TextStream()
    raw = "é".encode()
    assert stream.feed(raw[:1]) == ""
    assert stream.settled == 1
    assert stream.decoded == 0
    assert stream.feed(raw[1:]) == "é"
    assert stream.feed("😀".encode()[:3]) == ""
    assert stream.finish() == "�"


def test_bytes_that_are_no_utf8_become_replacements_and_never_an_error():
    stream = TextStream()
    assert stream.feed(b"a\xff\xfeb") == "a��b"
