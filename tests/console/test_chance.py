"""Drawing words, and the bars that show where they came from."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.console.board import LONGEST, Board
from upright.console.chance import SEEDS, bars, draw, fresh_seed
from upright.console.errors import PageError
from upright.console.seal import Seal
from upright.generate import Candidate, NextToken

SEAL = Seal(b"s" * 32)


def candidates(*shares):
    return tuple(Candidate(number, f" w{number}", share) for number, share in enumerate(shares))


@given(st.integers(0, SEEDS - 1), st.text(max_size=20))
def test_the_same_text_and_seed_draw_the_same_word(seed, text):
    some = candidates(0.4, 0.3, 0.2)
    assert draw(some, seed=seed, text=text) == draw(some, seed=seed, text=text)


def test_words_are_drawn_as_often_as_their_probability_says():
    some = candidates(0.5, 0.3, 0.15, 0.05)
    rounds = 4000
    counts = Counter(draw(some, seed=seed, text="x").token_id for seed in range(rounds))
    chi = sum(
        (counts[one.token_id] - rounds * one.probability) ** 2 / (rounds * one.probability)
        for one in some
    )
    # Chi-square with three degrees of freedom; 16.3 is its 0.999 point. The seeds are fixed.
    assert chi < 16.3


def test_each_text_has_a_chance_of_its_own():
    some = candidates(0.5, 0.5)
    drawn = {draw(some, seed=1, text="x" * size).token_id for size in range(30)}
    assert drawn == {0, 1}


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=8), st.integers(0, 10_000))
def test_only_candidates_are_drawn_whatever_their_sum(shares, seed):
    some = candidates(*shares)
    assert draw(some, seed=seed, text="") in some


def test_a_word_without_probability_is_never_drawn():
    some = candidates(0.0, 1.0, 0.0)
    assert {draw(some, seed=seed, text="").token_id for seed in range(200)} == {1}


def test_without_candidates_there_is_an_error_with_a_mend():
    with pytest.raises(PageError) as caught:
        draw((), seed=1, text="")
    assert caught.value.mend


def test_fresh_seeds_fit_the_form_and_differ():
    seeds = {fresh_seed() for _ in range(50)}
    assert len(seeds) > 45
    assert all(0 <= seed < SEEDS for seed in seeds)


def test_bars_show_the_likeliest_and_the_rest():
    found = NextToken(candidates(0.5, 0.2, 0.1, 0.05), covered=0.9, entropy=math.log(2) * 3)
    shown = bars(found, rows=2)
    assert [row.text for row in shown.rows] == [" w0", " w1"]
    assert shown.rest == pytest.approx(0.15)
    assert (shown.others, shown.size, shown.covered, shown.bits) == (2, 4, 0.9, "3.00")
    assert shown.top == 0.5


def test_the_drawn_word_is_shown_wherever_it_stands():
    some = candidates(0.5, 0.2, 0.1, 0.05)
    shown = bars(NextToken(some, 1.0, 1.0), some[3], rows=2)
    assert [(row.text, row.drawn) for row in shown.rows] == [(" w0", False), (" w3", True)]
    assert shown.rest == pytest.approx(0.3)


@given(st.lists(st.floats(0.0, 0.1), max_size=30))
def test_rows_and_rest_are_the_whole(shares):
    found = NextToken(candidates(*shares), 1.0, 0.0)
    shown = bars(found, rows=5)
    total = sum(row.probability for row in shown.rows) + shown.rest
    assert total == pytest.approx(sum(shares))
    assert len(shown.rows) + shown.others == shown.size


def test_bars_of_nothing_are_empty():
    shown = bars(NextToken((), 0.0, 0.0))
    assert (shown.rows, shown.top, shown.others) == ((), 0.0, 0)


def form(board, **changes):
    fields = {
        "text": board.text,
        "trail": board.sealed_trail(SEAL),
        "seed": board.seed,
        "count": str(board.count),
    }
    return {**fields, **changes}


def test_a_board_travels_through_a_form():
    board = Board("Once", seed="7", count=4).extended(" upon", 0.25).extended(" a", 0.5)
    assert Board.read(form(board), SEAL) == board
    assert board.shown == {"before": "Once upon", "last": " a"}


def test_undo_takes_back_one_word_at_a_time():
    board = Board("Once").extended(" upon", 0.25).extended(" a", 0.5)
    assert board.undone().text == "Once upon"
    assert board.undone().undone() == Board("Once")
    assert Board("Once").undone() == Board("Once")


def test_an_edited_text_has_no_trail():
    board = Board("Once").extended(" upon", 0.25)
    assert Board.read(form(board, text="Twice upon"), SEAL).trail == ()


def test_a_forged_trail_is_forgotten():
    board = Board("Once").extended(" upon", 0.25)
    other = Seal(b"t" * 32)
    assert Board.read(form(board, trail=board.sealed_trail(other)), SEAL).trail == ()


@pytest.mark.parametrize("text", ["", "  \n "])
def test_no_text_is_an_error(text):
    with pytest.raises(PageError, match="no text"):
        Board.read({"text": text}, SEAL)


def test_too_long_a_text_is_an_error():
    Board.read({"text": "x" * LONGEST}, SEAL)
    with pytest.raises(PageError, match="4,000"):
        Board.read({"text": "x" * (LONGEST + 1)}, SEAL)
    with pytest.raises(PageError, match="as long as"):
        Board("x" * LONGEST).extended("y", 0.5)


@pytest.mark.parametrize("seed", ["-1", "1.5", "x", "4294967296", "9" * 400, "٣", "1e3"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(PageError, match="seed"):
        Board.read({"text": "a", "seed": seed}, SEAL)


@pytest.mark.parametrize(
    ("given_count", "count"), [("2", 2), ("4", 4), ("99", 3), ("", 3), ("x", 3)]
)
def test_a_count_off_the_list_is_the_usual_one(given_count, count):
    assert Board.read({"text": "a", "count": given_count}, SEAL).count == count


def test_bars_tell_which_share_of_a_word_lies_in_the_chosen_half():
    found = NextToken(candidates(0.5, 0.3, 0.2), covered=1.0, entropy=1.0)
    shown = bars(found, green={0: 1.0, 1: 0.25})
    assert [row.green for row in shown.rows] == [1.0, 0.25, None]
    assert shown.halved
    assert not bars(found).halved
