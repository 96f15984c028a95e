import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.verify.wording import preferences, seen, vocabulary, wording, words_of

KINDS = ["news", "stories", "essays"]


def test_words_are_told_without_case_and_marks():
    assert words_of("It's HERE, here (now).") == {"it's", "here", "now"}


def test_words_of_one_subject_are_no_vocabulary():
    texts = [{"the", "liver"} if kind == "news" else {"the"} for kind in KINDS * 20]
    assert vocabulary(texts, KINDS * 20) == ("the",)


def test_rare_words_are_no_vocabulary():
    texts = [{"the"} | ({"rarely"} if n < 15 else set()) for n in range(60)]
    assert vocabulary(texts, KINDS * 20) == ("the",)


def corpus(share_made, share_people, per_kind=100):
    """One word, had by a share of each side's texts, alike in each kind."""
    table, made, kinds = [], [], []
    for kind in KINDS:
        for side, share in ((True, share_made), (False, share_people)):
            table += [[n < share * per_kind] for n in range(per_kind)]
            made += [side] * per_kind
            kinds += [kind] * per_kind
    return np.array(table), np.array(made), np.array(kinds)


@pytest.mark.parametrize(("a", "b", "sign"), [(0.4, 0.1, 1), (0.1, 0.4, -1), (0.3, 0.3, 0)])
def test_a_preference_has_the_sign_of_who_uses_the_word_more(a, b, sign):
    table, made, kinds = corpus(a, b)
    (found,) = preferences(table, made, ~made, kinds)
    assert np.sign(round(found, 9)) == sign
    assert abs(found) < np.log(4)


def test_what_a_kind_is_about_is_no_preference():
    # The word belongs to news, and most of the news is by models; within news both use it alike.
    table = np.array([[True]] * 50 + [[False]] * 50)
    made = np.array([True] * 40 + [False] * 10 + [True] * 10 + [False] * 40)
    kinds = np.array(["news"] * 50 + ["stories"] * 50)
    (found,) = preferences(table, made, ~made, kinds)
    assert found == pytest.approx(0, abs=0.02)


def test_a_kind_without_one_side_tells_nothing():
    table, made, kinds = np.ones((40, 3), dtype=bool), np.zeros(40, dtype=bool), np.full(40, "x")
    assert preferences(table, made, ~made, kinds).tolist() == [0, 0, 0]


@given(st.lists(st.sets(st.sampled_from("abcdef")), min_size=1, max_size=20))
def test_the_wording_is_the_sum_of_preferences_over_the_root_of_their_number(texts):
    weights = np.arange(6) - 2.5
    words = tuple("abcdef")
    found = wording(seen(texts, words), weights)
    for text, value in zip(texts, found, strict=True):
        known = [weights[words.index(word)] for word in text]
        assert value == pytest.approx(sum(known) / max(len(known), 1) ** 0.5)
