"""Likeness is Jaccard's, twins are found, and what is found was compared word by word."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.match import minhash
from upright.match import words as normal

TEXTS = st.lists(st.text(alphabet="ab cd ", max_size=60), max_size=8)


def jaccard(one: str, two: str) -> float:
    """Return the likeness of two texts, with nothing of the code that is tested."""
    sets = []
    for text in (one, two):
        words = text.lower().split()
        size = min(minhash.RUN, len(words)) or 1
        sets.append({tuple(words[at : at + size]) for at in range(len(words) - size + 1) if words})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1]) if sets[0] and sets[1] else 0.0


def words_of(seed: int, count: int) -> list[str]:
    draw = random.Random(seed)
    return [f"w{draw.randrange(5000)}" for _ in range(count)]


def changed(words: list[str], share: float, seed: int) -> list[str]:
    draw = random.Random(seed)
    return [f"x{draw.randrange(10**6)}" if draw.random() < share else word for word in words]


def bands_of(texts) -> np.ndarray:
    return minhash.bands(minhash.signatures(*minhash.runs(*normal.batch(texts))))


@given(TEXTS)
def test_runs_of_many_texts_are_those_of_each(texts):
    found, starts = minhash.runs(*normal.batch(texts))
    assert len(starts) == len(texts) + 1
    for at, text in enumerate(texts):
        alone, _ = minhash.runs(*normal.batch([text]))
        assert found[starts[at] : starts[at + 1]].tolist() == alone.tolist()
        words = len(text.split())
        assert len(alone) == (max(1, words - minhash.RUN + 1) if words else 0)


@given(st.text(alphabet="abc ", max_size=60), st.text(alphabet="abc ", max_size=60))
def test_likeness_is_the_share_of_runs_in_common(one, two):
    first, second = minhash.run_sets([one, two])
    assert minhash.likeness(first, second) == pytest.approx(jaccard(one, two))


@given(TEXTS.filter(bool), st.integers(0, 7))
def test_a_text_has_the_same_bands_alone_and_among_others(texts, at):
    at %= len(texts)
    assert bands_of(texts)[:, at].tolist() == bands_of([texts[at]])[:, 0].tolist()


@given(st.integers(0, 10**6), st.integers(1, 300))
def test_texts_that_differ_in_case_and_punctuation_only_agree_in_every_band(seed, count):
    words = words_of(seed, count)
    both = bands_of([" ".join(words), ", ".join(words).upper() + "!"])
    assert (both[:, 0] == both[:, 1]).all()


def test_the_same_text_has_the_same_bands_on_every_machine_and_in_every_version():
    text = " ".join(words_of(1, 200))
    assert bands_of([text])[:3, 0].tolist() == PINNED


def test_no_part_of_a_signature_is_empty_but_that_of_a_text_without_words():
    made = minhash.signatures(
        *minhash.runs(*normal.batch(["one", "one two three", "?!", "a " * 90]))
    )
    empty = (made == minhash._EMPTY).any(axis=1)
    assert empty.tolist() == [False, False, True, False]


def test_nearly_all_twins_are_candidates_and_unlike_texts_are_not():
    originals = [words_of(n, 250) for n in range(400)]
    copies = [changed(words, 0.02, n) for n, words in enumerate(originals)]
    texts = [" ".join(words) for words in originals + copies]
    bands = bands_of(texts)
    shared = (bands[:, :400] == bands[:, 400:]).any(axis=0)
    scores = np.array([jaccard(texts[n], texts[400 + n]) for n in range(400)])
    assert shared[scores >= 0.8].mean() >= 0.99
    assert (scores >= 0.8).sum() > 200
    assert not (bands[:, :399] == bands[:, 1:400]).any()


def test_a_signature_estimates_likeness():
    one = words_of(3, 2000)
    for share in (0.01, 0.05, 0.1):
        texts = [" ".join(one), " ".join(changed(one, share, 4))]
        made = minhash.signatures(*minhash.runs(*normal.batch(texts)))
        estimate = float((made[0] == made[1]).mean())
        assert estimate == pytest.approx(jaccard(*texts), abs=0.15)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.integers(1, 30))
def test_texts_that_share_a_band_are_paired_with_neighbours_and_the_first(values, neighbours):
    band = np.array([values], np.uint64)
    found, crowd = minhash.candidates(band, neighbours)
    assert crowd == max(values.count(value) for value in values)
    expected = set()
    for value in values:
        group = [at for at, other in enumerate(values) if other == value]
        for one, first in enumerate(group):
            expected.update((first, other) for other in group[one + 1 : one + 1 + neighbours])
            if one:
                expected.add((group[0], first))
    assert found == expected


@given(st.lists(st.integers(0, 2**64 - 1)), st.lists(st.integers(0, 2**64 - 1)))
def test_likeness_is_symmetric_and_one_only_for_equal_sets(one, two):
    first, second = (np.unique(np.array(part, np.uint64)) for part in (one, two))
    score = minhash.likeness(first, second)
    assert score == minhash.likeness(second, first)
    assert 0.0 <= score <= 1.0
    assert (score == 1.0) == (len(first) > 0 and first.tolist() == second.tolist())


PINNED = [17824655323229138784, 17607000401941376788, 3109266537706495950]
