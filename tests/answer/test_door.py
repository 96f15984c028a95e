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
    "text", ["not json", "", "{", "[" * 5000, "[" * 300 + "]" * 300, "9" * 5000 + "."]
)
def test_what_is_not_json_is_one_plain_text(text):
    unfolded = unfold_arguments(text)
    assert unfolded.texts == (text,)
    assert unfolded.fold(["gone"]) == "gone"


@pytest.mark.parametrize(
    "text",
    [
        r'{"a": NaN, "to": "bob\u0040example.com"}',
        r'{"a": -Infinity, "to": "bob\u0040example.com"}',
        r'{"to": "bob\u0040example.com"',
        r'{"to": "bob\u0040example.com",}',
        r'{"to": "\u0062\u006f\u0062\u0040example.com"} and more',
        "[" * 300 + r'"bob\u0040example.com"' + "]" * 300,
    ],
)
def test_an_escape_hides_nothing_in_what_only_a_patient_parser_reads(text):
    assert "bob@example.com" in "\n".join(unfold_arguments(text).texts)


def test_what_json_forbids_and_python_reads_keeps_its_spelling_in_arguments():
    unfolded = unfold_arguments('{"a":NaN,"b":[-Infinity]}')
    assert unfolded.texts == ("a", "NaN", "b", "-Infinity")
    assert unfolded.fold(unfolded.texts) == '{"a":NaN,"b":[-Infinity]}'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e999])
def test_a_number_that_json_cannot_spell_travels_as_a_word(number):
    unfolded = unfold_value({"tools": [number]})
    assert json.dumps(unfolded.fold(unfolded.texts), allow_nan=False)


@pytest.mark.parametrize("text", [r'{"a": "\ud800"}', r'{"a\udc00": 1}', r'{"a": "\ud800"'])
def test_half_a_surrogate_pair_does_not_reach_a_wire_that_is_utf8(text):
    unfolded = unfold_arguments(text)
    assert unfolded.fold(unfolded.texts).encode()


def test_a_whole_surrogate_pair_is_its_character():
    assert unfold_arguments(r'{"a": "\ud83d\ude00"').texts == ('{"a": "\U0001f600"',)


@pytest.mark.parametrize("shape", ['{"a":%s}', "[%s]"])
@given(depth=st.integers(1, 1200))
def test_no_depth_of_arguments_is_too_deep(shape, depth):
    before, after = shape.split("%s")
    text = before * depth + "1" + after * depth
    unfolded = unfold_value({"arguments": text})
    assert unfolded.fold(unfolded.texts) == {"arguments": text}


def test_json_inside_of_json_inside_of_json_is_never_too_deep():
    text = "1"
    for _ in range(8):
        text = "[" * 60 + '{"arguments":' + json.dumps(text) + "}" + "]" * 60
    unfolded = unfold_arguments(text)
    assert unfolded.fold(unfolded.texts) == text


def test_ten_thousand_keys_that_become_the_same_are_numbered_in_one_pass():
    value = {f"{number}@example.com": number for number in range(10_000)}
    unfolded = unfold_value(value)
    texts = ["[EMAIL]" if "@" in text else text for text in unfolded.texts]
    filled = unfolded.fold(texts)
    assert list(filled.values()) == list(value.values())
    assert list(filled)[:3] == ["[EMAIL]", "[EMAIL]_1", "[EMAIL]_2"]
    assert max(map(len, filled)) < 20


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


def test_a_whole_number_of_any_length_stays_what_it_is():
    value = {"tools": [10**4000, -(10**400)]}
    unfolded = unfold_value(value)
    assert unfolded.fold(unfolded.texts) == value


def test_booleans_and_null_stay_what_they_are():
    value = {"a": True, "b": None, "c": [False]}
    unfolded = unfold_value(value)
    assert unfolded.fold(unfolded.texts) == value
    assert unfolded.texts == ("a", "b", "c")
