"""Law 1 for every registered detector: what is settled stays, whatever follows."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given

from upright.guard.detectors import all_detectors
from upright.terms import Record

_SPEC = importlib.util.spec_from_file_location(
    "detector_strategies", Path(__file__).with_name("strategies.py")
)
strategies = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(strategies)

DETECTORS = all_detectors()


def find(detector, text):
    return detector.find([Record(text=text)])[0]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.rule)
@given(text=strategies.fragments(), more=strategies.fragments())
def test_what_starts_before_the_settled_position_never_changes(detector, text, more):
    whole = text + more
    final = find(detector, whole)
    for length in range(len(whole) + 1):
        prefix = whole[:length]
        settled = detector.settled(prefix)
        assert 0 <= settled <= length
        assert settled >= length - detector.reach
        assert [f for f in find(detector, prefix) if f.start < settled] == [
            f for f in final if f.start < settled
        ]


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.rule)
@given(text=strategies.fragments())
def test_findings_are_ordered_and_lie_inside_the_text(detector, text):
    found = find(detector, text)
    assert [f.start for f in found] == sorted(f.start for f in found)
    assert all(f.rule == detector.rule and 0 <= f.start < f.end <= len(text) for f in found)
    assert all(0.0 <= f.score <= 1.0 and 0 <= f.severity <= 4 for f in found)


@pytest.mark.parametrize("detector", DETECTORS, ids=lambda d: d.rule)
@given(text=strategies.specimens())
def test_explanations_never_repeat_the_found_text(detector, text):
    for finding in find(detector, text):
        assert text[finding.start : finding.end] not in finding.explanation
