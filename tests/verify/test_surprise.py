import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.verify.readers import SIZE, Worder, logits

from upright.verify.surprise import FIELDS, of_token, surprise

ROWS = st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=40)


def exact(row, token):
    """The same fields, each by its definition and in double precision."""
    row = np.asarray(row, dtype=np.float64)

    def logs(temperature):
        scaled = row / temperature
        return scaled - np.logaddexp.reduce(scaled)

    plain, chances = logs(1.0), np.exp(logs(1.0))
    mean = (chances * plain).sum()
    return {
        "logprob": plain[token],
        "rank": (row > row[token]).sum(),
        "entropy": -mean,
        "spread": (chances * plain**2).sum() - mean**2,
        "best": plain.max(),
        "cold": logs(0.5)[token],
        "hot": logs(2.0)[token],
    }


@given(ROWS, st.integers(0, 39))
def test_the_fields_are_what_they_are_called(row, token):
    token %= len(row)
    found = dict(zip(FIELDS, of_token(np.array(row, dtype=np.float32), token), strict=True))
    for name, value in exact(row, token).items():
        assert found[name] == pytest.approx(value, abs=2e-3), name


def test_logits_of_any_level_say_the_same():
    row = logits(5)
    assert of_token(row, 9) == pytest.approx(of_token(row + np.float32(300), 9), abs=1e-3)


def read(text):
    engine = Worder()
    return asyncio.run(surprise(engine, engine.tokens(text)))


def test_every_token_but_the_first_is_read_in_order():
    view = read("one two three four")
    ids = [token.id for token in Worder().tokens("one two three four")]
    assert view.ids.tolist() == ids[1:]
    assert view.logprob[1] == pytest.approx(of_token(logits(ids[1]), ids[2])[0])
    assert all(0 <= token < SIZE for token in view.ids)


@pytest.mark.parametrize("text", ["", "one"])
def test_a_text_without_a_second_token_has_nothing_to_read(text):
    assert len(read(text)) == 0
