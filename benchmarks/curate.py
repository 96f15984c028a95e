"""How fast the whole of curate is, how it grows, and what memory it takes.

python benchmarks/curate.py [--sizes 0.1,0.5] [--workers 2]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import psutil
from _planted import planted, write_lines
from _results import record

ASKED_SPEED, ASKED_SCALING, ASKED_START = 5.0, 1.7, 1.0
ASKED_SMALL, ASKED_LARGE = 250, 1000
TOLERATED_GROWTH = 1.15
CAP_WORDS, CAP_TIMES = 50, 10
POLICY = f"""\
schema = 1
[use_case]
name = "corpus"
purpose = "Text to learn from."
[guard]
model = false
[[guard.topic]]
name = "wagers"
phrases = ["place your bets", "betting odds", "casino", "slot machine", "roulette", "jackpot"]
[[guard.rule]]
detect = ["pii.*", "secret.*"]
at = ["data"]
action = "redact"
[[guard.rule]]
detect = ["topic.wagers"]
at = ["data"]
action = "block"
[curate.exposure]
words = {CAP_WORDS}
times = {CAP_TIMES}
"""
DOCUMENTS_A_GIGABYTE = 310_350


class Run(NamedTuple):
    """One run of the command.

    Attributes:
        seconds: from start to end.
        cpu: seconds of all its processes.
        memory: largest sum over its processes, MiB, shared pages counted once.
        told: its last line.
    """

    seconds: float
    cpu: float
    memory: float
    told: dict[str, object]


def curated(folder: Path, corpus: Path, workers: int) -> Run:
    """Run the command on a corpus, into a new folder."""
    output = folder / f"out-{corpus.stem}-{workers}"
    policy = folder / "corpus.toml"
    policy.write_text(POLICY)
    command = [
        Path(sys.executable).with_name("upright"), "curate", str(corpus), "--policy", str(policy),
        "--output", str(output), "--workers", str(workers), "--json", "--quiet",
    ]  # fmt: skip
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    peak = _Peak(process.pid)
    raw, _ = process.communicate()
    seconds = time.monotonic() - begin
    cpu = sum(os.times()[2:4])
    assert process.returncode == 0, raw
    return Run(seconds, cpu, peak.stop(), json.loads(raw))


class _Peak:
    """Watches the memory of a process and its children."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._done = threading.Event()
        self._peak = 0
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            try:
                family = [self._process, *self._process.children(recursive=True)]
                self._peak = max(self._peak, sum(one.memory_full_info().pss for one in family))
            except psutil.Error:
                continue

    def stop(self) -> float:
        """Return the peak in MiB."""
        self._done.set()
        self._thread.join()
        return self._peak / 2**20


def most_often(folder: Path) -> int:
    """Count all passages of the kept records again, by other means; return the largest count."""
    counts: Counter[int] = Counter()
    for file in sorted(folder.glob("out-*/data/*.jsonl")):
        for line in file.open(encoding="utf-8"):
            words = re.findall(r"[a-z0-9]+", json.loads(line)["text"].lower())
            counts.update(
                hash(tuple(words[at : at + CAP_WORDS])) for at in range(len(words) - CAP_WORDS + 1)
            )
    return max(counts.values(), default=0)


def main() -> None:
    """Measure, and write RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="0.1,0.5", help="Gigabytes.")
    parser.add_argument("--workers", type=int, default=2)
    told = parser.parse_args()
    runs: dict[float, dict[int, Run]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        begin = time.monotonic()
        (folder / "one.jsonl").write_text('{"id": "a", "text": "One line."}\n')
        start = curated(folder, folder / "one.jsonl", told.workers).seconds
        print(f"start {start:.2f} s after {time.monotonic() - begin:.1f}", flush=True)
        for size in map(float, told.sizes.split(",")):
            documents = round(size * DOCUMENTS_A_GIGABYTE)
            corpus = folder / f"c{size:g}.jsonl"
            write_lines(planted(documents, documents // 10), corpus)
            wanted = (1, told.workers) if not runs else (told.workers,)
            runs[corpus.stat().st_size / 1e6] = found = {}
            for workers in wanted:
                found[workers] = run = curated(folder, corpus, workers)
                print(f"{size:g} GB, {workers} workers: {run.seconds:.1f} s", flush=True)
        again = most_often(folder) if len(runs) == 1 else None
    record("Curation", report(runs, start, told.workers, again))


def report(
    runs: dict[float, dict[int, Run]], start: float, workers: int, again: int | None
) -> list[str]:
    """Put ratios into Markdown."""
    sizes = sorted(runs)
    small, large = runs[sizes[0]], runs[sizes[-1]][workers]
    speed = sizes[0] / small[workers].seconds
    scaling = small[1].seconds / small[workers].seconds
    growth = (large.seconds / sizes[-1]) / (small[workers].seconds / sizes[0])
    lines = [
        "Made-up documents with near duplicates and boilerplate, through the whole command:",
        "guard (all detectors of personal data and secrets, a topic of words), exact and near",
        f"duplicates, passages of {CAP_WORDS} words at most {CAP_TIMES} times, lineage, ledger.",
        "",
        "| | | |",
        "|---|---|---|",
    ]
    speeds = f"{speed / ASKED_SPEED:.2f} times the {ASKED_SPEED:g} MB/s asked"
    scaled = f"{scaling:.2f} times as fast (asked {ASKED_SCALING})"
    began = f"{start / ASKED_START:.2f} of the {ASKED_START:g} s asked"
    small_memory, memory = small[workers].memory, large.memory
    lines += [
        row(f"{sizes[0]:,.0f} MB, {workers} workers", speeds, speed >= ASKED_SPEED),
        row(f"{workers} workers against one", scaled, scaling >= ASKED_SCALING),
        row("start: one line of input", began, start <= ASKED_START),
        row(
            f"memory, {sizes[0]:,.0f} MB, {workers} workers",
            f"{small_memory:,.0f} MiB (asked {ASKED_SMALL})",
            small_memory <= ASKED_SMALL,
        ),
        row(
            f"memory, {sizes[-1]:,.0f} MB",
            f"{memory:,.0f} MiB (asked {ASKED_LARGE} at 2 GB)",
            memory <= ASKED_LARGE,
        ),
    ]
    if len(sizes) > 1:
        what = f"time a byte, {sizes[-1]:,.0f} MB against {sizes[0]:,.0f} MB"
        lines.append(row(what, f"{growth:.2f} times", growth <= TOLERATED_GROWTH))
    if again is not None:
        what = f"passages of {CAP_WORDS} words, counted again by other code"
        lines.append(row(what, f"in at most {again} places", again <= CAP_TIMES))
    return lines


def row(what: str, figure: str, met: bool) -> str:  # noqa: FBT001 (the last cell of a row)
    """Return one row of the table."""
    return f"| {what} | {figure} | {'met' if met else 'not met'} |"


if __name__ == "__main__":
    main()
