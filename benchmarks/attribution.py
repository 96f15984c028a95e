"""Passages of answers led back to training data: found, at what size and speed, beside infini-gram.

python benchmarks/attribution.py [--sizes 50,250,1000] [--answers N]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _data import cited
from _peers import peer
from _results import record
from _roots import BOOKS, Answer, Corpus

from upright.attribute import documents
from upright.match.passages import PassageIndex, Store

ASKED_MS, ASKED_SIZE, ASKED_BUILD = 10.0, 0.8, 5.0
LEAST = 8
PLANTED = 6
PEER = ("infini-gram", "2.6.0")
SEPARATOR = 0xFFFF
MEGABYTE = 1_000_000

_PEER_INDEX = ["-m", "infini_gram.indexing", "--token_dtype", "u16", "--cpus", "1", "--mem", "2"]
_PEER_ASK = """
import json, sys, time
from infini_gram.engine import InfiniGramEngine
folder, eos, least = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
engine = InfiniGramEngine(folder, eos_token_id=eos, vocab_size=eos + 1, token_dtype="u16")
for line in sys.stdin:
    started = time.process_time(), time.perf_counter()
    found = engine.attribute(json.loads(line), [], least, 1_000_000, False)["spans"]
    spent = time.process_time() - started[0], time.perf_counter() - started[1]
    print(json.dumps([[[one["l"], one["r"]] for one in found], *spent]))
"""


class Build(NamedTuple):
    """What an index took to build.

    Attributes:
        speed: megabytes of text a second of CPU time.
        share: the index's size as a share of the text's.
        memory: megabytes at the peak, in a process of its own.
    """

    speed: float
    share: float
    memory: float


class Traced(NamedTuple):
    """Of some answers, what was found of the planted passages and how long it took.

    Attributes:
        planted: passages.
        found: of them, those found exactly, with their document and no other.
        others: passages found that were not planted.
        times: milliseconds of CPU time, one an answer.
    """

    planted: int
    found: int
    others: int
    times: list[float]

    def percentile(self, share: float) -> float:
        """Return a percentile of the times in milliseconds."""
        return float(np.percentile(self.times, share))


def build(lines: Path, folder: Path, text_bytes: int) -> Build:
    """Index a corpus in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--build", str(lines), str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, memory = json.loads(done.stdout)
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Build(text_bytes / MEGABYTE / seconds, size / text_bytes, memory)


def build_here(lines: Path, folder: Path) -> None:
    """Index a corpus; print seconds of CPU time and megabytes at the peak."""
    started = time.process_time()
    with Store(folder, least=LEAST) as store:
        store.add(documents(lines))
    print(json.dumps([time.process_time() - started, _peak()]))


def _peak() -> float:
    """Return the most megabytes this program had; `getrusage` would tell those of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def trace(index: PassageIndex, answers: Sequence[Answer]) -> Traced:
    """Hold answers against an index, and what is found against what was planted."""
    planted = found = others = 0
    times = []
    index.trace(answers[0].text).spans(10)
    for answer in answers:
        started = time.process_time()
        spans = index.trace(answer.text).spans(10)
        times.append(1000 * (time.process_time() - started))
        told = {(one.start, one.end): [place.document for place in one.places] for one in spans}
        right = [place for place, name in answer.spans.items() if told.get(place) == [name]]
        planted += len(answer.spans)
        found += len(right)
        others += len(set(told) - set(answer.spans))
    return Traced(planted, found, others, times)


def forget(folder: Path) -> tuple[float, float, bool]:
    """Remove a document, then an owner's; return milliseconds until each is gone, and whether."""
    index = PassageIndex(folder)
    times = []
    for how in ({"ids": ["d17"]}, {"owner": "o5"}):
        started = time.process_time()
        with Store(folder) as store:
            store.forget(**how)
            times.append(1000 * (time.process_time() - started))
            store.purge()
    gone = index.source("d17") is None and index.source("d5") is None
    return times[0], times[1], gone


def peers(corpus: Corpus, answers: Sequence[Answer], folder: Path) -> dict[str, Any]:
    """Build infini-gram's index over the same words and ask it for the same answers."""
    python = peer(*PEER)
    if subprocess.run([python, "-c", "import numpy"], check=False, capture_output=True).returncode:
        # It imports what it does not name.
        subprocess.run([python, "-m", "pip", "install", "--quiet", "numpy"], check=True)
    at, offsets = 0, []
    with (folder / "tokenized.0").open("wb") as file:
        for forms in corpus.documents:
            raw = np.append(SEPARATOR, corpus.number[forms]).astype(np.uint16).tobytes()
            file.write(raw)
            offsets.append(at)
            at += len(raw)
    np.array(offsets, np.uint64).tofile(folder / "offset.0")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    where = ["--data_dir", folder, "--save_dir", folder, "--ulimit", "4096"]
    subprocess.run([python, *_PEER_INDEX, *where], check=True, capture_output=True)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    size = sum(path.stat().st_size for path in folder.iterdir())
    asked = "\n".join(json.dumps(answer.numbers) for answer in answers)
    eos = str(int(corpus.number.max()) + 1)
    command = [python, "-c", _PEER_ASK, folder, eos, str(LEAST)]
    done = subprocess.run(command, input=asked, check=True, capture_output=True, text=True)
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    same = sum(
        {tuple(span) for span in spans} == set(answer.words)
        for answer, (spans, *_) in zip(answers, replies, strict=True)
    )
    cpu, wall = ([1000 * reply[column] for reply in replies[1:]] for column in (1, 2))
    return {
        "seconds": seconds,
        "share": size / corpus.bytes,
        "same": same,
        "cpu": cpu,
        "wall": wall,
    }


def grown(sizes: Sequence[int], answers: int, folder: Path) -> list[str]:
    """Return a table of how indexes of several sizes behave."""
    lines = [
        "| corpus | trace, median | 95 % | found | others | build | index | memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for size in sizes:
        here = folder / str(size)
        here.mkdir()
        corpus = Corpus(size * MEGABYTE)
        corpus.write(here / "corpus.jsonl")
        built = build(here / "corpus.jsonl", here / "index", corpus.bytes)
        traced = trace(
            PassageIndex(here / "index"), [corpus.answer(PLANTED) for _ in range(answers)]
        )
        lines.append(
            f"| {size} MB | {traced.percentile(50) / ASKED_MS:.2f} | "
            f"{traced.percentile(95) / ASKED_MS:.2f} | {traced.found} of {traced.planted} | "
            f"{traced.others} | {built.speed / ASKED_BUILD:.2f} | {built.share:.2f} | "
            f"{built.memory:.0f} MB |"
        )
    return lines


def beside(size: int, answers: int, folder: Path) -> list[str]:
    """Return the figures of one corpus, with the peer on the same words in the same run."""
    corpus = Corpus(size * MEGABYTE, seed=7)
    corpus.write(folder / "corpus.jsonl")
    built = build(folder / "corpus.jsonl", folder / "index", corpus.bytes)
    asked = [corpus.answer(PLANTED) for _ in range(answers)]
    traced = trace(PassageIndex(folder / "index"), asked)
    (folder / "peer").mkdir()
    other = peers(corpus, asked, folder / "peer")
    one, owner, gone = forget(folder / "index")
    p95 = traced.percentile(95) / ASKED_MS
    cpu = statistics.median(other["cpu"]) / traced.percentile(50)
    wall = statistics.median(other["wall"]) / traced.percentile(50)
    speed = built.speed / (corpus.bytes / MEGABYTE / other["seconds"])
    rows: list[tuple[str, str, bool]] = [
        (
            "planted passages found, with their document",
            f"{traced.found} of {traced.planted}",
            traced.found == traced.planted,
        ),
        ("passages found that were not planted", f"{traced.others}", not traced.others),
        ("trace of 450 words, 95 %", f"{p95:.2f} of the 10 ms asked", p95 <= 1),
        (
            "index, of the text's bytes",
            f"{built.share:.2f} (asked: {ASKED_SIZE})",
            built.share <= ASKED_SIZE,
        ),
        (
            "build, from lines of JSON",
            f"{built.speed / ASKED_BUILD:.2f} times the 5 MB/s asked",
            built.speed >= ASKED_BUILD,
        ),
        (
            "a document removed for whoever asks",
            f"in {one / ASKED_MS:.1f} times 10 ms; an owner's 1 % of all in {owner / ASKED_MS:.1f}",
            gone,
        ),
        (
            f"{' '.join(PEER)}: answers with the same spans",
            f"{other['same']} of {answers}",
            other["same"] == answers,
        ),
        (
            "its trace against ours, median",
            f"{cpu:.1f} times the CPU time, {wall:.1f} times as long by the clock",
            min(cpu, wall) >= 1,
        ),
        (
            "its index, of the text's bytes",
            f"{other['share']:.2f}; without reading built in {speed:.2f} times ours with it",
            other["share"] >= built.share,
        ),
    ]
    return [
        "| | | |",
        "|---|---|---|",
        *(f"| {name} | {told} | {_reached(is_reached)} |" for name, told, is_reached in rows),
    ]


def _reached(yes: bool) -> str:  # noqa: FBT001 (its one argument)
    return "reached" if yes else "**not reached**"


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="50,250,1000")
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--build", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build:
        build_here(*given.build)
        return
    sizes = [int(size) for size in given.sizes.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "beside").mkdir()
        first = beside(sizes[0], given.answers, Path(folder) / "beside")
        growth = grown(sizes, given.answers, Path(folder))
    intro = f"""\
{sizes[0]} MB of documents whose words are drawn one by one as {cited(BOOKS)}
has them, with rare words among them; {given.answers} answers of about 450 words, in each {PLANTED}
passages of 8 to 60 words of documents, capitals changed. Times are CPU times of one core.
"""
    then = "As the corpus grows; times as multiples of 10 ms, build as a multiple of 5 MB/s:"
    record("Attribution to training data", [*intro.splitlines(), "", *first, "", then, "", *growth])


if __name__ == "__main__":
    main()
