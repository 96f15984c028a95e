"""Many threads' events, few transactions: everything that waits is committed together."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.ledger.errors import LedgerError
from upright.ledger.record import Entry, Event
from upright.terms import UprightError

if TYPE_CHECKING:
    from upright.ledger.certificates import NewCertificate
    from upright.ledger.ledger import Ledger
    from upright.ledger.uses import UseState

_log = logging.getLogger(__name__)
_LARGEST_BATCH = 1000


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Event
    certificates: Sequence[NewCertificate]
    future: Future[tuple[Entry, UseState]]


class LedgerWriter:
    """Appends events from a thread of its own.

    A future is done when its event is committed, and fails if it is not: nothing is
    acknowledged that a crash could take back. It cannot be cancelled, for what was submitted
    has happened, whether its sender still waits or not.

    Args:
        ledger: open for as long as the writer is.
        checkpoint_events: sign the chain after so many events.
        checkpoint_seconds: sign it at the latest so long after an event.
        backlog: events that may wait; more are refused, since a service that answers without
            recording is worse than one that does not answer.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        checkpoint_events: int = 1000,
        checkpoint_seconds: float = 60.0,
        backlog: int = 10_000,
    ) -> None:
        self._ledger = ledger
        self._checkpoint_events = checkpoint_events
        self._checkpoint_seconds = checkpoint_seconds
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(backlog)
        self._gate = threading.Lock()
        self._closed = False
        self._drain = True
        self._unsigned = 0
        self._unsigned_since = 0.0
        self._thread = threading.Thread(target=self._run, name="upright-ledger", daemon=True)
        self._thread.start()

    def submit(
        self, event: Event, certificates: Sequence[NewCertificate] = ()
    ) -> Future[tuple[Entry, UseState]]:
        """Hand an event over, and certificates that are recorded with it or not at all.

        Returns:
            The future of its entry and of its use case's state in the same transaction: a stop
            that was committed before the entry is seen with it.

        Raises:
            LedgerError: if the event is not JSON, too many wait, or the writer is closed.
        """
        # An event that cannot be stored must not fail the others of its batch.
        event.body_text()
        waiting = _Waiting(event, certificates, Future())
        waiting.future.set_running_or_notify_cancel()
        with self._gate:
            if self._closed:
                raise LedgerError("the ledger is closed", mend="send it to a running service")
            try:
                self._queue.put_nowait(waiting)
            except queue.Full:
                raise LedgerError(
                    f"{self._queue.maxsize} events wait to be recorded",
                    mend="the database is too slow or unreachable; requests are refused till then",
                ) from None
        return waiting.future

    def close(self, *, drain: bool = True) -> None:
        """Stop taking events, commit those that wait, sign the chain.

        Args:
            drain: False fails those that wait instead.
        """
        with self._gate:
            first = not self._closed
            self._closed = True
        if first:
            self._drain = drain
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            batch, open_ = self._next_batch()
            if not self._drain:
                _fail(batch, LedgerError("the ledger was closed before the event was recorded"))
            elif batch:
                self._commit(batch)
            if self._checkpoint_is_due() or not open_:
                self._checkpoint()

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        """Wait for an event, then take all that came meanwhile; False with the last batch."""
        try:
            item = self._queue.get(timeout=self._patience())
        except queue.Empty:
            return [], True
        batch: list[_Waiting] = []
        while item is not None:
            batch.append(item)
            if len(batch) == _LARGEST_BATCH:
                return batch, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            recorded = self._ledger.append_with_states(
                [waiting.event for waiting in batch],
                [new for waiting in batch for new in waiting.certificates],
            )
        except UprightError as error:
            _fail(batch, error)
            return
        except Exception as error:  # noqa: BLE001 (the thread must live, and nobody wait for ever)
            _log.exception("events could not be recorded")
            _fail(batch, LedgerError(f"events could not be recorded: {type(error).__name__}"))
            return
        if not self._unsigned:
            self._unsigned_since = time.monotonic()
        self._unsigned += len(batch)
        for waiting, result in zip(batch, recorded, strict=True):
            waiting.future.set_result(result)

    def _patience(self) -> float | None:
        """Seconds until a checkpoint is due; None if nothing is unsigned."""
        if not self._unsigned:
            return None
        return max(0.0, self._unsigned_since + self._checkpoint_seconds - time.monotonic())

    def _checkpoint_is_due(self) -> bool:
        return self._unsigned >= self._checkpoint_events or self._patience() == 0.0

    def _checkpoint(self) -> None:
        if not self._unsigned:
            return
        try:
            self._ledger.checkpoint()
        except Exception:  # noqa: BLE001 (the events are recorded; the next round signs them)
            _log.exception("the ledger could not be checkpointed")
            # Not with every batch from now on, but when it would be due anew.
            self._unsigned, self._unsigned_since = 1, time.monotonic()
        else:
            self._unsigned = 0


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for waiting in batch:
        waiting.future.set_exception(error)
