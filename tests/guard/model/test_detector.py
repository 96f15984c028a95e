"""What a detector makes of what the model says."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.guard.model.fakes import FixedReader, HashReader, reading
from tests.guard.policies import policy_with, rule

from upright.guard import Guard
from upright.guard.detectors.registry import MODEL
from upright.guard.model.degrees import CONTESTED, degrees_of, scales
from upright.guard.model.detector import ModelDetector
from upright.guard.model.heads import CONTEXTS, HEADS, TARGETS, TOXICITY
from upright.guard.windows import windows
from upright.terms import HAZARDS, Action, Context, Record, Stage

TEXT = "You are vile. The tide was low and the harbour lay quiet in the evening sun."
HATE = {"hate": 0.9, "toxic": 0.9}


def found(answer, text=TEXT, name="toxicity.hate", threshold=0.5):
    detector = ModelDetector(name, FixedReader(answer, threshold))
    return detector.find([Record(text)])[0]


def test_a_marked_stretch_is_the_span_and_nothing_else():
    (finding,) = found(reading(heads=HATE, marks=[(0, 3, 0.2), (8, 12, 0.9), (14, 17, 0.4)]))
    assert TEXT[finding.start : finding.end] == "vile"
    assert finding.score == 0.9


def test_marks_that_touch_become_one_span_and_others_stay_apart():
    answer = reading(heads=HATE, marks=[(0, 3, 0.9), (4, 7, 0.5), (8, 12, 0.8), (27, 30, 0.7)])
    spans = [TEXT[finding.start : finding.end] for finding in found(answer)]
    assert spans == ["You are vile", "low"]


def test_without_marks_the_window_is_the_span():
    long = f"{TEXT} {TEXT} {TEXT}"
    spans = [(finding.start, finding.end) for finding in found(reading(heads=HATE), long)]
    assert spans == [(window.start, window.end) for window in windows(long)]
    assert len(spans) > 1


@pytest.mark.parametrize(
    ("text", "original"),
    [
        ("you are v\u0456le", "v\u0456le"),
        ("you are v\u200bi\u200bl\u200be", "v\u200bi\u200bl\u200be"),
        ("you are ｖｉｌｅ", "ｖｉｌｅ"),  # noqa: RUF001 (wide letters)
    ],
)
def test_a_span_points_into_the_text_as_it_was_written(text, original):
    detector = ModelDetector(
        "toxicity.hate", reader := FixedReader(reading(heads=HATE, marks=[(8, 12, 0.9)]))
    )
    (finding,) = detector.find([Record(text)])[0]
    assert reader.asked == ["you are vile"], "the model reads the legible form"
    assert text[finding.start : finding.end] == original


def test_the_threshold_decides_and_belongs_to_it():
    assert found(reading(heads={"hate": 0.7}), threshold=0.7)
    assert not found(reading(heads={"hate": 0.699}), threshold=0.7)
    assert not found(reading(heads={"bias": 1.0}), threshold=0.7), "another head's score"


@pytest.mark.parametrize("context", CONTEXTS[1:])
def test_a_mention_carries_its_context_and_at_most_severity_1(context):
    for share in (0.0, 0.5, 1.0):
        (finding,) = found(reading(heads={"hate": 1.0, "toxic": share}, context=context))
        assert finding.context is Context(context)
        assert finding.severity <= 1


@pytest.mark.parametrize("head", TOXICITY)
def test_what_is_meant_has_the_degree_of_the_share_of_people_who_would_call_it_so(head):
    scale, degrees = degrees_of(head), []
    for share in (0.0, 0.2, 0.3, 0.39, 0.61, 0.7, 0.8, 0.9, 1.0):
        answer = reading(heads={head: 0.9, "toxic": share})
        (finding,) = found(answer, name=f"toxicity.{head}")
        assert (finding.context, finding.severity) == (None, scale.of(share))
        assert scale.meaning[finding.severity] in finding.explanation
        degrees.append(finding.severity)
    assert degrees == sorted(degrees)
    assert degrees[-1] >= 2, "what everybody calls such a thing is no trifle"


@pytest.mark.parametrize("share", [CONTESTED[0], 0.5, CONTESTED[1]])
def test_where_people_disagree_what_is_meant_is_contested_and_keeps_its_degree(share):
    (finding,) = found(reading(heads={"hate": 0.9, "toxic": share}))
    assert finding.context is Context.CONTESTED
    assert finding.severity == degrees_of("hate").of(share)
    (finding,) = found(reading(heads={"harmful": share}), name="request.harmful", threshold=0.3)
    assert finding.context is None


def test_a_use_sets_its_own_degrees():
    own = {"toxicity.hate": (0.0, 0.1, 0.2, 0.3)}
    answer = FixedReader(reading(heads={"hate": 0.9, "bias": 0.9, "toxic": 0.35}))
    strict = ModelDetector("toxicity.hate", answer, degrees=own)
    assert strict.find([Record(TEXT)])[0][0].severity == 4
    other = ModelDetector("toxicity.bias", answer, degrees=own)
    assert other.find([Record(TEXT)])[0][0].severity == degrees_of("bias").of(0.35)


def test_every_degree_has_a_written_definition_and_a_rising_share():
    for head, scale in scales().items():
        assert len(scale.meaning) == 5
        assert all(scale.meaning)
        assert list(scale.shares) == sorted(scale.shares), head
    assert set(scales()) == set(HEADS) - {"toxic"}


@given(st.text(max_size=400))
def test_no_mention_is_ever_graver_than_1_and_no_attack_has_a_context(text):
    for name in MODEL:
        detector = ModelDetector(name, HashReader(threshold=0.0))
        for finding in detector.find([Record(text)])[0]:
            if not name.startswith("toxicity."):
                assert finding.context is None
            elif finding.context not in {None, Context.CONTESTED}:
                assert finding.severity <= 1


def test_the_group_aimed_at_stands_in_the_explanation_and_the_words_do_not():
    (finding,) = found(reading(heads=HATE, target="muslims", marks=[(8, 12, 0.9)]))
    assert "muslims" in finding.explanation
    assert "vile" not in finding.explanation
    (finding,) = found(reading(heads=HATE))
    assert not any(group in finding.explanation for group in TARGETS)


@pytest.mark.parametrize("name", MODEL)
def test_every_rule_has_a_head_a_hazard_and_an_explanation(name):
    head = name.partition(".")[2]
    (finding, *_) = found(reading(heads={head: 0.9}), name=name)
    assert head in HEADS
    assert finding.hazard in HAZARDS
    assert finding.explanation.endswith(".")


def test_nothing_is_said_of_a_text_without_a_word():
    detector = ModelDetector("toxicity.hate", FixedReader(reading(heads={"hate": 1.0})))
    records = [Record(text) for text in ("", "   \n\t ")]
    assert detector.find(records) == [[], []]
    assert detector.scores(records) == [0.0, 0.0]


def test_a_score_is_the_probability_that_it_is_said_and_meant():
    quoted = reading(heads={"hate": 0.8, "harmful": 0.8}, context="quotation")
    plain = dict(zip(CONTEXTS, quoted.contexts, strict=True))["plain"]
    hate = ModelDetector("toxicity.hate", FixedReader(quoted))
    assert hate.scores([Record("x")]) == [pytest.approx(0.8 * plain)]
    request = ModelDetector("request.harmful", FixedReader(quoted))
    assert request.scores([Record("x")]) == [0.8], "a request is asked, whoever is quoted"


def test_the_score_of_a_text_is_that_of_its_worst_window():
    detector = ModelDetector("toxicity.threat", HashReader())
    long = f"{TEXT} {TEXT.upper()} {TEXT[::-1]}. {TEXT.title()} {TEXT}"
    parts = [long[window.start : window.end] for window in windows(long)]
    assert len(parts) > 2
    single = detector.scores([Record(part) for part in parts])
    assert detector.scores([Record(long)]) == [max(single)]


def test_scores_reach_the_verdict_below_every_threshold():
    answer = dataclasses.replace(reading(heads={"hate": 0.3, "self_harm": 0.2}))
    detectors = [ModelDetector(name, FixedReader(answer)) for name in MODEL]
    guard = Guard(policy_with(rule()), detectors, everything=True)
    verdict = guard.check([Record(TEXT)], Stage.DATA)[0]
    assert (verdict.action, verdict.outcomes) == (Action.ALLOW, ())
    hazards = {finding.hazard: finding for finding in found(reading(heads=HATE))}
    assert verdict.scores[next(iter(hazards))] == pytest.approx(0.27)
    assert all(0 <= share <= 1 for share in verdict.scores.values())


def test_the_model_is_part_of_the_guards_digest():
    first, second = HashReader(), HashReader()
    second.version = "another"
    use = policy_with(rule())
    digests = {
        Guard(use, [ModelDetector("toxicity.hate", reader)]).digest
        for reader in (first, HashReader(), second)
    }
    assert len(digests) == 2


def test_a_reader_that_fails_counts_as_the_policy_says():
    class Broken(HashReader):
        def one(self, stretch):
            raise RuntimeError("no such memory")

    guard = Guard(policy_with(rule()), [ModelDetector("toxicity.hate", Broken())])
    verdict = guard.check([Record(TEXT)])[0]
    assert verdict.action is Action.BLOCK
    assert [error.rule for error in verdict.errors] == ["toxicity.hate"]
