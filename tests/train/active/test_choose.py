"""What a person should label next: votes, ties, copies, and the small model behind them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.train.active.choose import choose, committee, vote_entropy
from upright.train.active.features import WIDTH, features
from upright.train.active.fingerprint import fingerprint, likeness
from upright.train.active.logistic import MOST, PENALTY, fit

NAMES = ("one", "two", "three", "four")
CALM = [f"the {thing} stood by the quiet river" for thing in ("tree", "house", "boat", "mill")]
RUDE = [f"you stupid {thing}, shut your mouth" for thing in ("clown", "fool", "donkey", "goat")]


def votes(rows):
    return {
        name: np.array(row, dtype=bool) for name, row in zip(NAMES[: len(rows)], rows, strict=True)
    }


def indices(chosen):
    return [one.index for one in chosen]


def test_votes_that_agree_have_no_entropy_and_even_votes_have_one_bit():
    said = np.array([[1, 0, 1, 1], [1, 0, 0, 1], [1, 0, 1, 0], [1, 0, 0, 1]], dtype=bool)
    assert vote_entropy(said) == pytest.approx([0, 0, 1, 0.8113], abs=1e-4)


def test_the_text_on_which_members_disagree_most_comes_first():
    texts = ["all say yes here", "they are split evenly", "one of them differs"]
    said = votes([[1, 1, 1], [1, 1, 1], [1, 0, 1], [1, 0, 0]])
    chosen = choose(texts, said, np.array([0.5, 0.9, 0.7]), 3)
    assert indices(chosen) == [1, 2, 0]
    assert [one.disagreement for one in chosen] == pytest.approx([1, 0.8113, 0], abs=1e-4)
    assert chosen[0].votes == {"one": True, "two": True, "three": False, "four": False}


def test_ties_go_to_the_text_whose_probability_is_nearest_to_even():
    texts = ["a first text", "another second one", "some third words"]
    said = votes([[1, 1, 1], [0, 0, 0]])
    assert indices(choose(texts, said, np.array([0.9, 0.45, 0.2]), 3)) == [1, 2, 0]


def test_a_near_copy_of_a_chosen_text_is_passed_over():
    texts = [
        "the old man went down to the sea",
        "The old man went down to the sea!",
        "nothing alike",
    ]
    said = votes([[1, 1, 1], [0, 0, 1]])
    assert indices(choose(texts, said, np.full(3, 0.5), 3)) == [0, 2]
    assert indices(choose(texts, said, np.full(3, 0.5), 3, alike=1.1)) == [0, 1, 2]


def test_no_more_are_chosen_than_were_asked_for():
    texts = [f"text of its own number {n} {n * 7} {n * 13}" for n in range(9)]
    said = votes([[1] * 9, [0] * 9])
    assert len(choose(texts, said, np.full(9, 0.5), 4)) == 4


def test_fingerprints_say_how_much_two_texts_share():
    one = fingerprint("a b c d e")
    assert likeness(one, fingerprint("A, b c d e!")) == 1
    assert likeness(one, fingerprint("x y z")) == 0
    assert likeness(one, fingerprint("a b c d f")) == pytest.approx(2 / 4)
    assert likeness(fingerprint(""), fingerprint("")) == 1


@settings(max_examples=50)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_every_row_of_features_has_length_one_or_is_empty(texts):
    rows = features(texts)
    assert rows.shape == (len(texts), WIDTH)
    lengths = np.linalg.norm(rows, axis=1)
    assert all(abs(length - 1) < 1e-5 or length == 0 for length in lengths)


def test_the_model_learns_words_it_was_shown():
    model = fit(features(CALM[:3] + RUDE[:3]), [0, 0, 0, 1, 1, 1])
    calm, rude = model.probabilities(features([CALM[3], RUDE[3]]))
    assert calm < 0.5 < rude


def test_the_model_is_the_minimum_of_its_loss():
    """Its gradient, written out anew over the weights, is zero."""
    rows = features(CALM + RUDE).astype(np.float64)
    labels = np.array([0, 0.25, 0, 0, 1, 0.75, 1, 1])
    model = fit(features(CALM + RUDE), labels)
    left = rows.T @ (model.probabilities(features(CALM + RUDE)) - labels)
    assert left + PENALTY * model.weights == pytest.approx(np.zeros(WIDTH), abs=1e-4)


def test_shares_of_votes_are_labels_too():
    rows = features(["same words"] * 2)
    assert fit(rows, [0.7, 0.7], penalty=1e-6).probabilities(rows) == pytest.approx(0.7, abs=1e-3)


def test_more_labels_than_fit_are_thinned_evenly(monkeypatch):
    monkeypatch.setattr("upright.train.active.logistic.MOST", 8)
    assert MOST > 8
    rows = features((CALM + RUDE) * 10)
    model = fit(rows, [0, 0, 0, 0, 1, 1, 1, 1] * 10)
    assert np.isfinite(model.weights).all()


@pytest.mark.parametrize("labels", [[], [1.0]])
def test_labels_that_do_not_fit_the_rows_are_refused(labels):
    with pytest.raises(ValueError, match="do not fit"):
        fit(features(["a", "b"]) if labels else features([]), labels)


def test_a_committee_is_the_same_for_the_same_seed_and_another_for_another():
    rows, labels, pool = features(CALM + RUDE), np.array([0.0] * 4 + [1.0] * 4), features(["mouth"])
    one = committee(rows, labels, pool, seed=1)
    assert one.shape == (5, 1)
    assert np.array_equal(one, committee(rows, labels, pool, seed=1))
    assert not np.array_equal(one, committee(rows, labels, pool, seed=2))


def test_a_member_that_saw_one_class_only_says_even():
    said = committee(features(CALM), np.zeros(4), features(["mouth"]), seed=0)
    assert np.array_equal(said, np.full((5, 1), 0.5))
