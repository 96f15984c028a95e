"""Many records: batches of bounded size, results in order, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard import Scan
from upright.guard.batches import batched_scans
from upright.terms import Action, DetectorError, Record

LOST = DetectorError("custom.word", "killed", Action.BLOCK)


class Submit:
    """Scans at once, remembers what it was asked, and loses batches that hold `bad`."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, records: Sequence[Record]) -> Future[list[Scan]]:
        self.asked.append([record.text for record in records])
        bad = any("bad" in record.text for record in records)
        future: Future[list[Scan]] = Future()
        future.set_result(
            [Scan(settled=len(r.text), errors=(LOST,) if bad else ()) for r in records]
        )
        return future


@given(st.lists(st.text(max_size=30), max_size=60), st.integers(1, 5))
def test_every_record_comes_back_once_and_in_order(texts, ahead):
    submit = Submit()
    records = [Record(text, id=str(number)) for number, text in enumerate(texts)]
    pairs = list(batched_scans(submit, records, deadline=0.001, ahead=ahead))
    assert [record for record, _ in pairs] == records
    assert [scan.settled for _, scan in pairs] == [len(text) for text in texts]


def test_a_batch_is_small_enough_for_one_detector_in_its_deadline():
    submit = Submit()
    list(batched_scans(submit, [Record("x" * 30)] * 50, deadline=0.002, ahead=2))
    assert all(sum(map(len, batch)) <= 128 for batch in submit.asked)
    assert max(len(batch) for batch in submit.asked) == 4


def test_a_record_larger_than_a_batch_is_a_batch_of_its_own():
    submit = Submit()
    list(
        batched_scans(
            submit, [Record("a"), Record("x" * 9000), Record("b")], deadline=0.01, ahead=1
        )
    )
    assert [len(batch) for batch in submit.asked] == [1, 1, 1]


def test_a_lost_worker_costs_its_neighbours_a_second_scan_and_no_error():
    submit = Submit()
    records = [Record(text) for text in ["one", "bad", "two"]]
    pairs = list(batched_scans(submit, records, deadline=1.0, ahead=2))
    assert [bool(scan.errors) for _, scan in pairs] == [False, True, False]
    assert submit.asked == [["one", "bad", "two"], ["one"], ["bad"], ["two"]]


def test_what_was_read_before_a_failure_is_served_first():
    def reading():
        yield Record("one")
        yield Record("two")
        raise OSError("the disk is gone")

    served = []
    with pytest.raises(OSError, match="the disk"):
        served.extend(
            record.text for record, _ in batched_scans(Submit(), reading(), deadline=1.0, ahead=9)
        )
    # `extend` keeps what it was given before the error.
    assert served == ["one", "two"]


def test_no_more_batches_are_in_flight_than_allowed():
    flying, most = 0, 0

    def submit(records: Sequence[Record]) -> Future[list[Scan]]:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        future: Future[list[Scan]] = Future()
        future.set_result([Scan() for _ in records])
        return future

    for _ in batched_scans(submit, [Record("x" * 60)] * 40, deadline=0.001, ahead=3):
        flying -= 1
    assert most == 3
