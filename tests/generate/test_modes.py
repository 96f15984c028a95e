"""The creativity lever, and what a request may change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.generate import MODES, EngineError, sampling_for
from upright.policy import parse_policy

BASE = """
schema = 1
[use_case]
name = "test"
purpose = "Tests."
[engine]
kind = "{kind}"
base_url = "http://127.0.0.1:9/v1"
[generation]
mode = "{mode}"
"""


def policy(mode="balanced", extra="", kind="embedded"):
    return parse_policy(BASE.format(mode=mode, kind=kind) + extra)


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_sets_what_the_policy_leaves_open(mode):
    sampling = sampling_for(policy(mode))
    numbers = MODES[mode]
    assert sampling.temperature == numbers.temperature
    assert sampling.top_k == numbers.top_k
    assert sampling.top_p == numbers.top_p
    assert sampling.repetition_penalty == numbers.repetition_penalty
    assert sampling.seed is None


def test_modes_are_ordered_from_inventive_to_sober():
    creative, balanced, grounded = (MODES[name] for name in ("creative", "balanced", "grounded"))
    assert creative.temperature > balanced.temperature > grounded.temperature
    assert creative.hottest > balanced.hottest > grounded.hottest
    assert creative.top_p > balanced.top_p > grounded.top_p


def test_numbers_in_the_policy_win_over_the_mode():
    extra = "temperature = 0.0\ntop_k = 7\ntop_p = 0.33\nrepetition_penalty = 1.5\nmax_tokens = 9\n"
    sampling = sampling_for(policy("creative", extra))
    assert (sampling.temperature, sampling.top_k, sampling.top_p) == (0.0, 7, 0.33)
    assert (sampling.repetition_penalty, sampling.max_tokens) == (1.5, 9)


@given(
    st.sampled_from(sorted(MODES)),
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.none() | st.floats(0, 1e6),
            "top_p": st.none() | st.floats(0.001, 50),
            "max_tokens": st.none() | st.integers(1, 10**9),
            "top_k": st.none() | st.integers(0, 10**6),
            "seed": st.none() | st.integers(),
        },
    ),
)
def test_no_request_goes_beyond_what_the_policy_allows(mode, overrides):
    sampling = sampling_for(policy(mode, "max_tokens = 100\n"), overrides)
    assert sampling.max_tokens <= 100
    assert sampling.temperature <= MODES[mode].hottest
    assert sampling.top_p <= MODES[mode].widest


def test_a_request_may_ask_for_less():
    asked = {"temperature": 0.1, "top_p": 0.5, "max_tokens": 3, "seed": -4, "stop": "\n"}
    sampling = sampling_for(policy(), asked)
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (0.1, 0.5, 3)
    assert (sampling.seed, sampling.stop) == (-4, ("\n",))
    assert sampling_for(policy(), {"stop": ["a", "b"]}).stop == ("a", "b")


def test_a_policys_own_temperature_is_allowed_even_above_its_mode():
    sampling = sampling_for(policy("grounded", "temperature = 0.9\n"), {"temperature": 2})
    assert sampling.temperature == 0.9


@pytest.mark.parametrize(
    "overrides",
    [
        {"temperature": -0.1},
        {"temperature": math.nan},
        {"temperature": math.inf},
        {"temperature": "hot"},
        {"temperature": True},
        {"top_p": 0},
        {"top_k": 2.5},
        {"max_tokens": 0},
        {"max_tokens": 1.5},
        {"seed": 1.5},
        {"seed": True},
        {"stop": ""},
        {"stop": ["a", ""]},
        {"stop": ["x"] * 17},
        {"stop": ["x" * 501]},
        {"stop": [1]},
        {"stop": {"a": 1}},
        {"logit_bias": {}},
    ],
    ids=str,
)
def test_a_wrong_value_is_a_bad_request(overrides):
    with pytest.raises(EngineError) as caught:
        sampling_for(policy(), overrides)
    assert caught.value.kind == "bad_request"


def test_a_server_is_sent_no_defaults_that_its_protocol_does_not_know():
    sampling = sampling_for(policy("grounded", kind="openai"))
    assert (sampling.top_k, sampling.repetition_penalty) == (0, 1.0)
    own = sampling_for(policy("grounded", "top_k = 5\nrepetition_penalty = 1.2\n", "openai"))
    assert (own.top_k, own.repetition_penalty) == (5, 1.2)
