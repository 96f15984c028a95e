"""Whatever a server sends, it becomes pieces or an EngineError, and nothing else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.generate import EngineError, Job, Message, Sampling
from upright.generate.wire import MOST_TOOLS, AnswerReader

JOB = Job(Sampling(), messages=(Message("user", "x"),))

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.floats(allow_nan=True)
    | st.text(max_size=6)
    | st.sampled_from(["stop", "length", "tool_calls"])
)
# Names that mean something, so that what is made up comes close to the real thing.
NAMES = st.sampled_from(
    [
        "arguments",
        "choices",
        "completion_tokens",
        "content",
        "delta",
        "error",
        "finish_reason",
        "function",
        "id",
        "index",
        "logprob",
        "logprobs",
        "message",
        "name",
        "prompt_tokens",
        "reasoning",
        "refusal",
        "text",
        "token",
        "token_logprobs",
        "tokens",
        "tool_calls",
        "top_logprobs",
        "usage",
    ]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
CHOICES = st.fixed_dictionaries(
    {"index": st.just(0)},
    optional={
        "delta": st.dictionaries(NAMES, VALUES, max_size=3),
        "logprobs": VALUES,
        "finish_reason": st.sampled_from([None, "stop", "length", "tool_calls", "odd"]),
        "text": VALUES,
    },
)
EVENTS = VALUES | st.fixed_dictionaries({"choices": st.lists(CHOICES, max_size=2)})


def read(events, job=JOB):
    reader = AnswerReader(job)
    pieces = []
    for event in events:
        pieces += reader.read(json.dumps(event))
    return pieces + list(reader.finish())


def outcome(call):
    """Return what a call gives, or the kind of its EngineError; other errors go through."""
    try:
        return call(), None
    except EngineError as error:
        return [], error.kind


@settings(max_examples=1_000)
@given(st.lists(EVENTS, max_size=4))
def test_any_json_becomes_well_formed_pieces_or_an_engine_error(events):
    pieces, kind = outcome(lambda: read(events))
    assert kind in {None, "malformed", "unavailable"}
    if kind is not None:
        return
    assert [piece.finish_reason for piece in pieces if piece.finish_reason] != []
    for piece in pieces:
        assert isinstance(piece.text, str)
        assert piece.choice == 0
        head, _, tail = piece.channel.partition(".")
        assert head in {"content", "reasoning", "refusal", "tool"}
        assert head != "tool" or tail.split(".")[1] in {"name", "arguments"}
        assert piece.completion_tokens >= 0


@given(st.text(max_size=200))
def test_any_text_is_an_event_or_an_engine_error(data):
    _, kind = outcome(lambda: list(AnswerReader(JOB).read(data)))
    assert kind in {None, "malformed", "unavailable"}


@given(st.lists(st.text(max_size=8), min_size=1, max_size=10))
def test_nothing_of_an_honest_answer_is_lost(parts):
    events = [{"choices": [{"index": 0, "delta": {"content": part}}]} for part in ["x", *parts]]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    assert "".join(piece.text for piece in read(events)) == "x" + "".join(parts)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("stop", "stop"),
        ("eos_token", "stop"),
        ("max_tokens", "length"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
    ],
)
def test_the_reasons_of_other_servers_become_the_known_ones(theirs, ours):
    call = {"index": MOST_TOOLS - 1, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    events = [
        {"choices": [{"index": 0, "delta": {"content": "x", "tool_calls": [call]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": theirs}]},
    ]
    assert [p.finish_reason for p in read(events) if p.finish_reason] == [ours]


def test_the_last_usage_counts_and_stands_once():
    events = [
        {"choices": [{"index": 0, "delta": {"content": "a"}}], "usage": {"prompt_tokens": 3}},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 8}},
    ]
    (last,) = (piece for piece in read(events) if piece.prompt_tokens is not None)
    assert (last.prompt_tokens, last.completion_tokens) == (3, 8)
