"""Protected works: escapes, bytes, time, evasion and false blocks, beside a Bloom filter's promise.

The large index is of invented words of Zipf's frequencies; `--tokens` says how many, and
`--part index` measures it alone: of 100 million tokens it takes about a gigabyte on disk, and some
minutes. Real text is that of `../shared/data/corpora`, or of the interpreter's own pages where that
is missing.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import shutil
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from _results import record

from upright.guard import Guard
from upright.guard.detectors.copies import CopiedText
from upright.guard.scan import Scan
from upright.guard.stream import StreamDriver, Window
from upright.match.index import RUN, Index, IndexWriter, RunMask, Work
from upright.match.words import words
from upright.policy import GuardRule, GuardSection, MatchSection, Policy
from upright.terms import Action, Stage

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "corpora"
WORK_WORDS = 2000
MEGABYTE = 1_000_000
CANDIDATES = 50
STEPS = 5_000


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, default=100_000_000)
    parser.add_argument("--chunkings", type=int, default=1_000_000)
    parser.add_argument("--part", choices=["escapes", "evasion", "index"], help="one part alone")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="protected-"))
    parts: dict[str, Callable[[], Iterator[str]]] = {
        "escapes": lambda: escapes(options.chunkings),
        "evasion": evasion,
        "index": lambda: large(folder / "index", options.tokens),
    }
    chosen = [options.part] if options.part else list(parts)
    try:
        lines = [line for name in chosen for line in parts[name]()]
    finally:
        shutil.rmtree(folder)
    # A part alone does not take the place of the other parts' figures.
    heading = f"Protected works: {options.part} alone" if options.part else "Protected works"
    record(heading, ["| What | Measured | Asked |", "|---|---|---|", *lines])


def row(what: str, measured: str, asked: str) -> str:
    """Return a line of the table."""
    return f"| {what} | {measured} | {asked} |"


def texts() -> list[str]:
    """Return real passages."""
    with gzip.open(SHARED / "wikitext2.jsonl.gz", "rt", encoding="utf-8") as file:
        return [one["text"] for one in map(json.loads, file) if len(one["text"].split()) > 80]


# Escapes -----------------------------------------------------------------------------------------


def escapes(count: int) -> Iterator[str]:
    """Cut answers with a copied run in them anywhere, and look whether a word of it leaves."""
    draw = random.Random(1)
    passages = texts()
    index = Index.of([Work(str(number), text) for number, text in enumerate(passages[:400])])
    each = max(1, count // 100)
    escaped = done = 0
    for number in range(100):
        own = passages[400 + number].split()[: draw.randrange(12)]
        copied = _run(passages[number], draw)
        text = " ".join([*own, "so:", copied, "and so on"])
        first = text.index("so: ") + 4
        for released in _released(index, text, each, draw):
            escaped += len(words(released[first:])) > 0
            done += 1
        if number % 10 == 9:
            print(f"{done} chunkings", file=sys.stderr)
    yield row("Runs of 13 words of which a word left", f"{escaped} of {done:,} chunkings", "0")


def _run(passage: str, draw: random.Random) -> str:
    """Return a stretch of a passage of 13 words or some more; marks are no words."""
    pieces = passage.split()
    start = draw.randrange(len(pieces) - 40)
    wanted = RUN + draw.randrange(5)
    end = next(
        end
        for end in range(start + wanted, len(pieces) + 1)
        if len(words(" ".join(pieces[start:end]))) >= wanted
    )
    return " ".join(pieces[start:end])


def _released(index: Index, text: str, count: int, draw: random.Random) -> Iterator[str]:
    """Yield what left of a text before its notice; each beginning of it is scanned once."""
    rule = GuardRule(detect=("copy.text",), at=(Stage.OUTPUT,), action=Action.BLOCK)
    use = Policy(
        schema=1,
        use_case={"name": "bench", "purpose": "Measures."},
        guard=GuardSection(rule=(rule,), notice="\0"),
    )
    guard = Guard(use, [CopiedText(index, MatchSection(index="memory"))])
    scans: dict[tuple[int, bool], Scan] = {}

    def scanner(window: Window, _skip: frozenset[str]) -> Scan:
        key = (len(window.record.text), window.final)
        if key not in scans:
            scans[key] = guard.scan([window.record], Stage.OUTPUT, partial=not window.final)[0]
        return scans[key]

    for _ in range(count):
        driver = StreamDriver(guard.rulebook, Stage.OUTPUT, scanner=scanner)
        cuts = sorted(draw.sample(range(1, len(text)), draw.randrange(1, 30)))
        edges = [0, *cuts, len(text)]
        out = "".join(driver.feed(text[a:b]) for a, b in pairwise(edges))
        yield (out + driver.finish()).split("\0")[0]


# Evasion -----------------------------------------------------------------------------------------

SPELLINGS: dict[str, Callable[[str], str]] = {
    "case": str.swapcase,
    "spacing": lambda text: text.replace(" ", "\n  "),
    "punctuation": lambda text: text.replace(" ", ", "),
    "Unicode": lambda text: unicodedata.normalize("NFKD", text.replace("e", "\u0435")),
}


def evasion() -> Iterator[str]:
    """Copy passages of 60 words, changed, and look whether the work is named."""
    passages = texts()
    half = len(passages) // 2
    index = Index.of([Work(str(number), text) for number, text in enumerate(passages[:half])])
    for name, spell in SPELLINGS.items():
        yield row(
            f"Recall under change of {name}", _recall(index, passages[:half], spell), "≥ 95 %"
        )
    for size in (40, 60, 100):
        measured = _recall(index, passages[:half], lambda text: _edited(text, 0.1), size)
        yield row(f"Recall at 10 % word edits, {size} words", measured, "≥ 90 %")
    flagged = sum(bool(index.query(text)) for text in passages[half:])
    yield row("False blocks on unrelated text", f"{flagged} of {len(passages) - half}", "≤ 0.1 %")


def _recall(index: Index, passages: list[str], change: Callable[[str], str], size: int = 60) -> str:
    draw = random.Random(2)
    found = 0
    for _ in range(400):
        number = draw.randrange(len(passages))
        words = passages[number].split()
        start = draw.randrange(max(1, len(words) - size))
        hits = index.query(change(" ".join(words[start : start + size])))
        found += any(hit.document.id == str(number) for hit in hits)
    return f"{found / 4:.1f} %"


def _edited(text: str, share: float) -> str:
    draw = random.Random(text)
    out: list[str] = []
    for word in text.split():
        change = draw.randrange(3) if draw.random() < share else 3
        out += [["other"], [], [word, "more"], [word]][change]
    return " ".join(out)


# A large index -----------------------------------------------------------------------------------


class Prose:
    """Invented words, the n-th as frequent as 1/n."""

    def __init__(self, seed: int) -> None:
        stems = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "lmnrstvz"]
        self._words = [a + b for a in stems for b in stems][:200_000]
        weights = 1.0 / np.arange(1, len(self._words) + 1)
        self._ends = np.cumsum(weights / weights.sum())
        self._draw = np.random.default_rng(seed)

    def text(self, count: int) -> str:
        """Return so many words."""
        places = np.searchsorted(self._ends, self._draw.random(count))
        words = self._words
        return " ".join([words[at] for at in places.clip(max=len(words) - 1).tolist()])


def large(folder: Path, tokens: int) -> Iterator[str]:
    """Fill an index, then add to it, take out of it, and draw under its mask."""
    prose = Prose(3)
    start = time.process_time()
    with IndexWriter(folder) as writer:
        for number in range(tokens // WORK_WORDS):
            writer.add(Work(f"w{number}", prose.text(WORK_WORDS), owner=f"owner {number % 97}"))
            if writer.held >= 1 << 21:
                writer.commit()
                spent = time.process_time() - start
                print(f"{number * WORK_WORDS:,} tokens, {spent:.0f} s of CPU", file=sys.stderr)
    spent = time.process_time() - start
    size = sum(path.stat().st_size for path in folder.rglob("*"))
    held = sum(len(segment) for segment in Index.open(folder, check=False).segments)
    yield row(f"Bytes for each protected token, of {held:,}", f"{size / held:.2f}", "≤ 9")
    print(f"built in {spent:.0f} s of CPU", file=sys.stderr)
    yield from _changes(folder, prose)
    yield from _masked(folder)


def _changes(folder: Path, prose: Prose) -> Iterator[str]:
    added: list[float] = []
    removed: list[float] = []
    for turn in range(8):
        text = prose.text(MEGABYTE // 6)
        # Of the process, not of the clock: other work on the machine is no part of it.
        start = time.process_time()
        with IndexWriter(folder) as writer:
            writer.add(Work(f"late {turn}", text))
        added.append((time.process_time() - start) / (len(text) / MEGABYTE))
        start = time.process_time()
        with IndexWriter(folder) as writer:
            writer.remove(f"late {turn}")
        removed.append((time.process_time() - start) / (len(text) / MEGABYTE))
    for name, seconds in (("add", added), ("take out", removed)):
        within = sum(one <= 1 for one in seconds)
        print(f"{name}: {max(seconds):.2f} s of CPU for each MB at most", file=sys.stderr)
        what = f"Works of 1 MB that took at most 1 s of CPU for each MB to {name}"
        yield row(what, f"{within} of 8", "all")


def _masked(folder: Path) -> Iterator[str]:
    index = Index.open(folder, check=False)
    mask = RunMask(index.segments, RUN, lambda _: True)
    passages = " ".join(texts()).split()
    draw = random.Random(4)
    follower = mask.follower()
    times: list[float] = []
    for step in range(STEPS):
        candidates = [f" {draw.choice(passages)}" for _ in range(CANDIDATES)]
        start = time.thread_time()
        follower.forbidden(candidates)
        follower.take(f" {passages[step % len(passages)]}")
        times.append(time.thread_time() - start)
    p99 = 1000 * float(np.quantile(times, 0.99))
    yield row(
        "p99 of CPU for each token with 50 candidates at most 0.5 ms",
        "yes" if p99 <= 0.5 else "no",
        "yes",
    )
    print(f"p99 {p99:.3f} ms, median {1000 * float(np.median(times)):.3f} ms", file=sys.stderr)


if __name__ == "__main__":
    main()
