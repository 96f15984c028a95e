import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.terms import ConfigError
from upright.watermark.payload import LENGTH, code_word, decode

PAYLOADS = st.integers(0, 65_535)


def signs(payload):
    return np.where(code_word(payload), -1.0, 1.0)


@given(PAYLOADS)
def test_a_payload_is_read_back(payload):
    assert decode(signs(payload)) == payload


@given(PAYLOADS, st.lists(st.integers(0, LENGTH - 1), max_size=7, unique=True))
def test_seven_lost_places_are_made_good(payload, lost):
    votes = signs(payload)
    votes[lost] = 0.0
    assert decode(votes) == payload


@given(PAYLOADS, st.lists(st.integers(0, LENGTH - 1), max_size=3, unique=True))
def test_three_wrong_places_are_made_good(payload, wrong):
    votes = signs(payload)
    votes[wrong] *= -1
    assert decode(votes) == payload


@given(PAYLOADS, PAYLOADS)
def test_two_payloads_differ_in_at_least_eight_places(one, other):
    apart = int((code_word(one) != code_word(other)).sum())
    assert apart >= 8 or one == other


@pytest.mark.parametrize("payload", [-1, 65_536])
def test_a_payload_of_more_bits_is_refused(payload):
    with pytest.raises(ConfigError, match="16 bits"):
        code_word(payload)
