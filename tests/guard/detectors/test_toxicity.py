"""Words and phrases of the table are found in their disguises; groups alone never are."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from upright.guard.detectors import all_detectors
from upright.guard.detectors.phrase_tables import phrases_of
from upright.guard.detectors.tables import table
from upright.terms import Record

TABLE = table("toxicity.toml").data
SECTIONS = sorted(set(TABLE) - {"sets"})
DETECTORS = {d.rule: d for d in all_detectors() if d.rule.startswith("toxicity.")}
GROUPS = TABLE["sets"]["groups"]
COARSE = sorted(
    word
    for phrase in phrases_of(TABLE, "profanity")
    if len(phrase.steps) == 1
    for word in phrase.steps[0].words
    if len(word) > 3
)


def found(rule, text):
    return [text[f.start : f.end] for f in DETECTORS[rule].find([Record(text=text)])[0]]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_phrase_of_the_table_is_found_as_it_stands(section):
    for phrase in phrases_of(TABLE, section):
        words = [min(step.words or step.beginnings) for step in phrase.steps if not step.optional]
        text = " ".join(words)
        assert found(f"toxicity.{section}", f"Well, {text}.") == [text]


@given(word=st.sampled_from(COARSE), data=st.data())
def test_disguises_do_not_hide_a_word(word, data):
    place = data.draw(st.integers(1, len(word) - 2))
    signs = {"a": "4@", "e": "3", "i": "1", "o": "0", "s": "5$", "t": "7"}.get(word[place], "*")
    disguised = data.draw(
        st.sampled_from(
            [
                word.upper(),
                word[:place] + data.draw(st.sampled_from(signs + "*")) + word[place + 1 :],
                word[:place] + word[place] * 3 + word[place + 1 :],
                word[0] + "*" * (len(word) - 1),
            ]
        )
    )
    assert found("toxicity.profanity", f"oh {disguised} that") == [disguised]


@given(word=st.sampled_from(COARSE), letter=st.sampled_from("bdkmvwxz"))
def test_a_word_inside_another_word_is_not_found(word, letter):
    assume(letter not in (word[0], word[-1]))  # else it is the same word, drawn out
    text = f"{letter}{letter}{word}{letter}{letter}"
    assert found("toxicity.profanity", text) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_naming_a_group_never_scores(section):
    frames = ["I am one of the {}.", "{} people live here.", "We met some {} at the fair.", "{}"]
    for group in GROUPS:
        for frame in frames:
            assert found(f"toxicity.{section}", frame.format(group)) == []


def test_every_group_is_protected_alike():
    for group in GROUPS:
        assert found("toxicity.hate", f"death to all {group}!") == [f"death to all {group}"]


def test_wishing_a_group_death_is_the_gravest():
    (finding,) = DETECTORS["toxicity.hate"].find([Record(text=f"death to {GROUPS[0]}")])[0]
    assert finding.severity == 4


@pytest.mark.parametrize(
    "text",
    [
        "The cocktail class passed the assessment in Scunthorpe.",
        "I will kill the process and burn a disc.",
        "He shot a film about women in Japanese prisons.",
        "You are kind, and your work is useful.",
        "The hunters aimed at the hill.",
    ],
)
@pytest.mark.parametrize("section", SECTIONS)
def test_harmless_text_is_left_alone(section, text):
    assert found(f"toxicity.{section}", text) == []


GRADED = [
    ("toxicity.threat", "You should die.", 4),
    ("toxicity.threat", "You will suffer painfully", 4),
    ("toxicity.threat", "I will kill every one of you", 4),
    ("toxicity.threat", "I'll murder everyone there", 4),
    ("toxicity.threat", "We will destroy all copies of the file.", 2),
    ("toxicity.threat", "The sergeant put a bullet through her sleeve.", 2),
    ("toxicity.threat", "The judge said he must die.", 2),
    ("toxicity.threat", "Some felt that he should die.", 2),
    ("toxicity.threat", "You will pay for this.", 2),
    ("toxicity.harassment", "You are such a fool.", 2),
    ("toxicity.harassment", "You stupid coward!", 2),
    ("toxicity.harassment", "Nobody likes you.", 2),
    ("toxicity.harassment", "No one loves you.", 2),
    ("toxicity.harassment", "Oh, what a fool!", 1),
    ("toxicity.harassment", "The king said he was a coward.", 1),
    ("toxicity.hate", "Burn the immigrants", 4),
    ("toxicity.hate", "They said: hang black people", 4),
    ("toxicity.hate", "We should wipe out the Chinese", 4),
    ("toxicity.hate", "Women must never vote.", 4),
    ("toxicity.hate", "Go back to your own country!", 3),
    ("toxicity.hate", "Send the immigrants back to where they came from", 3),
    ("toxicity.hate", "How did white supremacy shape the law?", 1),
]
EVERYDAY = [
    "Can you tell a joke about ducks?",
    "Why do you waste your time, and who takes out your trash?",
    "Everyone loves her, and nobody cares about the weather.",
    "That was a waste of time, and this is a joke.",
    "The three little pigs and the ugly duckling are your next stories.",
    "You will pay for shipping. Mind your back when you lift.",
    "Screw them in tightly.",
    "Five men have been hanged there.",
    "Wipe the white board, hang the Polish flag and burn some Chinese incense.",
    "I would shoot black and white film there.",
    "Women should vote, and immigrants must have rights.",
    "When did he go back to China? I want to go back to my country.",
]


@pytest.mark.parametrize(("rule", "text", "severity"), GRADED)
def test_an_attack_weighs_more_in_the_address_than_in_a_story(rule, text, severity):
    assert max(f.severity for f in DETECTORS[rule].find([Record(text=text)])[0]) == severity


@pytest.mark.parametrize("text", EVERYDAY)
@pytest.mark.parametrize("section", SECTIONS)
def test_everyday_words_do_not_add_up_to_an_attack(section, text):
    assert found(f"toxicity.{section}", text) == []
