"""What a text's words may be compared as is the same, read quickly or with places."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.detectors.words import spellings_in, words_of

ODD = "aabbcc xyz AB 013457 @$* ' \u2019 é ß 漢 ... \n _"


@given(st.text(alphabet=ODD, max_size=80) | st.text(max_size=60))
def test_quick_spellings_are_those_of_the_words(text):
    assert spellings_in(text) == words_of(text).places.keys()


@pytest.mark.parametrize(
    ("text", "spelling"),
    [("CASINO", "casino"), ("c4s1no", "casino"), ("caaasino", "casino"), ("'casino'", "casino")],
)
def test_a_disguised_word_is_among_them(text, spelling):
    assert spelling in spellings_in(text)


def test_a_text_without_words_has_none():
    assert spellings_in("... !? \n") == frozenset()


@given(st.text(alphabet="abB1'$@ -", max_size=200))
def test_quick_spellings_of_overlong_and_quoted_words_are_those_of_the_words(text):
    assert spellings_in(text) == words_of(text).places.keys()
