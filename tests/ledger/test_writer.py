"""Group commit: nothing is acknowledged that is not recorded, and nothing recorded is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest

from upright.ledger import Event, LedgerError, LedgerWriter

POLICY = """
schema = 1
[use_case]
name = "tales"
purpose = "Tells tales."
"""


def happened(step: int = 0, request: str = "r") -> Event:
    return Event("verdict", "tales", {"step": step}, request)


@pytest.fixture
def writer(ledger):
    opened = LedgerWriter(ledger)
    yield opened
    opened.close()


def test_a_future_gives_the_entry_that_was_recorded(ledger, writer):
    entry, state = writer.submit(happened()).result()
    assert ledger.entries() == [entry]
    assert (state.version, state.stopped) == (None, False)


def test_events_of_many_threads_are_one_sound_chain_and_none_is_lost(ledger, writer):
    def work(name: int) -> list[int]:
        futures = [writer.submit(happened(step, f"r{name}")) for step in range(50)]
        return [future.result()[0].sequence for future in futures]

    with ThreadPoolExecutor(8) as pool:
        sequences = [list(of_one) for of_one in pool.map(work, range(8))]
    assert sorted(chain.from_iterable(sequences)) == list(range(1, 401))
    # One thread's events keep their order.
    assert all(of_one == sorted(of_one) for of_one in sequences)
    assert ledger.verify().ok


def test_what_waits_together_is_committed_together(ledger, monkeypatch):
    batches, first_is_in, go_on = [], threading.Event(), threading.Event()
    real = ledger.append_with_states

    def slow(events, certificates):
        batches.append(len(events))
        first_is_in.set()
        go_on.wait(10)
        return real(events, certificates)

    monkeypatch.setattr(ledger, "append_with_states", slow)
    writer = LedgerWriter(ledger)
    futures = [writer.submit(happened(0))]
    assert first_is_in.wait(10)
    futures += [writer.submit(happened(step)) for step in range(1, 21)]
    go_on.set()
    assert [future.result()[0].sequence for future in futures] == list(range(1, 22))
    assert batches == [1, 20]
    writer.close()


def test_a_stop_is_seen_by_the_very_next_event(ledger, writer):
    ledger.uses.publish(POLICY, by="test")
    assert not writer.submit(happened()).result()[1].stopped
    ledger.uses.stop("tales", "wrong facts", by="officer")
    state = writer.submit(happened()).result()[1]
    assert (state.stopped, state.reason) == (True, "wrong facts")
    ledger.uses.resume("tales", by="officer")
    assert not writer.submit(happened()).result()[1].stopped


def test_each_event_gets_the_state_of_its_own_use_case(ledger, writer):
    ledger.uses.publish(POLICY, by="test")
    ledger.uses.stop("tales", "", by="test")
    other = writer.submit(Event("verdict", "other", {}))
    assert writer.submit(happened()).result()[1].stopped
    assert not other.result()[1].stopped


def test_an_event_that_cannot_be_stored_fails_alone(ledger, writer):
    good = writer.submit(happened())
    with pytest.raises(LedgerError, match="not JSON"):
        writer.submit(Event("verdict", "tales", {"bad": object()}))
    assert good.result()[0].sequence == 1
    assert ledger.count() == 1


def test_what_was_submitted_is_recorded_even_if_its_sender_gives_up(ledger, writer):
    future = writer.submit(happened())
    assert not future.cancel()
    future.result()
    assert ledger.count() == 1


def test_closing_records_and_signs_what_waits(ledger):
    writer = LedgerWriter(ledger)
    futures = [writer.submit(happened(step)) for step in range(300)]
    writer.close()
    assert all(future.done() and future.exception() is None for future in futures)
    verification = ledger.verify()
    assert verification.ok
    assert verification.checkpointed == verification.checked == 300


def test_closing_without_draining_fails_what_waits(ledger, monkeypatch):
    entered, go_on = threading.Event(), threading.Event()
    real = ledger.append_with_states

    def slow(events, certificates):
        entered.set()
        go_on.wait(10)
        return real(events, certificates)

    monkeypatch.setattr(ledger, "append_with_states", slow)
    writer = LedgerWriter(ledger)
    first = writer.submit(happened())
    assert entered.wait(10)
    waiting = writer.submit(happened())
    closing = threading.Thread(target=writer.close, kwargs={"drain": False})
    closing.start()
    while not writer._closed:
        pass
    go_on.set()
    closing.join()
    assert first.result()[0].sequence == 1
    with pytest.raises(LedgerError, match="closed before"):
        waiting.result(timeout=10)
    assert ledger.count() == 1


def test_a_closed_writer_takes_nothing_and_may_be_closed_again(ledger):
    writer = LedgerWriter(ledger)
    writer.close()
    writer.close()
    with pytest.raises(LedgerError, match="closed"):
        writer.submit(happened())
    assert ledger.verify().ok


def test_more_events_than_may_wait_are_refused(ledger, monkeypatch):
    entered, go_on = threading.Event(), threading.Event()
    real = ledger.append_with_states

    def slow(events, certificates):
        entered.set()
        go_on.wait(10)
        return real(events, certificates)

    monkeypatch.setattr(ledger, "append_with_states", slow)
    writer = LedgerWriter(ledger, backlog=3)
    futures = [writer.submit(happened())]
    assert entered.wait(10)
    futures += [writer.submit(happened()) for _ in range(3)]
    with pytest.raises(LedgerError, match="3 events wait"):
        writer.submit(happened())
    go_on.set()
    assert [future.result()[0].sequence for future in futures] == [1, 2, 3, 4]
    writer.close()


def test_the_chain_is_signed_after_so_many_events(ledger):
    writer = LedgerWriter(ledger, checkpoint_events=10)
    for step in range(25):
        writer.submit(happened(step)).result()
    # The next event is taken when the checkpoint before it is done.
    assert ledger.verify().checkpointed == 20
    writer.close()


def test_the_chain_is_signed_after_so_long(ledger, monkeypatch):
    signed = threading.Event()
    real = ledger.checkpoint

    def checkpoint():
        made = real()
        signed.set()
        return made

    monkeypatch.setattr(ledger, "checkpoint", checkpoint)
    writer = LedgerWriter(ledger, checkpoint_seconds=0.01)
    writer.submit(happened()).result()
    assert signed.wait(10)
    assert ledger.verify().checkpointed == 1
    writer.close()


def test_a_failed_checkpoint_stops_nothing_and_is_made_up_for(ledger, monkeypatch, caplog):
    real, failures = ledger.checkpoint, []

    def fails_once():
        if not failures:
            failures.append(1)
            raise LedgerError("no space")
        return real()

    monkeypatch.setattr(ledger, "checkpoint", fails_once)
    writer = LedgerWriter(ledger, checkpoint_events=2)
    for step in range(4):
        writer.submit(happened(step)).result()
    writer.close()
    assert "could not be checkpointed" in caplog.text
    assert ledger.verify().checkpointed == 4


def test_checkpoints_that_keep_failing_are_not_tried_with_every_event(ledger, monkeypatch):
    tries = []

    def fails():
        tries.append(ledger.count())
        raise LedgerError("no space")

    monkeypatch.setattr(ledger, "checkpoint", fails)
    writer = LedgerWriter(ledger, checkpoint_events=5)
    for step in range(14):
        writer.submit(happened(step)).result()
    writer.close()
    assert tries == [5, 9, 13, 14]


@pytest.mark.parametrize("error", [LedgerError("no space"), RuntimeError("driver bug")])
def test_a_failed_commit_fails_its_events_and_the_next_one_works(ledger, monkeypatch, error):
    real = ledger.append_with_states

    def fails(_events, _certificates):
        raise error

    writer = LedgerWriter(ledger)
    monkeypatch.setattr(ledger, "append_with_states", fails)
    with pytest.raises(LedgerError):
        writer.submit(happened()).result()
    monkeypatch.setattr(ledger, "append_with_states", real)
    assert writer.submit(happened()).result()[0].sequence == 1
    writer.close()
