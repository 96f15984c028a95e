"""Many records through a pool: batches in flight, results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future

from upright.guard.scan import Scan
from upright.terms import Record

Submit = Callable[[Sequence[Record]], Future[list[Scan]]]

_RECORDS = 256
# One detector reads far more than this in a millisecond; a batch must not look like a hang.
_CHARACTERS_PER_MS = 64
_LARGEST = 65_536


def batched_scans(
    submit: Submit, records: Iterable[Record], *, deadline: float, ahead: int
) -> Iterator[tuple[Record, Scan]]:
    """Yield each record with its scan, in order.

    Where a worker was lost over a batch, its records are scanned again one by one, so that the
    error stays with the record that caused it. Where `records` raises, what it gave before is
    served first.

    Args:
        submit: has records scanned together.
        records: the texts.
        deadline: seconds one detector may take over a batch.
        ahead: batches in flight.
    """
    characters = min(_LARGEST, max(1, round(deadline * 1000 * _CHARACTERS_PER_MS)))
    waiting: deque[tuple[list[Record], Future[list[Scan]]]] = deque()
    failures: list[Exception] = []
    for batch in _batches(_up_to_a_failure(records, failures), characters):
        waiting.append((batch, submit(batch)))
        if len(waiting) >= ahead:
            yield from _finished(submit, *waiting.popleft())
    while waiting:
        yield from _finished(submit, *waiting.popleft())
    for failure in failures:
        raise failure


def _up_to_a_failure(records: Iterable[Record], failures: list[Exception]) -> Iterator[Record]:
    try:
        yield from records
    except Exception as error:  # noqa: BLE001 (raised again when all before it is served)
        failures.append(error)


def _finished(
    submit: Submit, batch: list[Record], future: Future[list[Scan]]
) -> Iterator[tuple[Record, Scan]]:
    scans = future.result()
    if len(batch) > 1 and any(_lost(scan) for scan in scans):
        scans = [submit([record]).result()[0] for record in batch]
    return zip(batch, scans, strict=True)


def _lost(scan: Scan) -> bool:
    return any(error.kind in {"timeout", "killed"} for error in scan.errors)


def _batches(records: Iterable[Record], characters: int) -> Iterator[list[Record]]:
    batch: list[Record] = []
    size = 0
    for record in records:
        if batch and (len(batch) == _RECORDS or size + len(record.text) > characters):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record.text)
    if batch:
        yield batch
