"""All figures of the guard model: accuracy, functional cases, fairness, attacks, speed, peers.

Exits 1 if the guard is not fair enough to be released: worst BPSN or BNSP below 0.90. Figures are
printed; `--record` writes them into RESULTS.md. `--only SECTION` runs one of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from _guard_accuracy import accuracy
from _guard_attacks import attacks
from _guard_functional import fairness, functional
from _guard_peers import peers
from _results import record

from upright.guard.model.reader import shared_reader

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def speed() -> list[str]:
    """Return the section, measured in a process of its own."""
    script = Path(__file__).with_name("_guard_speed.py")
    answer = subprocess.run(
        [sys.executable, script],
        env=os.environ | _ONE_THREAD,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(answer.stdout)
    rows = []
    for key, name in (("one_ordinary", "prose"), ("one_hard", "texts that all need the network")):
        for share in ("p50", "p99"):
            ratio, used = found[key][share], found[key][f"{share}_used"]
            title = f"512 characters of {name}, {share}, as a share of what is allowed"
            rows.append(_at_most(title, ratio, f" ({used:.2f} by processor time)"))
    rows += [
        _at_least("documents a second, 200 characters of prose and dialogue", found["batch"]),
        _at_least("documents a second, all need the network", found["worst"]),
        _at_most("resident memory, one process", found["rss"]),
        _at_most("resident memory, the larger of two workers", found["worker_rss"]),
    ]
    return [
        f"All {found['detectors']} detectors with the model, one thread; no text twice, none known",
        "from before. Batches over two worker processes. Multiples of what is asked: p50 10 ms and",
        "p99 50 ms for a text, 1,000 and 80 documents a second, 500 MB.",
        "",
        "| figure | asked | measured | |",
        "|---|---|---|---|",
        *rows,
    ]


def _at_most(name: str, ratio: float, more: str = "") -> str:
    verdict = "reached" if ratio <= 1 else "**not reached**"
    return f"| {name} | ≤ 1 | {ratio:.2f}{more} | {verdict} |"


def _at_least(name: str, ratio: float) -> str:
    verdict = "reached" if ratio >= 1 else "**not reached**"
    return f"| {name} | ≥ 1 | {ratio:.2f} | {verdict} |"


SECTIONS: dict[str, tuple[str, Callable[[], list[str] | tuple[list[str], bool]]]] = {
    "accuracy": ("Guard: accuracy", accuracy),
    "functional": ("Guard: functional cases", functional),
    "fairness": ("Guard: fairness", fairness),
    "attacks": ("Guard: requests and injection", attacks),
    "speed": ("Guard: speed", speed),
    "peers": ("Guard: peers", peers),
}


def main() -> int:
    """Measure, print or record; return 1 if the release's gate does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=SECTIONS, help="one section")
    parser.add_argument("--record", action="store_true", help="write into RESULTS.md")
    chosen = parser.parse_args()
    released = True
    for key in [chosen.only] if chosen.only else SECTIONS:
        title, measure = SECTIONS[key]
        found = measure()
        lines, passed = found if isinstance(found, tuple) else (found, True)
        released &= passed
        lines = [*lines, "", f"Model `{shared_reader().version[:23]}…`."]
        if chosen.record:
            record(title, lines)
        else:
            print("\n".join([f"## {title}", "", *lines, ""]), flush=True)
    if not released:
        print("worst BPSN or BNSP is below 0.90: not to be released", file=sys.stderr)
    return 0 if released else 1


if __name__ == "__main__":
    sys.exit(main())
