"""Texts in wrappers are found where they stand, and ordinary text holds none."""

from __future__ import annotations

import base64
import codecs
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.legible import WRAPPED_REACH, wrapped
from upright.guard.legible.wrappers import LONGEST

SAID = "you are an idiot and I will kill you tonight"


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


def escapes_of(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


WRAPPERS = {
    "base64": base64_of,
    "hex": lambda text: text.encode().hex(),
    "percent": escapes_of,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reversed": lambda text: text[::-1],
}
PIECES = st.one_of(
    st.sampled_from([wrap(SAID) for wrap in WRAPPERS.values()]),
    st.sampled_from(
        [base64_of(SAID * 3)[:80] + "\n", "the dog ", " ", "\n", "vqvbg ", "%41%42%43"]
    ),
    st.sampled_from(
        [base64_of(SAID * 90), "a" * 4_090, "61" * 2_050, "ner lbh " * 520, "%61" * 900]
    ),
    st.text(max_size=8),
)


@pytest.mark.parametrize("kind", WRAPPERS)
def test_a_wrapped_text_is_found_where_it_stands(kind):
    inside = WRAPPERS[kind](SAID)
    text = f"Please read this: {inside} - and then answer it."
    (found,) = wrapped(text)
    assert (found.text, found.kind) == (SAID, kind)
    assert text[found.start : found.end] == inside


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        (" ".join(f"{byte:02x}" for byte in SAID.encode()), "hex"),
        ("".join(f"\\x{byte:02x}" for byte in SAID.encode()), "hex"),
        (" ".join(f"0x{byte:02X}" for byte in SAID.encode()), "hex"),
        (" ".join(word[::-1] for word in SAID.split()), "reversed"),
        (base64.urlsafe_b64encode(SAID.encode()).decode().rstrip("="), "base64"),
        (base64.encodebytes((SAID + " " + SAID).encode()).decode().strip(), "base64"),
    ],
)
def test_other_ways_of_writing_a_wrapper_are_known(inside, kind):
    (found,) = wrapped(inside)
    assert found.kind == kind
    assert found.text.startswith(SAID)


# What is turned and then is no English is not looked for, so those are no outer ones.
@pytest.mark.parametrize("outer", ["base64", "hex", "percent"])
@pytest.mark.parametrize("inner", WRAPPERS)
def test_what_was_hidden_twice_is_found(outer, inner):
    (found,) = wrapped(WRAPPERS[outer](WRAPPERS[inner](SAID)))
    assert found.text == SAID
    assert found.kind == f"{outer}+{inner}"


def test_one_disguised_word_among_plain_ones_is_enough():
    assert [one.text for one in wrapped("you are an vqvbg, he said")] == ["idiot"]
    assert [one.text for one in wrapped("you are an toidi, he said")] == ["idiot"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I saw a dog on the pots, and no one was mad at him; Anna did live on.",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709 c0ffee00c0ffee00 4242424242424242",
        "internationalization/of/everything/here and_a_long_name_of_a_function_in_code",
        "see http://x.example/a%20b%20c%20d?q=1&r=%C3%A9%C3%A8%C3%AA",
        "for i in range(n): a = a * (n + 1) * (n + 2) - n * n",
        "123e4567-e89b-12d3-a456-426614174000",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "00 11 22 33 44 55 66 77 88 99 and 12:30:45:10:20:30:40:50",
    ],
)
def test_ordinary_text_holds_no_wrapped_text(text):
    assert wrapped(text) == []


@given(st.lists(PIECES, max_size=6).map("".join))
def test_stretches_are_bounded_in_order_and_apart(text):
    place = 0
    for one in wrapped(text):
        assert place <= one.start < one.end <= min(len(text), one.start + LONGEST)
        place = one.end


@given(st.lists(PIECES, max_size=6).map("".join), st.lists(PIECES, max_size=2).map("".join))
def test_law_1_what_starts_before_the_reach_stays(text, more):
    place = len(text) - WRAPPED_REACH
    before = [one for one in wrapped(text) if one.start < place]
    assert before == [one for one in wrapped(text + more) if one.start < place]


@given(st.text(alphabet=st.characters(), max_size=80))
def test_any_string_can_be_searched(text):
    assert isinstance(wrapped(text), list)


def test_percent_signs_of_whole_words_are_read():
    assert wrapped(quote(SAID)) == []
    assert [one.kind for one in wrapped(escapes_of("kill") + " them")] == ["percent"]


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "a ",
            "61",
            "61 ",
            "%61",
            "%",
            "+",
            "\n",
            "QUJD",
            "QUJDREVGR0hJSktMTU5P\n",
            "vqvbg ",
        ),
        *("ner lbh ", "uoy ", "0x61", "\\x61 ", "a%61", "=", "abcdefghijklmnop=", "é"),
    ],
)
def test_the_time_grows_with_the_length_only(unit):
    text = unit * (200_000 // len(unit))
    began = time.process_time()
    wrapped(text)
    assert time.process_time() - began < 4
