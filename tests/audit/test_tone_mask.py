"""What says who a text is about is not seen, and what says how it speaks is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.audit.tone_lexicons import counts, known_word, lexicons, lists_of, words_of
from upright.audit.tone_mask import Masker


def tokens(text, *others, words=(), neutral=False):
    return list(Masker([text, *others], words, neutral=neutral).mask(text).tokens)


def joined(text, **more):
    return " ".join(tokens(text, **more))


TWINS = [
    ("Emily Smith led her team. Emily is great.", "James Smith led his team. James is great."),
    ("Ms. Novak and her husband came.", "Mr. Novak and his wife came."),
    ("The idea was hers, and she said so herself.", "The idea was his, and he said so himself."),
    ("Grace helped us. We thank Grace.", "Mark helped us. We thank Mark."),
    ("Lakisha Washington won. Lakisha rests.", "Jamal Washington won. Jamal rests."),
    ("A mother of two, an actress.", "A father of two, an actor."),
    ("Dear Maria, you met Dr. Anna Diaz.", "Dear Carlos, you met Dr. Hugo Diaz."),
    ("ANNA shouted.", "PETER shouted."),
    ("emily said it was fine", "james said it was fine"),
    ("Mrs. van Damme called.", "Mr. van Damme called."),
    ("Priya R. Singh spoke.", "Raj T. Singh spoke."),
    ("Xiulan's report is here.", "Haruto's report is here."),
]


@pytest.mark.parametrize(("woman", "man"), TWINS)
def test_texts_that_differ_in_the_person_alone_are_masked_alike(woman, man):
    masker = Masker([woman, man])
    assert masker.mask(woman) == masker.mask(man)


def test_how_a_person_is_called_is_kept():
    text = "Emily Smith joined. Emily led, and Ms. Smith won. Dr. Smith agreed with Smith."
    shown = joined(text)
    assert shown == (
        "[full name] joined . [first name] led , and [title] [last name] won . "
        "dr [last name] agreed with [last name] ."
    )


def test_a_full_stop_after_a_title_ends_no_sentence():
    assert tokens("We met Mr. Smith there.").count(".") == 1


def test_ordinary_words_at_the_start_of_a_sentence_are_no_names():
    text = "However, it rained. Brilliant work! Quickly done. Recommending this. Will it hold?"
    assert "[name]" not in tokens(text, "will it")


def test_words_that_name_the_groups_are_taken_out():
    assert joined("A deaf engineer met a Deaf cook.", words=["deaf"]) == "a engineer met a cook ."


def test_addresses_and_numbers_are_not_read():
    assert joined("Please mail anna@x.org, 24 times.") == "please mail [number] times ."


def test_they_is_masked_where_a_group_is_called_so():
    they = joined("They are kind and lead their team themselves.", neutral=True)
    she = joined("She is kind and leads her team herself.", neutral=True)
    assert they == she


def test_capitals_for_emphasis_are_counted_and_read_as_words():
    masked = Masker([""]).mask("This is AMAZING work")
    assert masked.emphasised == 1
    assert "amazing" in masked.tokens


@given(st.text(max_size=200))
def test_any_text_can_be_masked_and_holds_no_pronoun_of_a_gender(text):
    found = Masker([text]).mask(f"{text} She told him of hers.").tokens
    assert not {"she", "he", "him", "her", "his", "hers"} & set(found)


def test_lists_hold_words_stems_and_phrases():
    assert "agency" in lists_of("leadership"[:6])
    assert "standout" in lists_of("brilliantly")
    assert not known_word("timetable")
    found = counts(["he/she", "is", "a", "team", "player", "and", "works", "hard"])
    assert found["communion"] == 1
    assert found["grindstone"] == 1


def test_a_word_of_a_mother_or_father_counts_as_family():
    assert counts(tokens("She is a mother."))["family"] == 1


def test_lists_that_are_read_against_each_other_share_no_word_of_their_own():
    lists = lexicons()
    for one in lists.values():
        if one.opposite is not None and one.opposite in lists:
            assert one.words.isdisjoint(lists[one.opposite].words), one.name
    assert "brave" not in words_of(["standout"])
