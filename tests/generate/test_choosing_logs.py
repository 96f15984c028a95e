"""Log-probabilities of options by reading: one chain rule, whatever was read before."""

import asyncio
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.generate import EngineError
from upright.generate.choosing_logs import SLICE, SharedReader, logs_by_reading
from upright.generate.sampler import log_softmax

SIZE = 5
TOKENS = st.integers(0, SIZE - 1)


def logits_after(tokens):
    """Logits that depend on every token before."""
    state = sum((at + 1) * (token + 1) for at, token in enumerate(tokens)) % 97
    return np.array([math.sin(state + word) for word in range(SIZE)], dtype=np.float32)


def chain(prompt, option):
    total = 0.0
    for at, token in enumerate(option):
        total += log_softmax(logits_after([*prompt, *option[:at]]))[token]
    return total


class Engine:
    """Reads as an engine does, and counts how often."""

    def __init__(self):
        self.readings = 0

    async def read(self, tokens, visit, *, after=()):
        self.readings += 1
        for at in range(len(tokens)):
            visit(at, logits_after([*after, *tokens[:at]]))


class Memory:
    """A context of one sequence that refuses what llama.cpp would refuse."""

    length = 200

    def __init__(self):
        self.tokens, self.computed, self.closed = [], 0, False

    def forget(self, sequence, start=0):
        assert sequence == 0
        self.tokens = self.tokens[:start]

    def step(self, feeds):
        assert 0 < len(feeds) <= SLICE
        self.computed += len(feeds)
        rows = []
        for feed in feeds:
            assert feed.position == len(self.tokens)
            self.tokens.append(feed.token)
            if feed.wanted:
                rows.append(logits_after(self.tokens))
        return rows

    def close(self):
        self.closed = True


@pytest.fixture(scope="module")
def reader():
    made = SharedReader(Memory())
    yield made
    made.close()


QUESTIONS = st.tuples(
    st.lists(TOKENS, min_size=1, max_size=90),
    st.lists(st.lists(TOKENS, min_size=1, max_size=4), min_size=1, max_size=4),
)


@given(QUESTIONS)
def test_reading_gives_the_chain_rule(question):
    prompt, options = question
    got = asyncio.run(logs_by_reading(Engine(), prompt, options))
    assert got == pytest.approx([chain(prompt, option) for option in options])


@settings(deadline=None)
@given(question=QUESTIONS)
def test_sharing_gives_the_chain_rule_whatever_was_read_before(reader, question):
    prompt, options = question
    got = asyncio.run(reader.logs(prompt, options))
    assert got == pytest.approx([chain(prompt, option) for option in options])


def test_options_of_one_token_share_one_reading():
    engine = Engine()
    asyncio.run(logs_by_reading(engine, [1, 2], [[0], [1], [2]]))
    assert engine.readings == 1


def test_what_prompts_share_is_computed_once():
    memory = Memory()
    reader = SharedReader(memory)
    shared = [1, 2, 3] * SLICE
    for last in (0, 1, 2):
        asyncio.run(reader.logs([*shared, last], [[0], [1]]))
    assert memory.computed == len(shared) + 3
    reader.close()
    assert memory.closed


@pytest.mark.parametrize(("prompt", "option"), [(199, 2), (3, SLICE + 1)])
def test_what_does_not_fit_is_refused(reader, prompt, option):
    with pytest.raises(EngineError) as problem:
        asyncio.run(reader.logs([1] * prompt, [[1] * option]))
    assert problem.value.kind == "bad_request"
