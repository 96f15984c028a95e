"""Both laws of the guard hold for detectors that ask a model, whatever the model says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guard.model.fakes import HashReader
from tests.guard.oracle import expected
from tests.guard.policies import policy_with, rule

from upright.guard import Guard
from upright.guard.detectors.registry import MODEL
from upright.guard.model.detector import ModelDetector
from upright.guard.windows import LONGEST
from upright.terms import Action, Context, Record, Stage

# Ends of sentences near the bounds of windows, and spellings that are read in another form.
PIECES = st.sampled_from(
    [
        *("Yes. ", "No! ", "Why? ", "Dr. ", "e.g. ", "… ", "\n\n", "\n- one ", " ", "。", "word "),
        *("the quick brown fox jumps over it ", "y" * 130, "a b " * 40, "é" * 60, "." * 9),
        *("v\u0456le ", "v i l e ", "id10ts ", "b\u200bad ", "soooooo ", "\u202eabc\u202c", "😀"),
        *('"you are vile," he said. ', "e\u0301", "ＡＢＣ ", "b.a.d ", "\r\n", "\x00"),  # noqa: RUF001 (wide)
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=14).map("".join)
DETECTORS = [ModelDetector(name, HashReader()) for name in MODEL]
EAGER = [ModelDetector(name, HashReader(threshold=0.0)) for name in MODEL]


def find(detector, text):
    return detector.find([Record(text)])[0]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.rule)
@given(text=TEXTS, cuts=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_law_1_what_starts_before_the_settled_position_never_changes(detector, text, cuts):
    final = find(detector, text)
    for share in cuts:
        prefix = text[: round(share * len(text))]
        place = detector.settled(prefix)
        assert max(0, len(prefix) - LONGEST) <= place <= len(prefix)
        before = [finding for finding in find(detector, prefix) if finding.start < place]
        assert before == [finding for finding in final if finding.start < place]


@st.composite
def chunkings(draw, text):
    """One character at a time, the whole at once, or cut anywhere."""
    if draw(st.booleans()):
        return list(text)
    edges = [0, *sorted(draw(st.lists(st.integers(0, len(text)), max_size=12))), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(edges)]


RULES = st.builds(
    lambda name, action, severity, score, context: rule(
        name, action=action.value, min_severity=severity, min_score=score, context=context
    ),
    st.sampled_from(["toxicity.*", "toxicity.hate", "request.*", "injection.*", "*"]),
    st.sampled_from(list(Action)),
    st.integers(0, 3),
    st.sampled_from([0.0, 0.5, 0.9]),
    st.dictionaries(
        st.sampled_from(list(Context)), st.sampled_from([Action.ALLOW, Action.BLOCK]), max_size=2
    ),
)


@settings(max_examples=60)
@given(data=st.data())
def test_law_2_a_stream_leaves_as_the_whole_text_would(data):
    drawn = data.draw(st.lists(RULES, min_size=1, max_size=3))
    guard = Guard(policy_with(*drawn, rule(action="flag")), DETECTORS)
    text = data.draw(TEXTS)
    stage = data.draw(st.sampled_from(list(Stage)))
    whole = guard.check([Record(text)], stage)[0]
    driver, released = guard.stream(stage), ""
    for chunk in data.draw(chunkings(text)):
        released += driver.feed(chunk)
        assert whole.text.startswith(released), "what has left can never be taken back"
    released += driver.finish()
    assert released == whole.text == driver.verdict.text
    assert driver.verdict.action is whole.action
    assert whole.text == expected(guard, text, whole.outcomes)


@pytest.mark.parametrize("detector", EAGER, ids=lambda d: d.rule)
@given(text=TEXTS)
def test_findings_are_ordered_lie_inside_the_text_and_apart(detector, text):
    found = find(detector, text)
    assert all(0 <= finding.start < finding.end <= len(text) for finding in found)
    assert all(first.end <= second.start for first, second in itertools.pairwise(found))
    assert all(0 <= finding.score <= 1 and 0 <= finding.severity <= 4 for finding in found)
    assert {finding.rule for finding in found} <= {detector.rule}


@given(text=TEXTS)
def test_each_stage_says_the_same_of_a_text(text):
    guard = Guard(policy_with(rule()), DETECTORS)
    verdicts = [guard.check([Record(text)], stage)[0] for stage in Stage]
    assert len({(v.action, v.text, v.outcomes) for v in verdicts}) == 1
