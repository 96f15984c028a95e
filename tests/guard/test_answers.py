"""A detector's answer is believed only if it is one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.guard.fakes import finding, word
from tests.guard.policies import NOTICE, policy_with, rule

from upright.guard import Guard
from upright.terms import Action, DetectorError, Record, Stage

GOOD = finding("custom.liar", 1, 3)


class Liar:
    """Answers whatever it is told to."""

    rule = "custom.liar"
    reach = 0
    version = "1"

    def __init__(self, answer, settled=0) -> None:
        self._answer, self._settled = answer, settled

    def find(self, records):
        return self._answer

    def settled(self, text):
        return self._settled


def scanned(detector, *, partial=False, on_error="flag"):
    guard = Guard(policy_with(rule("*"), on_error=on_error), [detector, word()])
    return guard.scan([Record("a cat")], Stage.OUTPUT, partial=partial)[0]


def test_an_honest_answer_is_believed():
    assert scanned(Liar([[GOOD]])).findings == (GOOD, finding("custom.word", 2, 5))


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "",
        [],
        [[], []],
        ([],),
        [None],
        [(GOOD,)],
        [["custom.liar"]],
        [[replace(GOOD, rule="custom.other")]],
        [[replace(GOOD, hazard="unheard_of")]],
        [[replace(GOOD, severity=5)]],
        [[replace(GOOD, severity=-1)]],
        [[replace(GOOD, severity=True)]],
        [[replace(GOOD, severity=2.0)]],
        [[replace(GOOD, score=1.01)]],
        [[replace(GOOD, score=float("nan"))]],
        [[replace(GOOD, score="0.5")]],
        [[replace(GOOD, start=-1)]],
        [[replace(GOOD, end=6)]],
        [[replace(GOOD, start=3)]],
        [[replace(GOOD, start=1.0)]],
        [[replace(GOOD, explanation=None)]],
        [[replace(GOOD, context="quotation!")]],
        [[replace(GOOD, source=7)]],
        [[finding("custom.liar", 2, 3), GOOD]],
    ],
    ids=repr,
)
def test_a_malformed_answer_is_an_error_and_the_others_still_count(answer):
    scan = scanned(Liar(answer))
    assert scan.errors == (DetectorError("custom.liar", "malformed", Action.FLAG),)
    assert [found.rule for found in scan.findings] == ["custom.word"]


@pytest.mark.parametrize("position", [-1, 6, None, 2.0, True])
def test_a_position_outside_the_text_is_malformed(position):
    scan = scanned(Liar([[]], settled=position), partial=True)
    assert [error.kind for error in scan.errors] == ["malformed"]


def test_positions_are_asked_for_only_while_more_may_follow():
    assert scanned(Liar([[]], settled=None), partial=False).errors == ()


class Choosy:
    """Raises over a batch that holds a bad record, and on that record alone."""

    rule = "custom.choosy"
    reach = 0
    version = "1"

    def find(self, records):
        if any("bad" in record.text for record in records):
            raise KeyError(records[0].text)
        return [[finding(self.rule, 0, 1)] for _ in records]

    def settled(self, text):
        return len(text)


def test_a_bad_record_takes_none_of_its_batch_with_it():
    guard = Guard(policy_with(rule("*"), on_error="flag"), [Choosy()])
    records = [Record(text) for text in ["one", "bad", "two"]]
    scans = guard.scan(records, Stage.DATA)
    assert [len(scan.findings) for scan in scans] == [1, 0, 1]
    assert [[error.kind for error in scan.errors] for scan in scans] == [[], ["exception"], []]


@pytest.mark.parametrize(
    ("on_error", "text", "action"),
    [
        ("block", NOTICE, Action.BLOCK),
        ("flag", "bad [WORD]", Action.REDACT),
        ("allow", "bad [WORD]", Action.REDACT),
    ],
)
def test_an_error_ends_as_the_policy_says_and_is_recorded(on_error, text, action):
    guard = Guard(policy_with(rule("*"), on_error=on_error), [Choosy(), word()])
    verdict = guard.check([Record("bad cat")])[0]
    assert (verdict.text, verdict.action) == (text, action)
    assert verdict.errors == (DetectorError("custom.choosy", "exception", Action(on_error)),)


def test_an_error_alone_is_flagged_and_never_success():
    guard = Guard(policy_with(rule("*"), on_error="flag"), [Choosy()])
    verdict = guard.check([Record("bad")])[0]
    assert (verdict.action, verdict.text) == (Action.FLAG, "bad")
