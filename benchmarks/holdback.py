"""How much of a text the detectors hold back while it is being written.

After each piece of a text a stream may release what lies before the lowest settled position of
all detectors. What is left over at that moment is the hold-back, in characters.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Sequence

from _data import cited, prose
from _results import record

from upright.guard import Detector
from upright.guard.detectors import all_detectors, catalogue

BOOKS = "corpora/books_public_domain.jsonl.gz"
ASKED = 40


def pieces(text: str, sizes: Sequence[int], draw: random.Random) -> Iterator[int]:
    """Yield the lengths the text has after each piece."""
    length = 0
    while length < len(text):
        length = min(len(text), length + draw.choice(sizes))
        yield length


def held_back(
    texts: Sequence[str], detectors: Sequence[Detector], sizes: Sequence[int]
) -> list[int]:
    """Return the hold-back after each piece of each text."""
    draw = random.Random(11)
    found = []
    for text in texts:
        for length in pieces(text, sizes, draw):
            written = text[:length]
            found.append(length - min(d.settled(written) for d in detectors))
    return found


def summary(name: str, values: list[int]) -> str:
    """Return a row of the table."""
    deciles = statistics.quantiles(values, n=100, method="inclusive")
    return (
        f"| {name} | {len(values)} | {statistics.median(values):.0f} | {deciles[89]:.0f} "
        f"| {deciles[98]:.0f} | {max(values)} |"
    )


def main() -> None:
    """Measure and record."""
    built_in = [d for d in all_detectors() if d.rule in catalogue()]
    texts = prose(40, 400, 600, seed=5)
    by_character = held_back(texts[:12], built_in, [1])
    by_token = held_back(texts, built_in, [1, 2, 3, 4, 4, 5, 5, 6, 7, 9])
    worst: dict[str, list[int]] = {d.rule: held_back(texts[:6], [d], [5]) for d in built_in}
    widest = sorted(worst, key=lambda rule: -statistics.fmean(worst[rule]))[:5]
    median = statistics.median(by_token)
    what = f"All {len(built_in)} built-in detectors over passages of {cited(BOOKS)}"
    record(
        "Hold-back of the detectors",
        [
            f"{what}, 400 to 600 characters each; characters not yet released after each piece.",
            "",
            "| pieces | n | median | p90 | p99 | most |",
            "|---|---:|---:|---:|---:|---:|",
            summary("one character", by_character),
            summary("sizes of tokens", by_token),
            "",
            f"Asked: median ≤ {ASKED}: {'reached' if median <= ASKED else 'not reached'}.",
            f"Most is held back by {', '.join(widest)}.",
        ],
    )


if __name__ == "__main__":
    main()
