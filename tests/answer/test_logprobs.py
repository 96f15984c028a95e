"""Tokens leave only with the text they speak of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from upright.answer.logprobs import TokenHold, alternatives, without_alternatives
from upright.generate.types import TokenLogprob


def token(text, *top):
    return TokenLogprob(text, -0.5, tuple((other, -1.0) for other in top))


def test_tokens_wait_for_their_text():
    hold = TokenHold()
    hold.add("ab", (token("ab"),))
    hold.add("cd", (token("cd"),))
    assert hold.released("abc") == (token("ab"),)
    assert hold.released("d") == (token("cd"),)


def test_no_token_follows_an_altered_text():
    hold = TokenHold()
    hold.add("bob@example.com", (token("bob@example.com"),))
    hold.add(" hello", (token(" hello"),))
    assert hold.released("[EMAIL]") == ()
    assert hold.released(" hello") == ()


def test_a_token_that_is_not_in_the_text_tells_nothing():
    hold = TokenHold()
    hold.add("hello", (token("secret", "secret"),))
    (told,) = hold.released("hello")
    assert told.token == ""
    assert told.top == ()


def test_alternatives_can_be_seen_and_dropped():
    tokens = (token("a", "b", "c"), token("d"))
    assert alternatives(tokens) == "b\nc"
    assert alternatives(without_alternatives(tokens)) == ""


@given(st.lists(st.text(min_size=1, max_size=5), max_size=20), st.integers(1, 7))
def test_all_tokens_leave_in_order_when_nothing_is_altered(texts, size):
    hold = TokenHold()
    for text in texts:
        hold.add(text, (token(text),))
    whole = "".join(texts)
    told = []
    for i in range(0, len(whole), size):
        told += hold.released(whole[i : i + size])
    assert [item.token for item in told] == texts


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=20), st.data())
def test_released_tokens_are_always_part_of_the_released_text(texts, data):
    hold = TokenHold()
    for text in texts:
        hold.add(text, (token(text),))
    whole = "".join(texts)
    cut = data.draw(st.integers(0, len(whole)))
    told = hold.released(whole[:cut])
    assert whole[:cut].startswith("".join(item.token for item in told))


def test_tokens_before_the_first_altered_character_leave():
    hold = TokenHold()
    hold.add("Hi", (token("Hi"),))
    hold.add(" bob@example.com", (token(" bob@example.com"),))
    assert hold.released("Hi [EMAIL]") == (token("Hi"),)
