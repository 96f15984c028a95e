"""Phrases over words: the small language of the tables, disguises and openness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.detectors.phrase_tables import masks
from upright.guard.detectors.phrases import Phrase, parse_steps, phrase_detector
from upright.guard.detectors.words import LONGEST_WORD, undisguised, words_of
from upright.terms import Record

PIECES = ["drop ", "it ", "all", " now", ". ", "'", "x" * 50]


def detector(*phrases, sets=None):
    rows = [Phrase(parse_steps(text, sets), 0.5, 2, "Why.") for text in phrases]
    return phrase_detector("topic.test", rows, version="1")


def spans(found, text):
    return [text[f.start : f.end] for f in found.find([Record(text=text)])[0]]


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("drop it", "Drop it!", ["Drop it"]),
        ("drop|leave it", "leave it, drop it", ["leave it", "drop it"]),
        ("drop that? thing", "drop thing drop that thing", ["drop thing", "drop that thing"]),
        ("drop ~2 thing", "drop the old thing", ["drop the old thing"]),
        ("drop ~2 thing", "drop the very old thing", []),
        ("drop rule*", "drop rulebook", ["drop rulebook"]),
        ("drop @things", "drop b", ["drop b"]),
        ("drop it", "drop. it", []),
        ("drop it", "drop\nit", ["drop\nit"]),
        ("drop it", "drop\n\nit", []),
        ("drop it", "drop          it", []),
        ("drop it", "drop_it", ["drop_it"]),
        ("drop it", "dropped it, drop its", []),
        ("don't go", "Don\u2019t go", ["Don\u2019t go"]),
        ("go", "'go' (go)", ["go", "go"]),
    ],
)
def test_the_language_of_the_tables(phrase, text, expected):
    assert spans(detector(phrase, sets={"things": ["a", "b"]}), text) == expected


@pytest.mark.parametrize("phrase", ["", "a?", "~2 a", "a* b"])
def test_a_phrase_must_start_with_a_word(phrase):
    with pytest.raises(ValueError, match="must start with words"):
        parse_steps(phrase)


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("STUPID", "stupid"),
        ("stup1d", "stupid"),
        ("$tupid", "stupid"),
        ("stuuuupid", "stupid"),
        ("goooood", "good"),
        ("\uff53tupid", "stupid"),
        ("st\u0443pid", "stypid"),
        ("*stupid*", "stupid"),
        ("don\u2019t", "don't"),
    ],
)
def test_a_disguised_word_is_compared_as_the_plain_one(word, plain):
    assert plain in undisguised(word)


def test_a_number_is_not_read_as_a_word():
    assert undisguised("1035") == ("1035",)


def test_masks_keep_the_first_letter_and_never_touch_short_words():
    assert masks("abcd") == {"a*cd", "ab*d", "a**d", "a***"}
    assert masks("abc") == set()


@given(text=st.text("ab'\u2019 _.é中1$*", max_size=60))
def test_words_are_in_order_and_none_is_longer_than_the_bound(text):
    words = words_of(text)
    ends = [0]
    for (start, end), forms in zip(words.spans, words.forms, strict=True):
        assert ends[-1] <= start < end <= len(text)
        assert end - start <= LONGEST_WORD
        assert forms
        ends.append(end)


@given(text=st.text("ab' c\u00e9", max_size=40))
def test_the_quick_reading_of_ascii_agrees_with_the_other(text):
    # Another script at the end sends the same words through the general rule.
    other = words_of(text + " é")
    plain = [text[start:end] for start, end in words_of(text).spans]
    assert [other.text[start:end] for start, end in other.spans[:-1]] == plain


def test_a_text_without_the_phrases_words_holds_back_its_last_word_only():
    found = detector("drop the rules")
    assert found.settled("We sang of the ti") == 15
    assert found.settled("We sang of the tide ") == 20


def test_a_phrase_that_has_begun_is_held_back_until_it_fails():
    found = detector("drop the rules")
    assert found.settled("please drop th") == 7
    assert found.settled("please drop the ") == 7
    assert found.settled("please drop the ma") == 7
    assert found.settled("please drop the map ") == 20


def test_a_match_that_could_grow_is_open_and_then_final():
    found = detector("drop it", "drop it all now")
    assert found.settled("drop it ") == 0
    assert found.settled("drop it all ") == 0
    assert found.settled("drop it. ") == 9
    assert spans(found, "drop it all day") == ["drop it"]


@given(text=st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_phrases_keep_the_law_at_every_prefix(text):
    found = detector("drop it", "drop it all now", "it ~2 now", "now")
    final = found.find([Record(text=text)])[0]
    for length in range(len(text) + 1):
        settled = found.settled(text[:length])
        now = found.find([Record(text=text[:length])])[0]
        assert max(0, length - found.reach) <= settled <= length
        assert [f for f in now if f.start < settled] == [f for f in final if f.start < settled]
