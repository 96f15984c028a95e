"""How fast the guard is, in a process of its own on one thread; prints its figures as JSON.

`guards.py` starts it. What is asked stands here, and only ratios to it leave.
"""

from __future__ import annotations

import gc
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence

import numpy as np
import psutil
from _data import prose, rows
from _guard_accuracy import HATEXPLAIN
from _guard_attacks import JAILBREAKS, REQUESTS
from _guard_rows import is_held

from upright.guard import Guard, GuardPool
from upright.guard.model.heads import HEADS
from upright.guard.model.reader import shared_reader
from upright.policy import Policy, parse_policy
from upright.terms import Record, Stage

ALL = """
schema = 1
[use_case]
name = "speed"
purpose = "Asks every detector."
[guard]
model = true
deadline_ms = 60000
[[guard.rule]]
detect = ["*"]
at = ["prompt", "retrieved", "output", "data"]
action = "flag"
"""
WORKERS, BATCH, WORST, SINGLE = 2, 6_000, 1_000, 300
ASKED_P50, ASKED_P99 = 0.010, 0.050
ASKED_BATCH, ASKED_WORST, ASKED_BYTES = 1_000, 80, 500_000_000
_DIALOGUE = "hallucination/begin_wow.jsonl.gz"
_LENGTH = 200


def main() -> None:
    """Measure everything and print one JSON object."""
    use = parse_policy(ALL)
    guard = Guard.from_policy(use)
    _warm(guard)
    figures = {
        "one_ordinary": _one(guard, prose(SINGLE, 512, 512, seed=21)),
        "one_hard": _one(guard, hard(SINGLE, 512, seed=22)),
        "detectors": len(guard.detectors(Stage.OUTPUT)),
    }
    figures["rss"] = psutil.Process().memory_info().rss / ASKED_BYTES
    figures["batch"], workers = _batch(use, ordinary(BATCH), ASKED_BATCH)
    figures["worker_rss"] = workers / ASKED_BYTES
    figures["worst"], _ = _batch(use, hard(WORST, _LENGTH, seed=23), ASKED_WORST)
    json.dump(figures, sys.stdout)


def ordinary(count: int) -> list[str]:
    """Return passages of books and turns of dialogues of about 200 characters, half and half."""
    draw = random.Random(24)
    turns = [row["message"] for row in rows(_DIALOGUE)]
    draw.shuffle(turns)
    dialogues = list(_joined(turns * 4, _LENGTH))[: count // 2]
    return [*prose(count - len(dialogues), _LENGTH, _LENGTH, seed=25), *dialogues]


def hard(count: int, length: int, *, seed: int) -> list[str]:
    """Return texts of held posts and requests in which the network reads every window.

    The text stands in for the gate's choice: those parts are joined in which the model finds
    something, since what it finds it has read.
    """
    draw = random.Random(seed)
    posts = [row["text"] for row in rows(HATEXPLAIN) if is_held(row["text"])]
    posts += [row["Behavior"] for name in REQUESTS for row in rows(name)]
    posts += [row["text"][:length] for row in rows(JAILBREAKS[0])]
    draw.shuffle(posts)
    reader = shared_reader()
    limits = [
        (at, reader.facts["thresholds"][name])
        for at, name in enumerate(HEADS)
        if name in reader.facts["thresholds"] and name != "toxic"
    ]
    read = reader.read(posts[: 4 * SINGLE], gated=True)
    found = [
        text
        for text, one in zip(posts, read, strict=False)
        if any(one.heads[at] >= limit for at, limit in limits)
    ]
    texts: list[str] = []
    while len(texts) < count:
        draw.shuffle(found)
        texts += _joined(found, length)
    return texts[:count]


def _joined(parts: Sequence[str], length: int) -> Iterator[str]:
    """Yield texts of exactly a length, made of parts one after the other."""
    text = ""
    for part in parts:
        text = f"{text} {part}".strip()
        if len(text) >= length:
            yield text[:length]
            text = ""


def _warm(guard: Guard) -> None:
    for text in prose(20, 512, 512, seed=26):
        guard.check([Record(text)])


def _one(guard: Guard, texts: Sequence[str]) -> dict[str, float]:
    """Return the median and the 99th percentile of one text, by the clock and by the processor."""
    clock, used = [], []
    gc.collect()
    for text in texts:
        before, own = time.perf_counter(), time.process_time()
        guard.check([Record(text)])
        used.append(time.process_time() - own)
        clock.append(time.perf_counter() - before)
    return {
        "p50": float(np.percentile(clock, 50)) / ASKED_P50,
        "p99": float(np.percentile(clock, 99)) / ASKED_P99,
        "p50_used": float(np.percentile(used, 50)) / ASKED_P50,
        "p99_used": float(np.percentile(used, 99)) / ASKED_P99,
    }


def _batch(use: Policy, texts: Sequence[str], asked: float) -> tuple[float, int]:
    """Return documents a second as a multiple of what is asked, and a worker's memory."""
    with GuardPool(use, WORKERS) as pool:
        warm = (Record(text) for text in prose(200, _LENGTH, _LENGTH, seed=27))
        list(pool.scan_many(warm, Stage.DATA))
        start = time.perf_counter()
        records = (Record(text) for text in texts)
        failed = sum(bool(scan.errors) for _, scan in pool.scan_many(records, Stage.DATA))
        seconds = time.perf_counter() - start
        if failed:
            sys.exit(f"{failed} texts were not judged")
        children = psutil.Process().children(recursive=True)
        memory = max(child.memory_info().rss for child in children)
    return len(texts) / seconds / asked, memory


if __name__ == "__main__":
    main()
