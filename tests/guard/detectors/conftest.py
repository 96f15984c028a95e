"""What the detectors' tests share."""

from __future__ import annotations

import pytest

from upright.guard.detectors import all_detectors
from upright.terms import Record

_DETECTORS = {detector.rule: detector for detector in all_detectors()}


@pytest.fixture(scope="session")
def found():
    """Return what a rule finds in a text, as the found texts."""

    def find(rule, text):
        findings = _DETECTORS[rule].find([Record(text=text)])[0]
        return [text[finding.start : finding.end] for finding in findings]

    return find


@pytest.fixture(scope="session")
def findings():
    """Return the findings of a rule in a text."""

    def find(rule, text):
        return _DETECTORS[rule].find([Record(text=text)])[0]

    return find
