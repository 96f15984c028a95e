"""The promises of the spelling tricks."""

import random
import unicodedata

import pytest

from upright.train.contrast import TRICKS, Example, contrast, trick, tricked

SENTENCE = "You are a worthless clown and everybody knows it."
EXAMPLE = Example(
    text="He said: you are a worthless clown. I disagree.",
    kind="made_up",
    split="train",
    toxicity={"harassment": 0.9},
    severity=2,
    spans=((9, 34),),
)


@pytest.mark.parametrize("kind", TRICKS)
def test_a_trick_changes_the_writing(kind):
    assert trick(SENTENCE, kind, random.Random(1)) != SENTENCE


@pytest.mark.parametrize("kind", TRICKS)
def test_the_same_seed_plays_the_same_trick(kind):
    first, second = (trick(SENTENCE, kind, random.Random(7)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", TRICKS)
def test_a_text_without_words_is_left_alone(kind):
    assert trick("42 + 1 = ?", kind, random.Random(1)) == "42 + 1 = ?"
    assert trick("", kind, random.Random(1)) == ""


@pytest.mark.parametrize("kind", TRICKS)
def test_labels_stay_and_spans_move_along(kind):
    changed = tricked(EXAMPLE, kind, random.Random(3))
    assert (changed.toxicity, changed.severity) == (EXAMPLE.toxicity, EXAMPLE.severity)
    ((start, end),) = changed.spans
    assert changed.text[:start] == "He said: "
    assert changed.text[end:] == ". I disagree."


@pytest.mark.parametrize("kind", TRICKS)
def test_only_the_marked_passage_is_written_in_another_way(kind):
    changed = tricked(EXAMPLE, kind, random.Random(5))
    assert changed.text.startswith("He said: ")
    assert changed.text.endswith(" I disagree.")
    assert changed.text != EXAMPLE.text


def test_spans_stay_inside_for_all_kinds_of_sentences():
    rng = random.Random(11)
    for number, example in enumerate(contrast("test")):
        if number % 10:
            continue
        changed = tricked(example, TRICKS[number // 10 % len(TRICKS)], rng)
        assert len(changed.spans) == len(example.spans)
        assert all(0 <= start < end <= len(changed.text) for start, end in changed.spans)


def test_look_alikes_keep_the_length_and_leave_the_latin_script():
    changed = trick(SENTENCE, "homoglyph", random.Random(1))
    assert len(changed) == len(SENTENCE)
    assert any("CYRILLIC" in unicodedata.name(letter) for letter in changed)


def test_invisible_characters_can_be_taken_out_again():
    changed = trick(SENTENCE, "zero_width", random.Random(1))
    assert "".join(x for x in changed if unicodedata.category(x) != "Cf") == SENTENCE


def test_accents_can_be_taken_off_again():
    changed = trick(SENTENCE, "diacritics", random.Random(1))
    plain = unicodedata.normalize("NFD", changed)
    assert "".join(x for x in plain if not unicodedata.combining(x)) == SENTENCE


def test_case_alone_changes_no_letter():
    assert trick(SENTENCE, "case", random.Random(1)).lower() == SENTENCE.lower()


def test_missing_vowels_make_it_shorter_and_repetition_longer():
    assert len(trick(SENTENCE, "vowels", random.Random(1))) < len(SENTENCE)
    assert len(trick(SENTENCE, "repetition", random.Random(1))) > len(SENTENCE)


def test_masks_and_digits_stand_for_letters_one_to_one():
    for kind in ("masked", "leet"):
        assert len(trick(SENTENCE, kind, random.Random(1))) == len(SENTENCE)


def test_an_unknown_trick_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'upside_down': say one of homoglyph"):
        trick(SENTENCE, "upside_down", random.Random(1))
