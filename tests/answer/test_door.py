"""Every string of a value goes through the door, and comes back where it stood."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.answer.door import unfold_arguments, unfold_channel, unfold_text, unfold_value

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_arguments_that_the_guard_leaves_alone_mean_the_same(value):
    text = json.dumps(value)
    unfolded = unfold_arguments(text)
    assert json.loads(unfolded.fold(unfolded.texts)) == value


@given(json_values)
def test_a_value_that_the_guard_leaves_alone_is_the_same(value):
    unfolded = unfold_value({"field": value})
    assert unfolded.fold(unfolded.texts) == {"field": value}


@given(json_values)
def test_every_string_key_and_number_is_among_the_texts(value):
    texts = unfold_arguments(json.dumps(value)).texts

    def check(item):
        if isinstance(item, str):
            assert item in texts
        elif isinstance(item, dict):
            for key, inner in item.items():
                assert key in texts
                check(inner)
        elif isinstance(item, list):
            for inner in item:
                check(inner)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            assert json.dumps(item) in texts

    check(value)


def test_an_escape_hides_nothing():
    assert "bob@example.com" in unfold_arguments(r'{"to": "bob\u0040example.com"}').texts


def test_the_first_of_two_equal_keys_does_not_leave():
    unfolded = unfold_arguments('{"to": "bob@example.com", "to": "x"}')
    assert "bob" not in unfolded.fold(unfolded.texts)


def test_an_altered_number_becomes_a_string():
    unfolded = unfold_arguments('{"card": 4111111111111111, "n": 1.50}')
    texts = ["[CARD]" if text.startswith("4111") else text for text in unfolded.texts]
    assert unfolded.fold(texts) == '{"card":"[CARD]","n":1.50}'


def test_numbers_keep_their_spelling():
    text = '{"a":1e400,"b":0.10,"c":123456789012345678901234567890}'
    unfolded = unfold_arguments(text)
    assert unfolded.fold(unfolded.texts) == text


def test_keys_that_become_the_same_lose_no_value():
    unfolded = unfold_arguments('{"a@example.com": 1, "b@example.com": 2}')
    texts = ["[EMAIL]" if "@" in text else text for text in unfolded.texts]
    assert sorted(json.loads(unfolded.fold(texts)).values()) == [1, 2]


@pytest.mark.parametrize(
    "text", ["not json", "", "{", "NaN", "[" * 5000, '{"a": Infinity}', "9" * 5000 + "."]
)
def test_what_is_not_json_is_one_plain_text(text):
    unfolded = unfold_arguments(text)
    assert unfolded.texts == (text,)
    assert unfolded.fold(["gone"]) == "gone"


def test_a_plain_text_is_one_text():
    assert unfold_text("a").texts == ("a",)
    assert unfold_text("a").fold(["b"]) == "b"


def test_only_a_channel_of_arguments_is_taken_apart():
    assert unfold_channel("tool.0.arguments", '["a","b"]').texts == ("a", "b")
    assert unfold_channel("content", '["a","b"]').texts == ('["a","b"]',)


def test_arguments_inside_a_history_are_taken_apart_too():
    call = {"function": {"name": "send", "arguments": r'{"to": "bob\u0040example.com"}'}}
    unfolded = unfold_value({"tool_calls": [call]})
    assert "bob@example.com" in unfolded.texts
    texts = ["X" if text == "bob@example.com" else text for text in unfolded.texts]
    (folded,) = unfolded.fold(texts)["tool_calls"]
    assert json.loads(folded["function"]["arguments"]) == {"to": "X"}


def test_booleans_and_null_stay_what_they_are():
    value = {"a": True, "b": None, "c": [False]}
    unfolded = unfold_value(value)
    assert unfolded.fold(unfolded.texts) == value
    assert unfolded.texts == ("a", "b", "c")
