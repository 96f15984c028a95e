"""Receipts: from the commit that recorded the certificate, else from one reading of the log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.certify.conftest import TALE, statement

from upright.certify import Certifier
from upright.ledger import Event, Ledger, LedgerError, NotFoundError


@pytest.fixture
def replica(home):
    """Another process' view: it recorded nothing itself, so it reads the log."""
    with Ledger.open(f"sqlite:///{home}/ledger.db?synchronous=normal", home=home) as opened:
        yield Certifier.open(opened)


def drafts(certifier, count):
    return [certifier.draft(statement(), f"{TALE} {number}") for number in range(count)]


def record(ledger, drafted):
    events = [Event("closed", "tales", {}, "ans_1") for _ in drafted]
    ledger.append_with_states(events, [one.row for one in drafted])


@pytest.mark.parametrize("reads", [False, True])
def test_all_answers_that_end_at_once_get_their_own_receipts(ledger, certifier, replica, reads):
    drafted = drafts(certifier, 24)
    record(ledger, drafted)
    with ThreadPoolExecutor(8) as threads:
        finished = list(threads.map((replica if reads else certifier).finish, drafted))
    assert [one.id for one in finished] == [one.id for one in drafted]
    assert all(certifier.open_certificate(one.data).head.size == 24 for one in finished)


def test_a_receipt_for_what_was_recorded_just_now_reads_no_database(ledger, certifier, monkeypatch):
    drafted = drafts(certifier, 3)
    record(ledger, drafted)

    def closed():
        raise LedgerError("nobody should ask")

    with monkeypatch.context() as patch:
        patch.setattr(ledger._database, "reading", closed)
        finished = [certifier.finish_fresh(one) for one in drafted]
    assert all(certifier.open_certificate(one.data).head.size == 3 for one in finished)
    assert certifier.finish_fresh(drafted[0]) is None, "a proof is handed out once"
    assert certifier.finish(drafted[0]).id == drafted[0].id


def test_what_a_failed_commit_left_behind_gets_no_receipt(ledger, certifier, monkeypatch):
    (drafted,) = drafts(certifier, 1)

    def breaks(*_):
        raise LedgerError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("upright.ledger.ledger.states", breaks)
        with pytest.raises(LedgerError):
            record(ledger, [drafted])
    assert certifier.finish_fresh(drafted) is None
    with pytest.raises(NotFoundError):
        certifier.finish(drafted)


def test_receipts_that_nobody_fetches_do_not_pile_up(ledger, certifier, monkeypatch):
    monkeypatch.setattr("upright.ledger.certificates._PROOFS_KEPT", 4)
    drafted = drafts(certifier, 6)
    record(ledger, drafted)
    assert len(ledger.certificates._proofs) == 4
    finished = [certifier.finish(one) for one in drafted]
    assert [one.id for one in finished] == [one.id for one in drafted]


def test_one_that_was_never_recorded_costs_no_other_its_receipt(ledger, certifier, replica):
    missing, *recorded = drafts(certifier, 9)
    record(ledger, recorded)
    with ThreadPoolExecutor(8) as threads:
        failed = threads.submit(replica.finish, missing)
        finished = list(threads.map(replica.finish, recorded))
    assert len(finished) == 8
    with pytest.raises(NotFoundError):
        failed.result()


def test_an_error_while_others_are_served_leaves_nobody_waiting(
    ledger, certifier, replica, monkeypatch
):
    drafted = drafts(certifier, 8)
    record(ledger, drafted)
    real, calls = replica._store.log.inclusions, []

    def once_broken(leaves):
        calls.append(leaves)
        if len(calls) == 1:
            raise OSError("the disk went away")
        return real(leaves)

    monkeypatch.setattr(replica._store.log, "inclusions", once_broken)
    with ThreadPoolExecutor(8) as threads:
        ends = [threads.submit(replica.finish, one) for one in drafted]
    broken = [end for end in ends if end.exception() is not None]
    assert len(broken) == 1
    assert all(end.exception() is None for end in ends if end not in broken)
