"""Words without their vowels are read as what they are; words and names are left alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.legible import legible
from upright.guard.legible.lexicon import bare_masked, common, is_disguised, ordinary
from upright.guard.legible.vowels import vowelless
from upright.train.contrast import contrast, trick

KNOWN = sorted(common() | set(ordinary()[:2_000]))
ABUSIVE = "the whole lot of them are worthless and stupid people"


def without(word, places):
    """The word without the vowels at some of its places, the first letter kept."""
    return "".join(
        letter for at, letter in enumerate(word) if not (at and letter in "aeiou" and at in places)
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("yu wrthlss pce of trsh", "you worthless piece of trash"),
        ("mgrnts are prsts, kck thm out", "migrants are parasites, kick them out"),
        ("I wll kll yu tnght", "I will kill you tonight"),
        ("Fck off", "Fuck off"),
        ("what a bllsht answer", "what a bullshit answer"),
    ],
)
def test_vowels_that_were_left_out_are_put_back(written, read):
    assert legible(written).text == read


@pytest.mark.parametrize(
    "text",
    [
        "Mrs Brand and Mr Schmidt took the tram to Brno.",
        "The src folder of the app holds all images and files.",
        "Try my gym, the rhythm is fun.",
        "He is 6 ft tall, 80 kg, and works for the BBC.",
        "hmm, idk, brb, lol",
        "https://example.org/stpd/fck",
        "The GCSE in DT is set by AQA.",
    ],
)
def test_short_forms_names_and_addresses_are_left_alone(text):
    assert legible(text).text == text


def test_a_single_short_form_in_prose_is_no_habit():
    text = "Please send the docs of the last mtg to the whole team before we leave for lunch."
    assert vowelless(text) == []


def test_half_of_the_words_whose_vowels_were_left_out_are_read_rightly():
    right = changed = 0
    for number, example in enumerate(contrast("test")):
        if number % 40:
            continue
        written = trick(example.text, "vowels", random.Random(number))
        words = [text.split() for text in (example.text, written, legible(written).text)]
        if len({len(some) for some in words}) == 1:
            for meant, seen, read in zip(*words, strict=True):
                changed += meant != seen
                right += meant != seen and meant.lower() == read.lower()
    assert changed > 1_000
    assert right >= 0.55 * changed


@given(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=30))
def test_words_that_stand_in_a_list_are_never_changed(words):
    assert vowelless(" ".join(words)) == []


@given(st.sampled_from(sorted(word for word in bare_masked() if len(word) > 4)), st.data())
def test_a_masked_word_that_was_read_is_a_word_that_people_disguise(word, data):
    places = data.draw(st.sets(st.integers(1, len(word) - 1)))
    seen = without(word, places)
    read = legible(f"so they said {seen} to me").text.split()[3]
    assert read == seen or is_disguised(read)


@given(st.text(alphabet="abcdefghijklmnoprstuvwy AEIST.,'", max_size=80))
def test_a_reading_of_a_reading_is_itself(text):
    once = legible(text).text
    assert legible(once).text == once


@given(st.sets(st.integers(1, 50)))
def test_only_vowels_are_put_in_and_each_span_keeps_its_letters(places):
    written = " ".join(without(word, places) for word in ABUSIVE.split())
    reading = legible(written)
    at = 0
    for word in reading.text.split():
        start = reading.text.index(word, at)
        at = start + len(word)
        origin = written[slice(*reading.span(start, at))]
        assert " " not in origin
        assert "".join(x for x in origin[1:] if x not in "aeiou") == "".join(
            x for x in word[1:] if x not in "aeiou"
        )
