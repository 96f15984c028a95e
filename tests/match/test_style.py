"""Closeness of style: authors are told apart, short texts are not judged, scores are calibrated."""

from __future__ import annotations

import gzip
import json
import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.match.style import FEWEST_WORDS, Closeness, Style, passages
from upright.terms import ConfigError

SMALL = [
    "the",
    "of",
    "and",
    "to",
    "a",
    "in",
    "that",
    "it",
    "was",
    "he",
    "his",
    "with",
    "as",
    "for",
    "had",
    "but",
    "not",
    "her",
    "she",
    "on",
    "at",
]
LONG = [f"{a}{b}" for a in ("har", "mol", "tes", "vin", "cor", "bal") for b in ("ing", "ed", "er")]


def text(author, words, seed):
    """Write in a manner: which small words are frequent, which endings, how long sentences are."""
    manner, rng = random.Random(author), random.Random(f"{author}{seed}")
    weights = [manner.expovariate(1) for _ in SMALL]
    own = manner.sample(LONG, 9)
    stop = manner.choice([6, 11, 19])
    written = []
    while len(written) < words:
        small = rng.choices(SMALL, weights)[0]
        written += [small, rng.choice(own if rng.random() < 0.6 else LONG)]
        if len(written) % stop < 2:
            written[-1] += manner.choice([".", ";", ","])
    return " ".join(written[:words])


@pytest.fixture(scope="module")
def style():
    others = [text(f"other{n}", 1500, 0) for n in range(6)]
    return Style.register("Ann", [text("Ann", 6000, 0)], others)


def scores(style, author, seeds):
    return [style.closeness(text(author, 320, seed)).score for seed in seeds]


def test_the_author_s_own_texts_are_closer_than_those_of_strangers(style):
    own = scores(style, "Ann", range(1, 13))
    strangers = [s for n in range(12) for s in scores(style, f"stranger{n}", [1])]
    assert min(own) > max(strangers)
    assert min(own) > 0.5 > max(strangers)


@given(words=st.integers(0, FEWEST_WORDS - 1), seed=st.integers(0, 99))
def test_nothing_is_said_of_short_texts(style, words, seed):
    assert style.closeness(text("Ann", words, seed)) == Closeness(None, words)


@given(words=st.integers(FEWEST_WORDS, 420), seed=st.integers(0, 99))
def test_a_score_is_a_probability(style, words, seed):
    found = style.closeness(text("Bob", words, seed))
    assert 0 <= found.score <= 1
    assert found.words == words


def test_space_and_shapes_of_apostrophes_make_no_difference(style):
    plain = text("Ann", 400, 3).replace("the ", "they'd ")
    shaped = plain.replace("'", "\u2019").replace(" ", "\n  ")
    assert style.closeness(shaped).score == pytest.approx(style.closeness(plain).score)


def test_names_belong_to_the_subject_and_not_to_the_style(style):
    plain = text("Ann", 400, 4)
    named = [plain.replace(" that ", f" {name} ") for name in ("Elizabeth", "Holmes")]
    one, other = (style.closeness(each).score for each in named)
    assert one == pytest.approx(other, abs=0.01)


def test_the_same_texts_give_the_same_style(style):
    others = [text(f"other{n}", 1500, 0) for n in range(6)]
    again = Style.register("Ann", [text("Ann", 6000, 0)], others)
    assert again.frequent == style.frequent
    assert np.array_equal(again.fit, style.fit)
    assert (style.fit[1:] >= 0).all()


@pytest.mark.parametrize(("own", "others"), [(100, 6000), (6000, 100)])
def test_too_little_text_is_told(own, others):
    with pytest.raises(ConfigError, match="too short to tell a style"):
        Style.register("Ann", [text("Ann", own, 0)], [text("Bob", others, 0)])


@given(lengths=st.lists(st.integers(0, 90), max_size=5), size=st.integers(1, 40))
def test_passages_have_the_size_and_stand_in_the_texts(lengths, size):
    texts = [text("Ann", length, length) for length in lengths]
    cut = passages(texts, size)
    assert len(cut) == sum(length // size for length in lengths)
    for one in cut:
        assert len(re.findall(r"\w+", one)) == size
        assert any(one in whole for whole in texts)


@pytest.mark.shared
def test_a_book_set_aside_is_known_by_another_of_its_author(shared_data):
    path = shared_data / "authorship" / "book_passages.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = list(map(json.loads, lines))
    own = [row["text"] for row in rows if row["title"] == "Sense and Sensibility"]
    books = sorted({row["title"] for row in rows if row["author"] != "Austen"})
    held = set(books[1::3])
    others = [
        row["text"]
        for title in books
        if title not in held
        for row in [row for row in rows if row["title"] == title][:12]
    ]
    style = Style.register("Austen", own[:40], others)

    def judged(texts):
        return np.array([style.closeness(one).score for one in passages(texts)[:40]])

    ours = judged([row["text"] for row in rows if row["title"] == "Pride and Prejudice"])
    theirs = judged([row["text"] for row in rows if row["title"] in held])
    assert np.mean(ours[:, None] > theirs) >= 0.94
