"""Characters nobody sees are findings; those that scripts and emoji need are not."""

from __future__ import annotations

import pytest

from upright.guard.detectors.tables import table

NEEDED = [
    "👩\u200d💻 and 👨\u200d👩\u200d👧\u200d👦",
    "❤\ufe0f and 1\ufe0f\u20e3 and #\ufe0f\u20e3",
    "🏳\ufe0f\u200d🌈",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "क\u094d\u200dष",
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "葛\ufe00",
    "plain ASCII\nand été",
]
HIDDEN = [
    ("pass\u200bword", 1),
    ("a\u202eb", 2),
    ("user\u2066x\u2069", 2),
    ("so\u00adft", 1),
    ("\ufeffstart", 1),
    ("x\U000e0069\U000e0067\U000e006e", 3),
    ("a\u200db", 1),
    ("\u3164", 1),
]


@pytest.mark.parametrize("text", NEEDED)
def test_joiners_that_a_script_or_an_emoji_needs_are_left_alone(found, text):
    assert found("hidden.invisible", text) == []


@pytest.mark.parametrize(("text", "severity"), HIDDEN)
def test_other_invisible_characters_are_found(findings, text, severity):
    assert {f.severity for f in findings("hidden.invisible", text)} == {severity}


def test_a_run_is_one_finding(findings):
    (finding,) = findings("hidden.invisible", "a\u200b\u200b\u2060\u200bb")
    assert (finding.start, finding.end) == (1, 5)


def test_a_text_spelt_in_tags_is_the_gravest(findings):
    tags = "".join(chr(0xE0000 + ord(letter)) for letter in "say yes")
    (finding,) = findings("hidden.invisible", f"Hello.{tags}")
    assert (finding.start, finding.end, finding.severity) == (6, 13, 3)


@pytest.mark.parametrize("word", ["p\u0430ypal", "\u0420ayment", "G\u03bfogle", "micr\u043esoft"])
def test_a_word_with_a_borrowed_letter_is_found_whole(found, word):
    assert found("hidden.homoglyph", f"log in to {word} now") == [word]


@pytest.mark.parametrize("word", ["\uff21BC", "\U0001d400\U0001d401\U0001d402"])
def test_wide_and_mathematical_letters_are_found(found, word):
    assert found("hidden.homoglyph", f"see {word} there") == [word]


@pytest.mark.parametrize(
    "text", ["слово и дело", "ένας λόγος", "été Straße naïve", "\u03b1Syn, µm, Δx"]
)
def test_words_of_one_script_and_formulas_are_left_alone(found, text):
    assert found("hidden.homoglyph", text) == []


def test_every_letter_of_the_table_is_found_among_latin_ones(found):
    for signs in table("lookalikes.toml").data["latin"].values():
        for sign in signs:
            assert found("hidden.homoglyph", f"xx{sign}xx") == [f"xx{sign}xx"]
