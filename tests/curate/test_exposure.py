"""No passage of n words stands in more than N places: counted again by other code."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.curate.corpora import WORDS, kept, ledger, made, prose, write

from upright.curate import exposure, passages
from upright.curate import shards as shards_module
from upright.curate.writing import without
from upright.match import words as normal


def counted(texts, words: int) -> Counter:
    """Count every passage of so many words, with nothing of the code that is tested."""
    found: Counter = Counter()
    for text in texts:
        tokens = re.findall(r"[a-z0-9]+", text.lower())
        found.update(tuple(tokens[at : at + words]) for at in range(len(tokens) - words + 1))
    return found


def capped(folder, texts, words: int, times: int, **more) -> list[str]:
    source = write(folder / "in.jsonl", [{"id": f"t{n}", "text": t} for n, t in enumerate(texts)])
    section = (
        f"[curate]\nnear_duplicates = false\n[curate.exposure]\nwords = {words}\ntimes = {times}"
    )
    made(folder / "out", source, section=section, **more)
    return [record["text"] for record in kept(folder / "out")]


def test_a_passage_that_stands_too_often_is_cut_where_it_stands_last(tmp_path):
    notice = prose(1000, 30)
    texts = [f"{prose(n)} {notice} {prose(100 + n)}" for n in range(5)]
    out = capped(tmp_path, texts, 20, 2)
    assert out[:2] == texts[:2]
    assert out[2:] == [f"{prose(n)} {prose(100 + n)}" for n in range(2, 5)]
    told = {name: [(e["rule"], e["action"], e["words"]) for e in entries]
            for name, entries in ledger(tmp_path / "out").items()}  # fmt: skip
    assert told == {f"t{n}": [("exposure", "cut", 30)] for n in range(2, 5)}


def test_passages_shorter_than_the_limit_stay(tmp_path):
    notice = prose(1000, 19)
    texts = [f"{prose(n)} {notice} {prose(100 + n)}" for n in range(5)]
    assert capped(tmp_path, texts, 20, 1) == texts


def test_case_and_punctuation_make_no_other_passage(tmp_path):
    notice = prose(1000, 30)
    loud = notice.upper().replace(" ", " - ")
    out = capped(tmp_path, [f"{prose(1)} {notice}", f"{prose(2)} {loud}"], 20, 1)
    assert out[1] == prose(2)


def test_a_record_of_which_nothing_is_left_is_dropped(tmp_path):
    notice = prose(1000, 30)
    out = capped(tmp_path, [f"{prose(1)} {notice}", notice.lower() + "!"], 20, 1)
    assert len(out) == 1
    assert ledger(tmp_path / "out")["t1"][0]["action"] == "drop"


def test_a_text_that_repeats_itself_is_cut_too(tmp_path):
    out = capped(tmp_path, ["ha " * 500], 8, 3)
    assert 0 < max(counted(out, 8).values(), default=1) <= 3
    assert set(out[0].split()) == {"ha"}


def test_what_a_cut_joins_is_counted_again(tmp_path):
    one, two, left, right = prose(1, 30), prose(2, 30), prose(3, 12), prose(4, 12)
    # Both lose their notice, and what stood around it is then the same passage of 24 words.
    texts = [one, two, f"{left} {one} {right}", f"{left} {two} {right}"]
    out = capped(tmp_path, texts, 20, 1)
    assert out == [one, two, f"{left} {right}"]


def drawn(seed: int, count: int) -> list[str]:
    """Return texts that share passages of all lengths, within and across each other."""
    draw = random.Random(seed)
    pool = [draw.choices(WORDS, k=draw.randrange(4, 40)) for _ in range(6)]
    texts = []
    for _ in range(count):
        words: list[str] = []
        for _ in range(draw.randrange(1, 6)):
            words += draw.choice(pool) if draw.random() < 0.7 else draw.choices(WORDS, k=9)
        texts.append(" ".join(words))
    return texts


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), words=st.sampled_from([8, 9, 13]), times=st.integers(1, 3))
def test_the_cap_holds_on_an_independent_index(tmp_path_factory, seed, words, times):
    texts = drawn(seed, 14)
    out = capped(tmp_path_factory.mktemp("cap"), texts, words, times)
    assert max(counted(out, words).values(), default=0) <= times


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_nothing_is_cut_where_nothing_stands_too_often(tmp_path_factory, seed):
    texts = list(dict.fromkeys(drawn(seed, 8)))
    most = max(counted(texts, 8).values(), default=1)
    assert capped(tmp_path_factory.mktemp("cap"), texts, 8, most) == texts


def test_the_cap_holds_over_shards_and_ranges_that_do_not_fit_into_memory(tmp_path, monkeypatch):
    texts = drawn(5, 60)
    (tmp_path / "a").mkdir()
    whole = capped(tmp_path / "a", texts, 8, 2)
    monkeypatch.setattr(shards_module, "SIZE", 1500)
    monkeypatch.setattr(exposure.ranges, "__defaults__", (40,))
    (tmp_path / "b").mkdir()
    parts = capped(tmp_path / "b", texts, 8, 2)
    assert parts == whole
    assert max(counted(parts, 8).values()) <= 2


# Its pieces --------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(2, 30), st.integers(0, 120))
def test_every_passage_has_a_mark_wherever_it_stands(seed, words, before):
    draw = np.random.default_rng(seed)
    passage = draw.integers(0, 50, words).astype(np.uint64)
    run = passages.run_length(words)
    for lead in (0, before):
        text = np.concatenate((draw.integers(0, 50, lead).astype(np.uint64), passage))
        found, places = passages.marks(text, np.array([0, len(text)]), words)
        inside = found[(places >= lead) & (places + run <= lead + words)]
        own, _ = passages.marks(passage, np.array([0, words]), words)
        assert set(own.tolist()) <= set(inside.tolist())
        assert len(own)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6), st.integers(2, 12))
def test_marks_of_many_texts_are_those_of_each(lengths, words):
    draw = np.random.default_rng(7)
    texts = [draw.integers(1, 9, n).astype(np.uint64) for n in lengths]
    bounds = np.concatenate(([0], np.cumsum(lengths)))
    found, places = passages.marks(np.concatenate(texts), bounds, words)
    owners = passages.owners(bounds, places)
    for number, text in enumerate(texts):
        alone, spots = passages.marks(text, np.array([0, len(text)]), words)
        assert found[owners == number].tolist() == alone.tolist()
        assert (places[owners == number] - bounds[number]).tolist() == spots.tolist()


@given(st.lists(st.integers(0, 30), max_size=8), st.lists(st.integers(0, 30), max_size=8))
def test_cuts_after_cuts_are_those_of_the_words_that_were_left(first, second):
    words = list(range(40))
    cuts = exposure.merged([], [(at, at + 3) for at in first])
    left = [w for w in words if not any(a <= w < b for a, b in cuts)]
    begins = [at for at in second if at + 3 <= len(left)]
    again = exposure.merged(cuts, [(at, at + 3) for at in begins])
    gone = {left[at + k] for at in begins for k in range(3)}
    assert [w for w in words if not any(a <= w < b for a, b in again)] == [
        w for w in left if w not in gone
    ]
    assert all(a < b for a, b in again)
    assert all(one[1] < two[0] for one, two in pairwise(again))


def test_the_first_places_stay_where_places_overlap(tmp_path):
    source = write(tmp_path / "in.jsonl", [{"id": "a", "text": "word " * 400}])
    section = "[curate.exposure]\nwords = 10\ntimes = 4\n"
    made(tmp_path / "out", source, section=section)
    (record,) = kept(tmp_path / "out")
    assert record["text"].split() == ["word"] * 13


@given(st.integers(0, 10**9), st.integers(1, 10**8))
def test_ranges_cover_all_numbers_once(rows, most):
    edges = list(exposure.ranges(min(rows, 50 * most), most))
    assert edges[0][0] == 0
    assert edges[-1][1] == 1 << 64
    assert all(one[1] == two[0] for one, two in pairwise(edges))


@given(st.text(st.characters(codec="utf-8"), max_size=80), st.data())
def test_a_cut_takes_its_words_and_no_other(text, data):
    words = normal.words(text)
    hashes = words.hashes
    # A sign such as a fraction is read as two words, and goes as a whole.
    assume((np.diff(words.starts) > 0).all())
    first = data.draw(st.integers(0, len(hashes)))
    last = data.draw(st.integers(first, len(hashes)))
    cuts = [(first, last)] if last > first else []
    left = np.concatenate((hashes[:first], hashes[last:])) if cuts else hashes
    assert normal.words(without(text, cuts)).hashes.tolist() == left.tolist()


def test_a_cut_leaves_paragraphs_apart():
    assert without("One two.\n\nThree four. Five", [(2, 4)]) == "One two.\nFive"
    assert without("a, b, c", [(1, 2)]) == "a, c"


@pytest.mark.parametrize("window", range(1, 20))
def test_the_least_of_each_window_is_that(window):
    draw = np.random.default_rng(window)
    values = draw.integers(0, 1000, 60).astype(np.uint64)
    expected = [values[at : at + window].min() for at in range(60 - window + 1)]
    assert passages._sliding(np.minimum, values, window).tolist() == expected
