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


def measure(name: str, url: str, home: Path) -> tuple[list[str], float]:
    """Return a table row for one database, and its seconds for the check."""
    with Ledger.open(url, home=home) as ledger:
        filling = fill(ledger)
        checking = check(ledger)
        rate, median, tail = group_commit(ledger)
        single = one_by_one(ledger)
    cells = [
        name,
        f"{checking:.2f} s",
        f"{RECORDS / filling:,.0f}",
        f"{rate:,.0f}",
        f"{median:.1f} / {tail:.1f}",
        f"{single:.2f}",
    ]
    return cells, checking


def main() -> None:
    """Measure, and write RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", help="URL of an empty PostgreSQL database")
    postgres = parser.parse_args().postgres
    rows, checks = [], []
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        wanted = {
            "SQLite, every commit synced": f"sqlite:///{base}/full.db",
            "SQLite, `synchronous=normal`": f"sqlite:///{base}/normal.db?synchronous=normal",
            **({"PostgreSQL": postgres} if postgres else {}),
        }
        for name, url in wanted.items():
            cells, checking = measure(name, url, base / name)
            rows.append("| " + " | ".join(cells) + " |")
            checks.append(checking)
        disk = sync_milliseconds(base)
    record("Ledger", report(rows, max(checks), disk))


def report(rows: list[str], worst: float, disk: float) -> list[str]:
    """Put the figures into Markdown, beside what was asked."""
    verdict = "reached" if worst <= ASKED_SECONDS else "not reached"
    found = (
        f"`verify` of {RECORDS:,} records: {worst:.2f} s at worst, {ASKED_SECONDS:.0f} s asked: "
        f"**{verdict}** ({ASKED_SECONDS / worst:.1f} times as fast as asked)."
    )
    head = (
        f"| Database | verify {RECORDS:,} | appends/s, 1000 a transaction | appends/s, {THREADS} "
        "threads each waiting | their wait, p50 / p99 ms | one append alone, ms |"
    )
    floor = f"The disk took {disk:.2f} ms for one write of 4 KiB with its sync."
    return [found, "", head, "|---|---|---|---|---|---|", *rows, "", floor]


if __name__ == "__main__":
    main()
