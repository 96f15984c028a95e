# ruff: noqa: RUF001 (letters that look alike are what is tested)
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upright.verify.cleaned import FEWEST_LETTERS, cleaned

PROSE = (
    "It was late, and nobody came to the house; so we went home by the river.\n\n"
    "The others had said that they would wait for us there. Nobody did, as one may think. "
    "A year later I asked them why, and all that they told me was that the night was cold."
)
WRAPPED = (
    "It was late, and nobody came to the house; so we went home by the\n"
    "river. The others had said that they would wait for us there, and\n"
    "nobody did, as one may think. A year later I asked them why."
)
VERSE = "The woods are lovely,\nDark and deep,\nBut I have promises\nTo keep."
CODE = "def least(values):\n    found = values[0]\n    for value in values:  # all of them\n"
CODE += "        if value < found:\n            found = value\n    return found\n"
ALIKE = str.maketrans("aceopxyi", "асеорхуі")

# Letters with twins and without, marks that compose, signs without ink, white space of all kinds.
SIGNS = "aeot zAE.,іоасЖя漢❤\u0301\u200b\u200d\u00ad\ufeff\x07\ufe0f\uff41\U0001d41a"
SIGNS += " \xa0\u2003\t\n\r\u2028"
TEXTS = st.text(st.sampled_from(SIGNS), max_size=30) | st.text(max_size=20)


def clean(text):
    found = cleaned(unicodedata.normalize("NFC", text))
    return text if found is None else found[0]


@pytest.mark.parametrize(
    "altered",
    [
        PROSE.translate(ALIKE),
        PROSE.replace("o", "о"),
        PROSE.replace("e", "e\u200b"),
        f"\ufeff{PROSE}",
        PROSE.replace("night", "n\u00adi\u2060g\x07ht\u034f"),
        PROSE.replace(" ", "\xa0"),
        PROSE.replace(" ", "\u2003\u2009"),
        PROSE.replace(" ", "  "),
        PROSE.replace("\n", "\r\n"),
        PROSE.replace("\n\n", "\u2028\u2029"),
        PROSE.replace("river", "\U0001d42b\U0001d422\U0001d42f\U0001d41e\U0001d42b"),
        PROSE.replace("cold", "\uff43\uff4f\uff4c\uff44"),
        PROSE.lower(),
        PROSE.upper(),
    ],
    ids=[
        "look-alikes, whole words too", "one look-alike", "zero width", "byte order mark", "unseen",
        "no-break", "wide spaces", "doubled", "carriage returns", "separators", "ornate", "wide",
        "lower case", "upper case",
    ],
)  # fmt: skip
def test_what_changes_no_word_is_undone(altered):
    assert clean(altered) == PROSE


def test_lines_broken_anywhere_become_one():
    words = PROSE.split()
    lines = [" ".join(words[at : at + 4]) for at in range(0, len(words), 4)]
    assert clean("\n\n  ".join(lines)) == clean("\n".join(lines)) == " ".join(words)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        PROSE,
        WRAPPED,
        VERSE,
        CODE,
        f"{PROSE}\n",
        "“It’s late”, he said — or ‘so’ I heard…",
        "- apples and pears\n- two eggs\n\n1. Mix.\n2. Bake.",
        "Он сказал: а что с IT? Все тут, в нашем городе.",
        "Das Wort \u041f\u0440\u0438\u0432\u0435\u0442 ist russisch.",
        "می\u200cخواهم \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",
        "e" * (FEWEST_LETTERS - 1),
        "so late. nobody came",
    ],
)
def test_what_people_and_models_write_is_left_alone(text):
    assert cleaned(text) is None


def test_a_few_doubled_spaces_are_left_alone():
    assert cleaned(PROSE.replace(". ", ".  ")) is None


def test_code_keeps_its_layout_and_loses_what_has_no_ink():
    assert clean(CODE.replace("found", "fo\u200bund")) == CODE


def test_words_of_look_alikes_belong_to_the_script_of_the_others():
    assert clean("оса is a wasp, сор is not") == "oca is a wasp, cop is not"
    assert cleaned("оса это wasp, а шершень нет") is None


@given(TEXTS)
@example("e\u200b\u0301")
@example("\u200b\u200ba")
def test_each_place_of_the_cleaned_form_has_one_in_the_text(text):
    text = unicodedata.normalize("NFC", text)
    found = cleaned(text)
    if found is None:
        return
    form, places = found
    assert form != text
    assert unicodedata.is_normalized("NFC", form)
    assert len(places) == len(form) + 1
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] == len(text)


@given(TEXTS, st.integers(0, 30), st.integers(0, 30))
def test_signs_that_stay_stand_at_their_places(text, start, end):
    text = unicodedata.normalize("NFC", text)
    form, places = cleaned(text) or (text, list(range(len(text) + 1)))
    for sign, at in zip(form[start:end], places[start:end], strict=False):
        if sign.isascii() and not sign.isalpha() and not sign.isspace():
            assert text[at] == sign


@given(st.text(st.sampled_from("\u200b\u00ad\u2060"), min_size=1, max_size=3), st.data())
def test_what_lies_between_two_places_holds_the_same_words(hidden, data):
    at = data.draw(st.integers(1, len(PROSE) - 1))
    text = PROSE[:at] + hidden + PROSE[at:]
    form, places = cleaned(text)
    assert form == PROSE
    start = PROSE.index("that they would wait")
    stretch = text[places[start] : places[start + 20]]
    assert stretch.replace(hidden, "") == "that they would wait"
