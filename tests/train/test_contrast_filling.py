"""The promises of the templates' slots, marks and articles."""

import random

import pytest

from upright.train.contrast.filling import fill, lower_first, mark, passage, unmark
from upright.train.contrast.tables import Identity, traits

WORDS = {
    "insult": ("idiot",),
    "clean": ("clown",),
    "thing": ("hourglass",),
    "school": ("university",),
    "tool": ("SSH server",),
}
UKRAINIAN = Identity("ukrainian", "nationality", "Ukrainians", "a Ukrainian", "Ukrainian")
ASIAN = Identity("asian", "ethnicity", "Asians", "an Asian person", "Asian")
GAY = Identity("gay", "orientation", "gay people", "a gay person", "gay")


def filled(text, identity=None):
    return fill(text, random.Random(0), WORDS, identity)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("You are a {insult}.", "You are an idiot."),
        ("You are a {clean}.", "You are a clown."),
        ("A {insult} and a {clean}.", "An idiot and a clown."),
        ("It is a {thing}.", "It is an hourglass."),
        ("At a {school}.", "At a university."),
        ("On a {tool}.", "On an SSH server."),
        ("You ⟦are a {insult}⟧.", "You ⟦are an idiot⟧."),
        ("You are a ⟦{insult}⟧.", "You are an ⟦idiot⟧."),
    ],
)
def test_an_article_fits_the_word_that_was_put_in(text, expected):
    assert filled(text) == expected


def test_an_article_fits_an_identity_too():
    assert filled("A {adj} cook.", ASIAN) == "An Asian cook."
    assert filled("A {adj} cook.", UKRAINIAN) == "A Ukrainian cook."


def test_a_slot_with_a_capital_begins_a_sentence():
    assert (
        filled("{Group} sing, and {group} dance.", GAY) == "Gay people sing, and gay people dance."
    )
    assert filled("{One} sings. {Insult}!", GAY) == "A gay person sings. Idiot!"


def test_the_same_slot_is_filled_with_the_same_word():
    many = {"pet": ("cat", "dog", "fish", "newt")}
    text = fill("{pet} {pet} {pet}", random.Random(4), many)
    assert len(set(text.split())) == 1


def test_a_trait_is_one_that_is_said_of_the_axis():
    assert filled("{trait}", GAY) in traits("orientation")


def test_an_identity_slot_without_an_identity_is_an_error():
    with pytest.raises(KeyError, match="needs an identity"):
        filled("{Group} sing.")


def test_a_slot_that_no_table_knows_is_an_error():
    with pytest.raises(KeyError):
        filled("A {dragon}.")


def test_marks_become_ranges_of_the_text_without_them():
    text, spans = unmark("He ⟦shouted⟧ and ⟦ran⟧.")
    assert text == "He shouted and ran."
    assert [text[start:end] for start, end in spans] == ["shouted", "ran"]


def test_a_text_without_marks_has_no_ranges():
    assert unmark("Nothing here.") == ("Nothing here.", ())


def test_marking_a_whole_text_leaves_marks_that_are_there():
    assert mark("All of it.") == "⟦All of it.⟧"
    assert mark("A ⟦part⟧.") == "A ⟦part⟧."


@pytest.mark.parametrize(
    ("form", "expected"),
    [("full", "Go away."), ("claim", "Go away"), ("that", "Go away")],
)
def test_a_passage_takes_the_form_its_frame_wants(form, expected):
    assert passage("Go away.", form) == expected


def test_a_question_mark_stays_in_quotation_marks_and_goes_after_that():
    assert passage("Go away!", "claim") == "Go away!"
    assert passage("Go away!", "that") == "Go away"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{Group} sing.", "{group} sing."),
        ("The sun.", "the sun."),
        ("I sing.", "I sing."),
        ("I'm here.", "I'm here."),
        ("USB sticks.", "USB sticks."),
    ],
)
def test_a_small_first_letter_is_given_where_english_allows_it(text, expected):
    assert lower_first(text) == expected
