"""How fast the ledger checks its chain, and how many events a second it takes.

python benchmarks/ledger.py [--postgres URL]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

from _results import record

from upright.ledger import Event, Ledger, LedgerWriter

RECORDS = 100_000
ASKED_SECONDS = 10.0
THREADS = 8
SECONDS = 5.0
DIGEST = "sha256:" + "5" * 64
BODY = {
    "policy_digest": DIGEST,
    "guard_digest": DIGEST,
    "prompt_digest": DIGEST,
    "engine": "embedded",
    "model": "smollm2-135m-instruct",
    "stream": True,
    "endpoint": "/v1/chat/completions",
    "prompt": {"action": "redact", "rules": {"pii.email": 1}, "errors": []},
}


def fill(ledger: Ledger) -> float:
    """Append the records in transactions of a thousand; return the seconds."""
    begin = time.perf_counter()
    for start in range(0, RECORDS, 1000):
        kinds = ("opened", "closed")
        batch = [
            Event(kinds[step % 2], "tales", BODY, f"chatcmpl-{(start + step) // 2}")
            for step in range(1000)
        ]
        ledger.append_many(batch)
        ledger.checkpoint()
    return time.perf_counter() - begin


def check(ledger: Ledger) -> float:
    """Verify three times; return the median of the seconds."""
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        verification = ledger.verify()
        seconds.append(time.perf_counter() - begin)
        assert verification.ok, verification.problem
        assert verification.checked == verification.checkpointed == RECORDS
    return statistics.median(seconds)


def group_commit(ledger: Ledger) -> tuple[float, float, float]:
    """Append from many threads that each wait for their event.

    Returns:
        Events a second, and the median and 99th percentile of one event's milliseconds.
    """
    writer = LedgerWriter(ledger)
    end = time.perf_counter() + SECONDS
    waits: list[float] = []

    def work() -> None:
        while (begin := time.perf_counter()) < end:
            writer.submit(Event("opened", "tales", BODY, "r")).result()
            waits.append((time.perf_counter() - begin) * 1000)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    cuts = statistics.quantiles(waits, n=100)
    return len(waits) / SECONDS, statistics.median(waits), cuts[98]


def one_by_one(ledger: Ledger, events: int = 300) -> float:
    """Append one event a transaction from one thread; return the median milliseconds."""
    waits = []
    for _ in range(events):
        begin = time.perf_counter()
        ledger.append(Event("opened", "tales", BODY, "r"))
        waits.append((time.perf_counter() - begin) * 1000)
    return statistics.median(waits)


def sync_milliseconds(folder: Path, times: int = 100) -> float:
    """Measure what the disk takes for one write and sync, the floor of every commit."""
    waits = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(times):
            begin = time.perf_counter()
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
            waits.append((time.perf_counter() - begin) * 1000)
    return statistics.median(waits)


class Figures(NamedTuple):
    """What one database did.

    Attributes:
        check: seconds for `verify`.
        bulk: appends a second, 1000 a transaction.
        grouped: appends a second, each of several threads waiting for its own.
        median: milliseconds such a thread waits.
        tail: the same at the 99th percentile.
        single: milliseconds for one append alone.
    """

    check: float
    bulk: float
    grouped: float
    median: float
    tail: float
    single: float


def measure(url: str, home: Path) -> Figures:
    """Measure one database."""
    with Ledger.open(url, home=home) as ledger:
        bulk = RECORDS / fill(ledger)
        checking = check(ledger)
        rate, median, tail = group_commit(ledger)
        return Figures(checking, bulk, rate, median, tail, one_by_one(ledger))


def main() -> None:
    """Measure, and write RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", help="URL of an empty PostgreSQL database")
    postgres = parser.parse_args().postgres
    figures: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        wanted = {
            "SQLite, every commit synced": f"sqlite:///{base}/full.db",
            "SQLite, `synchronous=normal`": f"sqlite:///{base}/normal.db?synchronous=normal",
            **({"PostgreSQL": postgres} if postgres else {}),
        }
        for name, url in wanted.items():
            figures[name] = measure(url, base / name)
            print(f"{name}: {figures[name]}")
        print(f"one write of 4 KiB with its sync: {sync_milliseconds(base):.2f} ms")
    record("Ledger", report(figures))


def report(figures: dict[str, Figures]) -> list[str]:
    """Put the figures into Markdown, beside what was asked; times only as ratios."""
    worst = max(figure.check for figure in figures.values())
    verdict = "reached" if worst <= ASKED_SECONDS else "not reached"
    found = (
        f"`verify` of {RECORDS:,} records, against the asked {ASKED_SECONDS:.0f} s: "
        f"**{verdict}**, {ASKED_SECONDS / worst:.1f} times as fast as asked at worst."
    )
    first = next(iter(figures.values()))
    head = (
        f"| times the first row's | `verify` of {RECORDS:,} | appends/s, 1000 a transaction "
        f"| appends/s, {THREADS} threads each waiting | their wait, p99 to p50 | one append alone |"
    )
    rows = [
        f"| {name} | {it.check / first.check:.2f} | {it.bulk / first.bulk:.2f} "
        f"| {it.grouped / first.grouped:.2f} | {it.tail / it.median:.1f} "
        f"| {it.single / first.single:.2f} |"
        for name, it in figures.items()
    ]
    return [found, "", head, "|---|---|---|---|---|---|", *rows]


if __name__ == "__main__":
    main()
