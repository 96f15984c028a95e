"""What a mask lets through never holds a run, and it lets everything else through."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.match.works import STEMS, work

from upright.match.index import RUN, SHORTEST, Index, IndexWriter, RunMask, Work

WORKS = [work(seed, 60) for seed in range(4)]
INDEX = Index.of(WORKS)
PIECES = st.lists(st.sampled_from([" a", " b", "a", ".", " a b", "'", "\u200b", " B", "\u65e5"]))


def mask(index=INDEX, shown=(), run=RUN, counts=lambda _: True) -> RunMask:
    return RunMask(index.segments, run, counts, shown)


def exact(index, text, run=RUN):
    return [hit for hit in index.query(text, run=run) if hit.exact]


@settings(max_examples=60)
@given(protected=PIECES, order=st.lists(st.permutations(range(9)), min_size=40, max_size=60))
def test_a_piece_is_forbidden_exactly_where_a_run_would_be_complete_behind_it(protected, order):
    pieces = [" a", " b", "a", ".", " a b", "'", "\u200b", " B", "\u65e5"]
    index = Index.of([Work("w", "".join(protected)), Work("v", " a b" * 8)])
    follower = mask(index).follower()
    text = ""
    for turn in order:
        flags = follower.forbidden(pieces)
        truth = [bool(exact(index, text + piece)) for piece in pieces]
        assert flags.tolist() == truth
        allowed = [number for number in turn if not flags[number]]
        text += pieces[allowed[0]]
        follower.take(pieces[allowed[0]])
        assert not exact(index, text)


@given(protected=PIECES, drawn=PIECES)
def test_where_it_is_idle_no_single_word_is_forbidden(protected, drawn):
    index = Index.of([Work("w", "".join(protected)), Work("v", " a b" * 8)])
    follower = mask(index).follower()
    for piece in drawn:
        follower.take(piece)
        if follower.idle:
            assert not follower.forbidden([" a", " b", "a", ".", "'", " B"]).any()


def test_a_writer_that_copies_all_it_may_never_completes_a_run():
    words = WORKS[0].text.split()
    follower = mask().follower()
    draw, text = random.Random(3), ""
    for at in range(200):
        wanted = " " + words[at % len(words)]
        if follower.forbidden([wanted])[0]:
            wanted = " " + draw.choice(STEMS) + "less"
        follower.take(wanted)
        text += wanted
    assert not exact(INDEX, text)
    assert text.count("less") >= 12


@pytest.mark.parametrize(
    "spell", [str.upper, lambda word: f"{word}!!", lambda word: f"\u200b{word}"]
)
def test_spelling_completes_a_run_as_well(spell):
    words = [spell(word) for word in WORKS[1].text.split()]
    follower = mask().follower()
    follower.take(" ".join(words[: RUN - 1]))
    assert follower.forbidden([" " + words[RUN - 1], " otherwise"]).tolist() == [True, False]


def test_a_word_in_several_pieces_is_forbidden_at_the_piece_that_completes_it():
    words = WORKS[2].text.split()
    follower = mask().follower()
    follower.take(" ".join(words[: RUN - 1]) + " " + words[RUN - 1][:3])
    assert follower.forbidden([words[RUN - 1][3:], "lock"]).tolist() == [True, False]


def test_what_the_user_wrote_may_be_repeated_and_no_more():
    words = WORKS[3].text.split()
    follower = mask(shown=["please mend: " + " ".join(words[:20])]).follower()
    for word in words[:20]:
        assert not follower.forbidden([" " + word])[0]
        follower.take(" " + word)
    assert follower.forbidden([" " + words[20]])[0]


def test_works_that_do_not_count_and_works_taken_out_mask_nothing(tmp_path):
    words = WORKS[0].text.split()
    with IndexWriter(tmp_path) as writer:
        writer.add(WORKS[0])
        writer.add(WORKS[1])
    with IndexWriter(tmp_path) as writer:
        writer.remove(WORKS[0].id)
    for one in (mask(counts=lambda document: document.id != "work 0"), mask(Index.open(tmp_path))):
        follower = one.follower()
        follower.take(" ".join(words[: RUN - 1]))
        assert not follower.forbidden([" " + words[RUN - 1]])[0]


def test_a_run_that_need_not_share_a_kept_gram_before_its_last_word_is_refused():
    with pytest.raises(ValueError, match="no kept gram"):
        mask(run=SHORTEST["text"])
