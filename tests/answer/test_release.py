"""An answer of several channels leaves the same, however it is cut into pieces."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.answer.fakes import InlinePool, policy, rule

from upright.answer.judge import Judge
from upright.answer.release import Releaser
from upright.answer.request import AnswerRequest
from upright.generate.types import Piece
from upright.guard import Pseudonyms

MAIL = "bob@example.com"
CHANNELS = ("reasoning", "content", "refusal")
WORDS = st.sampled_from(["I think ", "mail ", MAIL, ". ", "Hello there my friend", " end", "\n"])
RUNS = st.lists(st.tuples(st.sampled_from(CHANNELS), st.lists(WORDS, max_size=4)), max_size=6)
POOLS = {action: InlinePool(policy(rules=rule(action))) for action in ("block", "redact", "flag")}


def sent(action, batches):
    """Release an answer batch by batch; return what each channel sent, and why it ended."""

    async def run():
        releaser = Releaser(Judge(POOLS[action]), Pseudonyms([]), AnswerRequest(prompt="x"))
        out = dict.fromkeys(CHANNELS, "")
        for batch, last in batches:
            for piece in batch:
                releaser.take(piece)
            for released in await releaser.release(final=last):
                out[released.channel] += released.text
        return out, releaser.choices[0].withheld

    return asyncio.run(run())


def cut(runs, size):
    """Cut each run into pieces of at most `size` characters."""
    for channel, words in runs:
        text = "".join(words)
        yield from (Piece(0, channel, text[i : i + size]) for i in range(0, len(text), size))


@settings(max_examples=150)
@given(runs=RUNS, size=st.integers(1, 12), action=st.sampled_from(sorted(POOLS)))
def test_channels_leave_the_same_streamed_as_whole(runs, size, action):
    pieces = list(cut(runs, size))
    whole = sent(action, [(pieces, True)])
    streamed = sent(action, [*(([piece], False) for piece in pieces), ([], True)])
    assert streamed == whole


@pytest.mark.parametrize("size", [1, 3, 100])
def test_nothing_of_an_answer_leaves_before_its_reasoning_is_judged(size):
    runs = [("reasoning", [f"I think mail {MAIL}"]), ("content", ["Hello there my friend."])]
    batches = [*(([piece], False) for piece in cut(runs, size)), ([], True)]
    out, withheld = sent("block", batches)
    assert withheld
    assert out["content"] == ""


@pytest.mark.parametrize("order", list(itertools.permutations(CHANNELS, 2)))
def test_text_that_comes_after_a_later_channel_began_is_not_passed_on(order):
    first, second = order
    runs = [(first, ["one "]), (second, ["two "]), (first, ["three"])]
    out, _ = sent("flag", [(list(cut(runs, 4)), True)])
    if CHANNELS.index(first) < CHANNELS.index(second):
        assert (out[first], out[second]) == ("one ", "two ")
    else:
        assert (out[first], out[second]) == ("one three", "")
