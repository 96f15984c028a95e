"""Law 2 over every registered detector, action, stage and chunking."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guard.detectors.strategies import fragments
from tests.guard.fakes import WholeText, fakes
from tests.guard.oracle import expected
from tests.guard.policies import policy_with, rule

from upright.guard import Guard, StreamDriver
from upright.guard.detectors import all_detectors
from upright.terms import Action, Context, Record, Stage

REGISTERED = all_detectors()
FAKES = [*fakes(), WholeText()]
# The nightly profile runs 25 times as many: over 50,000 cases in all.
MANY = 25 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 1

FAKE_WORDS = st.lists(
    st.sampled_from(
        ["cat", "cats", "dog", "aaa", "late", "KEY", "ABCD", " ", '"', "he said ", "\n", "😀"]
    ),
    max_size=8,
).map("".join)
TEXTS = st.lists(st.one_of(fragments(), FAKE_WORDS), min_size=1, max_size=3).map("".join)
ACTIONS = st.sampled_from(list(Action))


@st.composite
def chunkings(draw, text: str) -> list[str]:
    """One character at a time, the whole at once, or cut anywhere."""
    match draw(st.integers(0, 3)):
        case 0:
            return list(text)
        case 1:
            return [text]
        case _:
            cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
            edges = [0, *cuts, len(text)]
            return [text[a:b] for a, b in itertools.pairwise(edges)]


def rules(name: str):
    """A rule that speaks of `name`, with any action, bounds and contexts."""
    return st.builds(
        lambda action, severity, score, context, observe: rule(
            name,
            action=action.value,
            min_severity=severity,
            min_score=score,
            context=context,
            observe=observe,
            text="<something else>",
        ),
        ACTIONS,
        st.integers(0, 3),
        st.sampled_from([0.0, 0.5, 0.95]),
        st.dictionaries(st.sampled_from(list(Context)), ACTIONS, max_size=2),
        st.sampled_from([False, False, False, True]),
    )


def assert_stream_equals_whole(guard: Guard, text: str, chunks: list[str], stage: Stage) -> None:
    whole = guard.check([Record(text)], stage)[0]
    driver = guard.stream(stage)
    released = ""
    for chunk in chunks:
        released += driver.feed(chunk)
        assert whole.text.startswith(released), "what has left can never be taken back"
    released += driver.finish()
    assert released == whole.text == driver.verdict.text
    assert driver.verdict.action is whole.action
    assert whole.text == expected(guard, text, whole.outcomes)


@pytest.mark.parametrize("detector", [*REGISTERED, *FAKES], ids=lambda d: d.rule)
@settings(max_examples=40 * MANY)
@given(data=st.data())
def test_a_stream_leaves_as_the_whole_text_would(detector, data):
    own = data.draw(rules(detector.rule))
    guard = Guard(policy_with(own), [detector])
    text = data.draw(TEXTS)
    chunks = data.draw(chunkings(text))
    assert_stream_equals_whole(guard, text, chunks, data.draw(st.sampled_from(list(Stage))))


@settings(max_examples=40 * MANY)
@given(data=st.data())
def test_a_stream_leaves_as_the_whole_text_would_with_all_detectors_at_once(data):
    names = ["pii.*", "secret.*", "toxicity.*", "custom.*", "custom.word", "injection.*", "*"]
    drawn = data.draw(st.lists(st.sampled_from(names).flatmap(rules), min_size=1, max_size=4))
    guard = Guard(policy_with(*drawn, rule(action="flag")), [*REGISTERED, *fakes()])
    text = data.draw(TEXTS)
    chunks = data.draw(chunkings(text))
    assert_stream_equals_whole(guard, text, chunks, data.draw(st.sampled_from(list(Stage))))


def lagging(guard: Guard, driver: StreamDriver, chunks: list[str], lags: list[int]) -> str:
    """Drive a stream whose scans take a while: chunks arrive before a scan comes back."""
    released, waiting = "", None
    for number, chunk in enumerate(chunks):
        driver.add(chunk)
        if waiting is not None and number >= waiting[1]:
            released += driver.advance(*waiting[0])
            waiting = None
        if waiting is None and (window := driver.window()) is not None:
            scan = guard.scan([window.record], Stage.OUTPUT, partial=True)[0]
            waiting = ((window, scan), number + lags[number % len(lags)])
    if waiting is not None:
        released += driver.advance(*waiting[0])
    return released + driver.finish()


@settings(max_examples=60 * MANY)
@given(data=st.data())
def test_slow_scans_change_nothing_but_the_number_of_scans(data):
    guard = Guard(policy_with(data.draw(rules("custom.*")), rule("pii.*")), [*REGISTERED, *fakes()])
    text = data.draw(TEXTS)
    lags = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=5))
    released = lagging(guard, guard.stream(), list(text), lags)
    assert released == guard.check([Record(text)])[0].text
