"""Watches for spells in which the machine itself is slow, and prints them as one JSON line.

A virtual machine can run many times slower for a tenth of a second, because of its neighbours.
No program inside can help that, and a 99th percentile of a latency then measures the neighbours.
This program does a bit of fixed work every few milliseconds and looks at the processor time it
takes, which waiting for a core does not lengthen. It runs until standard input ends.

`[[begin, end], …]`, seconds on the clock that all processes of the machine share.
"""

from __future__ import annotations

import json
import select
import statistics
import sys
import time

EVERY = 0.004
SLOW = 3.0
MARGIN = 0.02
_WORK = range(1200)


def main() -> None:
    """Watch until the end of standard input."""
    costs: list[tuple[float, float]] = []
    while not select.select([sys.stdin], [], [], EVERY)[0]:
        begun, spent = time.perf_counter(), time.thread_time()
        sum(number * number for number in _WORK)
        costs.append((begun, time.thread_time() - spent))
    print(json.dumps(spells(costs)))


def spells(costs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return when the work cost more than `SLOW` times the median, with a margin around.

    Args:
        costs: moments (s) and the processor time (s) of the work then.
    """
    usual = statistics.median(cost for _, cost in costs) if costs else 0.0
    found: list[tuple[float, float]] = []
    for moment, cost in costs:
        if cost <= SLOW * usual:
            continue
        begin, end = moment - MARGIN, moment + cost + MARGIN
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


if __name__ == "__main__":
    main()
