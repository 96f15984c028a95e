"""A request waits for a detector that gives no answer once, and says so everywhere."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from upright.answer.judge import Judge
from upright.guard import Scan
from upright.terms import Action, DetectorError, Record, Stage

HUNG = DetectorError("pii.email", "timeout", Action.FLAG)


class HangingPool:
    """A pool in which one detector gives no answer whenever it is asked."""

    def __init__(self):
        self.skipped = []

    def submit(self, records, stage, *, partial, skip):
        self.skipped.append(set(skip))
        errors = () if HUNG.rule in skip else (HUNG,)
        scans: Future[list[Scan]] = Future()
        scans.set_result([Scan((), len(record.text), errors) for record in records])
        return scans


def scans_of(judge, stages):
    async def run():
        return [await judge.scan([Record("text")], stage) for stage in stages]

    return [scan for (scan,) in asyncio.run(run())]


def test_a_detector_that_gave_no_answer_is_asked_once_in_a_request():
    pool = HangingPool()
    scans_of(Judge(pool), [Stage.OUTPUT, Stage.OUTPUT, Stage.OUTPUT])
    assert pool.skipped == [set(), {HUNG.rule}, {HUNG.rule}]


def test_every_text_of_the_request_is_told_of_the_failure():
    scans = scans_of(Judge(HangingPool()), [Stage.OUTPUT, Stage.OUTPUT])
    assert [scan.errors for scan in scans] == [(HUNG,), (HUNG,)]


def test_a_stage_that_did_not_fail_is_asked_in_full():
    pool = HangingPool()
    scans_of(Judge(pool), [Stage.PROMPT, Stage.OUTPUT])
    assert pool.skipped == [set(), set()]


def test_the_next_request_asks_the_detector_again():
    pool = HangingPool()
    for _ in range(2):
        scans_of(Judge(pool), [Stage.OUTPUT])
    assert pool.skipped == [set(), set()]


def test_what_a_stream_already_knows_is_not_told_twice():
    async def run():
        judge = Judge(HangingPool())
        await judge.scan([Record("a")], Stage.OUTPUT)
        return await judge.scan([Record("ab")], Stage.OUTPUT, skip=frozenset({HUNG.rule}))

    (scan,) = asyncio.run(run())
    assert scan.errors == ()
