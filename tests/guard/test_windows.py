"""Windows are bounded, cover the text, and are final when they say so."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upright.guard.windows import LONGEST, WIDEST, Window, settled, windows

PIECES = st.one_of(
    st.sampled_from(
        [
            *("Yes.", "No!", "Dr.", "e.g.", "Mr. A. Smith", "Why?", "…", "...", "?!", '."', ".)"),
            *(" ", "  ", "\n", "\n\n", "\n \t\n", "\r\n", "\u00a0", "\u2028", "\x1c"),
            *("\n- one", "\n* two ", "\n12. ", "\n  3) ", "\n123", "\n- ", "\na) ", "\n# "),
            *("。", "\uff01", "\uff1f」", "。」", "你好", "これは長い文です", "」"),
            *("the quick brown fox jumps over it", "word ", "x" * 40, "y" * 330, "a b " * 70),
            *("word " * 63, "é" * 319, "." * 321, "1.2", "a@b.example", "z." * 12, " " * 20),
        ]
    ),
    st.text(max_size=6),
)
TEXTS = st.lists(PIECES, max_size=14).map("".join)


def pieces(text: str) -> list[str]:
    return [text[window.start : window.end] for window in windows(text)]


@given(TEXTS, TEXTS)
@example("x" * 318 + ".", " y")
@example("Yes. " + "x" * 310, "x" * 40)
@example("Yes. " + "x" * 317 + ". ", "y")
@example("this is a sentence of some length 。", "」 and more")
@example("this is a sentence of some length\n12", ". item")
@example("a" * 319 + "\n" + " " * 14, "\n")
def test_law_1_whatever_follows_windows_before_the_settled_place_stay(text, more):
    place = settled(text)
    before = [window for window in windows(text) if window.start < place]
    after = [window for window in windows(text + more) if window.start < place]
    assert before == after


@given(TEXTS, TEXTS)
def test_what_is_settled_stays_settled(text, more):
    assert settled(text + more) >= settled(text)


@given(TEXTS)
def test_no_more_than_the_longest_stays_open(text):
    assert len(text) - settled(text) < LONGEST


@given(TEXTS)
def test_windows_cover_all_but_white_space_and_are_bounded(text):
    place = 0
    for window in windows(text):
        assert window.start < window.end <= window.start + WIDEST
        assert text[place : window.start].strip() == ""
        piece = text[window.start : window.end]
        assert piece == piece.strip()
        place = window.end
    assert text[place:].strip() == ""


@given(TEXTS)
@example("Yes. " + "x" * 317 + ". ")
def test_a_cut_can_be_taken_up_at_any_settled_window(text):
    found = windows(text)
    place = settled(text)
    for index, window in enumerate(found):
        assert windows(text, window.start) == found[index:]
        if window.start <= place:
            assert settled(text, window.start) == place


def test_a_cut_is_final_once_a_sentence_ends_beyond_the_widest_window():
    text = "Yes. " + "x" * 317 + ". "
    assert settled(text) == len(text)
    assert pieces(text + "y") == ["Yes.", "x" * 317 + ".", "y"]


# After this the next end of a sentence closes the window.
LEAD = (
    "It was one of the longest letters that ever came to this office, and who had the time for it, "
)


@pytest.mark.parametrize(
    ("closed", "rest"),
    [
        ("was the question of everybody.", "This is the second one."),
        ('he said "this is not what I meant."', "Then he left the room."),
        ("said all of us to Dr. Smith and Mr. J. Doe today.", "They were out."),
        ("version 2.5 of the file a.b.example is out now...", "It works."),
    ],
)
def test_a_long_window_closes_at_the_end_of_its_sentence(closed, rest):
    assert pieces(f"{LEAD}{closed} {rest}") == [LEAD + closed, rest]


def test_full_stops_of_cjk_close_a_window_without_white_space():
    closed = "这是一个相当长的句子," * 11 + "因此它是一个窗口。"
    assert pieces(closed + "「下一个句子。」") == [closed, "「下一个句子。」"]


@pytest.mark.parametrize(
    "text",
    [
        "One word",
        "Yes. You are right about all of it.",
        'He said "you are all the same." I think that this was wrong of him. Do not say it.',
        "a line that was broken by the\nwriter's editor goes on",
    ],
)
def test_a_short_text_is_one_window(text):
    assert pieces(text) == [text]


def test_a_quotation_and_its_rejection_share_a_window():
    text = 'One of them wrote "all of you are the same." That is vile. '
    assert pieces(text + LEAD + "as they say.")[0].startswith(text)


@pytest.mark.parametrize(
    "items",
    [
        ["A heading of more than a few words", "then the text"],
        ["A sentence before an empty line.", "then the text"],
        ["A line that ends with the word Mr.", "then the text"],
    ],
)
def test_an_empty_line_closes_a_short_window(items):
    assert pieces("\n\n".join(items)) == items


def test_a_list_item_closes_a_short_window():
    items = [
        "- the first item of the list",
        "- the second item of the list.",
        "3. the third of them",
    ]
    assert pieces("\n".join(items)) == items


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_white_space_has_no_windows(text):
    assert pieces(text) == []


def test_letters_on_lines_of_their_own_share_a_window():
    assert len(windows("\n\n".join("you are what"))) == 1


def test_a_sentence_that_is_too_long_is_cut_before_a_word():
    words = [f"word{number}" for number in range(200)]
    found = pieces(" ".join(words))
    assert all(WIDEST - 10 < len(piece) <= WIDEST for piece in found[:-1])
    assert " ".join(found).split() == words


def test_without_white_space_the_cut_is_beside_a_sign_or_hard():
    assert windows("x" * 700) == [Window(0, 320), Window(320, 640), Window(640, 700)]
    assert windows("x" * 300 + "/" + "y" * 300)[0] == Window(0, 301)


def test_a_short_sentence_stands_alone_where_the_next_is_too_long_for_both():
    assert pieces("Yes. " + "x" * 400)[0] == "Yes."


@pytest.mark.parametrize(
    "unit",
    ["a", ".", "\n", " ", "a b\n", "。", '."', "- \n", "One sentence. ", "a。", "\n \n", "!a"],
)
def test_a_megabyte_takes_a_time_that_grows_with_its_length_only(unit):
    text = unit * (1_000_000 // len(unit))
    began = time.process_time()
    found = windows(text)
    assert time.process_time() - began < 3
    assert all(one.end <= two.start for one, two in itertools.pairwise(found))
