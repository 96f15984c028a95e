import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.generate import EngineError
from upright.generate.reading import check_ids, placed, spelled, windows


def cut(text, places):
    raw = text.encode()
    edges = sorted({0, len(raw), *(place % (len(raw) + 1) for place in places)})
    return list(enumerate(raw[a:b] for a, b in itertools.pairwise(edges)))


@given(st.text(min_size=1, max_size=30), st.lists(st.integers(0, 200), max_size=8))
def test_tokens_stand_where_their_bytes_do(text, places):
    pieces = cut(text, places)
    found = placed(text, pieces)
    assert (found[0].start, found[-1].end) == (0, len(text))
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    for token, (_, raw) in zip(found, pieces, strict=True):
        inside = text[token.start : token.end].encode()
        # A token that ends inside a character is placed at that character's start.
        assert abs(len(inside) - len(raw)) < 4


def test_a_space_that_a_tokenizer_puts_before_a_text_moves_nothing():
    found = placed("ab cd", [(7, b" ab"), (8, b" cd")])
    assert [(token.start, token.end) for token in found] == [(0, 2), (2, 5)]


@given(st.text(max_size=30), st.lists(st.integers(0, 200), max_size=8))
def test_tokens_spell_the_text_they_were_cut_from(text, places):
    pieces = cut(text, places)
    spelt, found = spelled(pieces)
    assert spelt == text
    assert all(a.end == b.start for a, b in itertools.pairwise(found))


@given(st.integers(0, 300), st.integers(1, 100), st.integers(8, 60))
def test_windows_ask_for_every_token_once_and_fit(count, first, most):
    wanted = []
    for start, begin, end in windows(count, first, most):
        assert 0 <= start < begin < end <= count
        assert end - start <= most
        wanted += range(begin, end)
    assert wanted == list(range(first, count))


@given(st.integers(9, 300), st.integers(8, 60))
def test_a_later_window_has_something_to_read_before_what_is_asked(count, most):
    for start, begin, _ in itertools.islice(windows(count, 1, most), 1, None):
        assert begin - start >= most // 4


@pytest.mark.parametrize("ids", [[-1], [10], [3, 4, 99]])
def test_an_id_that_a_model_does_not_have_is_named(ids):
    with pytest.raises(EngineError, match=f"token {ids[-1]} is none") as told:
        check_ids(ids, 10)
    assert told.value.kind == "bad_request"
