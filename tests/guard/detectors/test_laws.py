"""Law 1 for every registered detector: what is settled stays, whatever follows."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.detectors import all_detectors, model_detectors
from upright.terms import Record

_SPEC = importlib.util.spec_from_file_location(
    "detector_strategies", Path(__file__).with_name("strategies.py")
)
strategies = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(strategies)

TABLES = all_detectors()
DETECTORS = [*TABLES, *model_detectors()]


def find(detector, text):
    return detector.find([Record(text=text)])[0]


@given(text=strategies.fragments(), cuts=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_what_starts_before_the_settled_position_never_changes(text, cuts):
    prefixes = [text[: round(share * len(text))] for share in cuts]
    for detector in DETECTORS:
        final = find(detector, text)
        for prefix in prefixes:
            settled = detector.settled(prefix)
            assert max(0, len(prefix) - detector.reach) <= settled <= len(prefix), detector.rule
            assert [f for f in find(detector, prefix) if f.start < settled] == [
                f for f in final if f.start < settled
            ], detector.rule


@given(text=strategies.fragments())
def test_findings_are_ordered_and_lie_inside_the_text(text):
    for detector in DETECTORS:
        found = find(detector, text)
        assert [f.start for f in found] == sorted(f.start for f in found)
        assert all(f.rule == detector.rule and 0 <= f.start < f.end <= len(text) for f in found)
        assert all(0.0 <= f.score <= 1.0 and 0 <= f.severity <= 4 for f in found)


@given(text=strategies.specimens())
def test_explanations_never_repeat_the_found_text(text):
    # Those of the model name a group from a table of its own, whatever words were found.
    for detector in TABLES:
        for finding in find(detector, text):
            words = re.escape(text[finding.start : finding.end])
            repeated = re.search(rf"(?<!\w){words}(?!\w)", finding.explanation)
            assert finding.end - finding.start < 3 or repeated is None


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.rule)
def test_a_batch_is_answered_text_by_text(detector):
    texts = ["", "The tide was low.", "x@example.org 4111 1111 1111 1111"]
    batch = detector.find([Record(text=text) for text in texts])
    assert batch == [find(detector, text) for text in texts]
    assert batch[:2] == [[], []]
