import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upright.verify.normal import composed

# Letters, marks that compose or are reordered, Hangul in parts, vowel signs that compose.
SIGNS = "aeA z1\u0301\u0308\u0323\u0327\u1100\u1161\u11a8\uac00\u0bc6\u0bbe\u0344\u2126\U0001d15e漢"
TEXTS = st.text(st.sampled_from(SIGNS), max_size=12) | st.text(max_size=12)


@given(TEXTS)
@example("\u1100\u1161\u11a8e\u0301")
@example("\u0301a")
def test_each_place_of_the_normal_form_has_one_in_the_text(text):
    normal, places = composed(text)
    assert normal == unicodedata.normalize("NFC", text)
    if places is None:
        assert normal == text
        return
    assert len(places) == len(normal) + 1
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, len(text))


@given(TEXTS, TEXTS, TEXTS)
def test_what_lies_between_two_places_is_the_same_text(before, middle, after):
    # Spaces compose with nothing that comes before them.
    whole = f"{before} {middle} {after}"
    normal, places = composed(whole)
    start = len(unicodedata.normalize("NFC", f"{before} "))
    end = start + len(unicodedata.normalize("NFC", f" {middle}")) - 1
    places = places or range(len(whole) + 1)
    if middle and not unicodedata.combining(middle[0]):
        found = unicodedata.normalize("NFC", whole[places[start] : places[end]])
        assert found == normal[start:end]


@pytest.mark.parametrize("text", ["", "plain", "\u00e9t\u00e9", "漢字 \U0001f600"])
def test_a_text_in_normal_form_needs_no_way_back(text):
    assert composed(text) == (text, None)
