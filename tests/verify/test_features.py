import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.verify.features import features, of_model, of_text
from upright.verify.surprise import Surprise


def view(logprob, *, entropy=2.0, spread=1.0, rank=5.0, ids=None):
    logprob = np.array(logprob, dtype=np.float32)

    def each(value):
        return np.broadcast_to(np.float32(value), logprob.shape).copy()

    return Surprise(
        ids=np.arange(logprob.size) if ids is None else np.array(ids),
        logprob=logprob,
        rank=each(rank),
        entropy=each(entropy),
        spread=each(spread),
        best=each(-0.5),
        cold=logprob * 2,
        hot=logprob / 2,
    )


NUMBERS = st.lists(st.floats(-12, 0, width=32), min_size=2, max_size=60)


@given(NUMBERS, st.floats(0, 10), st.floats(0, 20), st.floats(0, 50_000), st.text(max_size=300))
def test_every_feature_is_a_number_whatever_the_text(logprob, entropy, spread, rank, text):
    found = features(text, view(logprob, entropy=entropy, spread=spread, rank=rank))
    assert all(math.isfinite(value) for value in found.values())


def test_a_text_drawn_as_the_model_expects_has_no_curvature():
    assert of_model(view([-2.0] * 40))["curvature"] == pytest.approx(0)
    assert of_model(view([-1.0] * 40))["curvature"] > 0.9
    assert of_model(view([-4.0] * 40))["curvature"] < -1.9


def test_features_do_not_grow_with_length():
    values = [-1.0, -3.0, -0.5, -2.0] * 8
    short, long = of_model(view(values)), of_model(view(values * 4))
    for name in short.keys() - {"burstiness", "repeated"}:
        assert short[name] == pytest.approx(long[name], abs=0.02), name


def test_burstiness_sees_stretches_and_not_single_tokens():
    even, apart = [-1.0, -3.0] * 32, [-1.0] * 32 + [-3.0] * 32
    assert of_model(view(even))["burstiness"] == pytest.approx(0)
    assert of_model(view(apart))["burstiness"] == pytest.approx(1)


def test_runs_that_come_again_are_counted():
    assert of_model(view([-1.0] * 9, ids=range(9)))["repeated"] == 0
    assert of_model(view([-1.0] * 9, ids=[1, 2, 3] * 3))["repeated"] == pytest.approx(4 / 7)


def test_words_and_sentences_are_counted_as_a_reader_would():
    found = of_text("It's warm. Nobody, however, went out! Why?")
    assert found["contractions"] == pytest.approx(1 / 7)
    assert found["sentence_length"] == pytest.approx(math.log(7 / 3))
    assert of_text("Running, walking, sat. King!")["ing"] == pytest.approx(2 / 4)


def test_variety_is_compared_over_equal_numbers_of_words():
    words = [f"{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(200)]
    assert of_text(" ".join(words))["different"] == 1
    assert of_text(" ".join(words[:25] * 8))["different"] == pytest.approx(0.5)


def test_layout_says_nothing():
    text = "One came. Another left, and a third stayed."
    assert of_text(text) == of_text(text + "  ")


def test_marks_within_sentences_say_nothing():
    # They told stories from news, and people who write dialogue from those who do not.
    text = "One came, another left, and a third (the last) stayed."
    assert of_text(text) == of_text(text.replace(",", ";").replace("(", '"').replace(")", '"'))
