"""Receipts under load: several certificates share one reading of the log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.certify.conftest import TALE, statement

from upright.ledger import Event, NotFoundError


def drafts(certifier, count):
    return [certifier.draft(statement(), f"{TALE} {number}") for number in range(count)]


def record(ledger, drafted):
    events = [Event("closed", "tales", {}, "ans_1") for _ in drafted]
    ledger.append_with_states(events, [one.row for one in drafted])


def test_all_answers_that_end_at_once_get_their_own_receipts(ledger, certifier):
    drafted = drafts(certifier, 24)
    record(ledger, drafted)
    with ThreadPoolExecutor(8) as threads:
        finished = list(threads.map(certifier.finish, drafted))
    assert [one.id for one in finished] == [one.id for one in drafted]
    assert all(certifier.open_certificate(one.data).head.size == 24 for one in finished)


def test_one_that_was_never_recorded_costs_no_other_its_receipt(ledger, certifier):
    missing, *recorded = drafts(certifier, 9)
    record(ledger, recorded)
    with ThreadPoolExecutor(8) as threads:
        failed = threads.submit(certifier.finish, missing)
        finished = list(threads.map(certifier.finish, recorded))
    assert len(finished) == 8
    with pytest.raises(NotFoundError):
        failed.result()


def test_an_error_while_others_are_served_leaves_nobody_waiting(ledger, certifier, monkeypatch):
    drafted = drafts(certifier, 8)
    record(ledger, drafted)
    real, calls = ledger.certificates.log.inclusions, []

    def once_broken(leaves):
        calls.append(leaves)
        if len(calls) == 1:
            raise OSError("the disk went away")
        return real(leaves)

    monkeypatch.setattr(certifier._store.log, "inclusions", once_broken)
    with ThreadPoolExecutor(8) as threads:
        ends = [threads.submit(certifier.finish, one) for one in drafted]
    broken = [end for end in ends if end.exception() is not None]
    assert len(broken) == 1
    assert all(end.exception() is None for end in ends if end not in broken)
