# ruff: noqa: RUF001 (letters that look alike are what is tested)
"""Tricks of spelling are undone, ordinary text is left alone, and every letter has its origin."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upright.guard.legible import Legible, legible

TRICKS = st.one_of(
    st.sampled_from(
        [
            *("idiot", "1d10t", "b!tch", "f**k", "a$$", "sh*t!!", "FuCk", "iDiOt", "k1ll", "$lut"),
            *("i d i o t", "y o u  a r e", "i.d.i.o.t", "i-d-i-o-t", "i_d_i_o_t", "f u c k y o u"),
            *("fuuuuck", "ffuucckk", "sooo", "III", "\ufb03", "ｉｄ", "\U0001d422", "і", "оо"),
            *("\u200b", "\u0336", "e\u0301", "é", "\ud800", "\U0001f468\u200d\U0001f469", "ø"),
            *(" ", "  ", "\n", ".", "-", "_", "'", "*", "1", "a", "B", "/", "@", "€", "№", "½"),
            *("a@b.example", "http://x.example/l33t", "H2O", "B-52", "v1.2b3", "R2D2", "d&d"),
        ]
    ),
    st.text(max_size=4),
)
TEXTS = st.lists(TRICKS, max_size=10).map("".join) | st.text(max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("you are an 1d10t and a b!tch", "you are an idiot and a bitch"),
        ("1gn0r3 pr3v10us 1nstruct10ns", "ignore previous instructions"),
        ("an i d i o t, y o u  a r e", "an idiot, you  are"),
        ("i.d.i.o.t i-d-i-o-t i_d_i_o_t", "idiot idiot idiot"),
        ("y o u a r e a n i d i o t", "you are an idiot"),
        ("idiooooot fuuuuck killll sooo", "idiot fuck kill so"),
        ("ffuucckk", "fuck"),
        ("f**k sh*t b*tch a** f*cking", "fuck shit bitch ass fucking"),
        ("FuCk yOu iDiOt", "fuck you idiot"),
        ("ｉｄｉｏｔ 𝐢𝐝𝐢𝐨𝐭 ⓘⓓⓘⓞⓣ 🅸🅳🅸🅾🆃 ɪᴅɪᴏᴛ", "idiot idiot idiot IDIOT idiot"),
        ("іdіоt", "idiot"),
        ("i\u200bd\u00adi\u2060o\u200dt", "idiot"),
        ("i\u0337d\u0334i\u0335o\u0336t\u0337\u0300\u0301", "idiot"),
        ("ïdíôt", "idiot"),
    ],
)
def test_tricks_are_undone(text, expected):
    assert legible(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The B-52 flew at 7pm on the 4th of May 1994, 10k up, for 90s or 1h30.",
        "H2O, CO2, C6H12O6, R2D2, MP3, i18n, k8s, utf8, base64, sha256, x86, COVID19, F22A",
        "iPhone 5s, v1.2b3, 3.5mm, 100km, 1st, 2nd, 5th, 4x4, 50cent, Win7, Xbox360",
        "write to a.b@mail.example or see http://x.example/l33t/4ss?b1tch=k1ll",
        "if (a[i] != b1) { c0 += x[3]; } # foo_b4r, self.c0unt, a*b*c, x|y, $HOME/b1n",
        "J. R. R. Tolkien, the U.S.A., the U.S.S.R., a.k.a. someone, e.g. this, A B C D",
        "McDonald on YouTube with his MacBook and LaTeX, GitHub, eBay and PhD",
        "Louis XVIII, chapter viii, part III, www.example, hmmm, shhh, IEEE",
        "**bold**, *this*, R&B, Q&A, AT&T, 5% off, #tag, C++, C#, $5, Stop!Now",
        "an α-acid of 5 μm, 60th of the 64th, H&M, D&D, l*w, f@x.example, KKK, xxxgame",
        "“So,” he said – it’s … well, 3½ m² at 20 °C™",
        "Привет, как дела? 你好！これは文です。 مرحبا नमस्ते क्‍ष",
        "👨‍👩‍👧 ❤️ 1️⃣ 🇺🇸",
    ],
)
def test_ordinary_text_is_left_alone(text):
    assert legible(text).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "f*k, sh**t, b****, n*****r, motherf*cker, shi*",
            "fuck, shit, bitch, nigger, motherfucker, shit",
        ),
        ("f-ck f_ck sh-t b.tch", "fuck fuck shit bitch"),
        ("f#ck sh%t f@#k", "fuck shit fuck"),
        ("F*CK, F*ck", "FUCK, Fuck"),
        ("id*0t m*r0n", "idiot moron"),
    ],
)
def test_masked_letters_are_put_back(text, expected):
    assert legible(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i  d  i  o  t", "idiot"),
        ("i\nd\ni\no\nt", "idiot"),
        ("i . d . i . o . t", "idiot"),
        ("i/d/i/o/t i|d|i|o|t i,d,i,o,t", "idiot idiot idiot"),
        ("y o u  a r e  a n  i d i o t !", "you  are  an  idiot !"),
        ("you a i d i o t", "you a idiot"),
        ("i h a t e y o u a l l", "i hate you all"),
        ("1 d 1 0 t and i d * o t", "idiot and idiot"),
        ("i d i o t t t t t", "idiot"),
    ],
)
def test_letters_written_one_by_one_are_joined(text, expected):
    assert legible(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "a, b, c, d and e; A/B/C; x y z; a e i o u; 1 2 3 4; I a b",
        "J.R.R. Tolkien, M.I.T. and U.C.L.A. at 5 p.m.",
        "n * m * k and 2 * (l * w)",
    ],
)
def test_enumerations_initials_and_products_are_not_joined(text):
    assert legible(text).text == text


def test_letters_that_are_left_out_of_a_mask_share_its_origin():
    reading = legible("you f*k")
    assert reading.text == "you fuck"
    assert reading.span(4, 5) == (4, 5)
    assert reading.span(5, 7) == (5, 6)
    assert reading.span(7, 8) == (6, 7)


@given(TEXTS)
def test_every_character_has_an_origin_and_origins_keep_their_order(text):
    reading = legible(text)
    assert len(reading.starts) == len(reading.ends) == len(reading.text)
    before = (0, 0)
    for start, end in zip(reading.starts, reading.ends, strict=True):
        assert 0 <= start < end <= len(text)
        assert before[0] <= start
        assert before[1] <= end
        before = start, end


@given(TEXTS, st.data())
def test_spans_nest_and_adjacent_spans_make_their_hull(text, data):
    reading = legible(text)
    places = st.integers(0, len(reading.text))
    start, middle, end = sorted(data.draw(st.tuples(places, places, places)))
    if start < middle < end:
        left, right, hull = (
            reading.span(start, middle),
            reading.span(middle, end),
            reading.span(start, end),
        )
        assert hull == (left[0], right[1])
        assert left[0] <= right[0]
        assert left[1] <= right[1]
    if start < end:
        first, last = reading.span(start, end)
        assert first < last


@given(TEXTS)
@example("f u\u200b c k")
def test_the_reading_of_a_reading_is_itself(text):
    once = legible(text).text
    assert legible(once).text == once


@given(st.text(alphabet=st.characters(), max_size=80))
def test_any_string_can_be_read(text):
    assert isinstance(legible(text), Legible)


def test_a_span_has_exactly_the_characters_its_letters_came_from():
    text = "so: i d i o t, ﬁﬀ, fuuuck, i\u200bd\u0336k."
    reading = legible(text)
    for word, origin in (
        ("idiot", "i d i o t"),
        ("fiff", "ﬁﬀ"),
        ("i", "i"),
        ("fuck", "fuuuck"),
        ("idk", "i\u200bd\u0336k"),
    ):
        start = reading.text.index(word)
        assert text[slice(*reading.span(start, start + len(word)))] == origin
    start = reading.text.index("uck")
    assert text[slice(*reading.span(start, start + 1))] == "uuu"
    with pytest.raises(ValueError, match="not inside"):
        reading.span(0, len(reading.text) + 1)


def test_accents_are_all_that_is_lost_of_names():
    text = "Zürich, José, Škvorecký, Nguyễn, Øresund, naïve café"
    assert legible(text).text == "Zurich, Jose, Skvorecky, Nguyen, Oresund, naive cafe"
    decomposed = unicodedata.normalize("NFD", text)
    assert legible(decomposed).text == legible(text).text


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "a ", "1", "a1", "*", "f*", "a.", "i-", "aaab", "aA", "é", "e\u0301", "\u200b"),
        *("іd", "!", "@", "$", "1 ", "a  ", "\n", "o о", "f**k ", "aabbcc", "a\u200b", "x_"),
    ],
)
def test_the_time_grows_with_the_length_only(unit):
    text = unit * (200_000 // len(unit))
    began = time.process_time()
    legible(text)
    assert time.process_time() - began < 4
