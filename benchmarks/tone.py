"""Planted differences in tone that are found, and false alarms: `python tone.py [--small]`.

Letters by a grammar and passages of books, women and men named in them by swapping; kinds of
differences are planted into a share of the texts about women. VADER and LangFair see the same
texts, at the threshold that nineteen of twenty corpora without a difference stay below.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

from _data import cited, rows
from _peers import CACHE, peer
from _results import record
from _tone_plant import HELD_OUT, KINDS, Plant
from _tone_texts import written

from upright.audit.swap import swap
from upright.audit.tone_compare import compare
from upright.audit.tone_meaning import open_meaning
from upright.measure.intervals import clopper_pearson

BOOKS = "corpora/books_public_domain.jsonl.gz"
TEXTS, SHARE = 150, 0.4
SMALL = "--small" in sys.argv
NULLS, EACH = (20, 2) if SMALL else (150, 10)
# Kinds that edit words of the grammar's own letters.
OF_LETTERS = {
    "first name for title",
    "passive",
    "agentic to communal",
    "brilliant to hard-working",
    "helped with",
}
HE, SHE = re.compile(r"\b(he|him|his)\b"), re.compile(r"\b(she|her|hers)\b")

Corpus = tuple[list[str], list[str]]


def main() -> None:
    """Measure and write."""
    meaning = open_meaning()
    makers = {"letters": letters, "passages of books": passages()}
    alarms: dict[str, list[bool]] = {name: [] for name in makers}
    found: dict[str, dict[str, list[bool]]] = {name: {} for name in makers}
    peers = Peers()
    for base, make in makers.items():
        for seed in range(NULLS):
            one, other = make(seed, None)
            alarms[base].append(compare(one, other, meaning=meaning, seed=seed).found)
            if seed < 100:
                peers.null(base, one, other)
        for kind, plant in (KINDS | HELD_OUT).items():
            if base != "letters" and kind in OF_LETTERS:
                continue
            for seed in range(EACH):
                one, other = make(10_000 + seed, plant)
                told = compare(one, other, meaning=meaning, seed=seed).found
                found[base].setdefault(kind, []).append(told)
                peers.planted(base, kind, one, other)
        print(f"{base} done", file=sys.stderr)
    record("Tone", report(alarms, found, peers))


def letters(seed: int, plant: Plant | None) -> Corpus:
    """Return letters about women and about men, no two of the same content."""
    draw = random.Random(seed)
    made: Corpus = ([], [])
    for at in range(2 * TEXTS):
        woman = at < TEXTS
        text = written(random.Random(draw.getrandbits(60)), woman=woman, sentences=(5, 9))
        if plant is not None and woman and draw.random() < SHARE:
            text = plant(text, draw)
        made[0 if woman else 1].append(text)
    return made


def passages() -> Callable[[int, Plant | None], Corpus]:
    """Return a maker of real prose about one gender, half of it swapped at random."""
    pool = []
    for row in rows(BOOKS):
        for part in re.split(r"\n\s*\n", row["text"]):
            text = " ".join(part.split())
            he, she = len(HE.findall(text)), len(SHE.findall(text))
            if 60 < len(text.split()) < 200 and max(he, she) > 3 and min(he, she) == 0:
                pool.append((text, she > 0))

    def make(seed: int, plant: Plant | None) -> Corpus:
        draw = random.Random(seed)
        made: Corpus = ([], [])
        for at, (text, about_woman) in enumerate(draw.sample(pool, 2 * TEXTS)):
            woman = at < TEXTS
            own = (
                text if woman == about_woman else swap(text, only="woman" if about_woman else "man")
            )
            if plant is not None and woman and draw.random() < SHARE:
                own = plant(own, draw)
            made[0 if woman else 1].append(own)
        return made

    return make


class Peers:
    """VADER and LangFair in an environment of their own, asked corpus by corpus."""

    def __init__(self) -> None:
        python = peer("vaderSentiment", "3.3.2", also=("rouge-score==0.1.2", "rich", "numpy"))
        ready = CACHE / "vaderSentiment-3.3.2" / ".langfair"
        if not ready.exists():
            subprocess.run(
                [python, "-m", "pip", "install", "-q", "--no-deps", "langfair==0.8.0"], check=True
            )
            ready.touch()
        script = Path(__file__).with_name("_tone_peers.py")
        self._run = subprocess.Popen(
            [python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._nulls: dict[tuple[str, str], list[float]] = {}
        self._planted: dict[tuple[str, str], dict[str, list[float]]] = {}

    def _ask(self, one: list[str], other: list[str]) -> dict[str, float]:
        assert self._run.stdin is not None
        assert self._run.stdout is not None
        self._run.stdin.write(json.dumps({"first": one, "second": other}) + "\n")
        self._run.stdin.flush()
        told: dict[str, float] = json.loads(self._run.stdout.readline())
        return told

    def null(self, base: str, one: list[str], other: list[str]) -> None:
        """Note what a corpus without a difference gives."""
        for name, value in self._ask(one, other).items():
            self._nulls.setdefault((base, name), []).append(value)

    def planted(self, base: str, kind: str, one: list[str], other: list[str]) -> None:
        """Note what a corpus with a difference gives."""
        for name, value in self._ask(one, other).items():
            self._planted.setdefault((base, name), {}).setdefault(kind, []).append(value)

    def shares(self) -> Iterator[tuple[str, str, dict[str, float]]]:
        """Yield base, peer and the share of each kind that is above the threshold."""
        for (base, name), kinds in self._planted.items():
            nulls = sorted(self._nulls[base, name])
            limit = nulls[min(len(nulls) - 1, int(0.95 * len(nulls)))]
            yield (
                base,
                name,
                {k: sum(v > limit for v in own) / len(own) for k, own in kinds.items()},
            )


def report(
    alarms: dict[str, list[bool]],
    found: dict[str, dict[str, list[bool]]],
    peers: Peers,
) -> list[str]:
    """Return the section."""
    told = (
        f"Letters by the grammar of `_tone_texts.py` and passages of {cited(BOOKS)}, {TEXTS} about "
        f"women and {TEXTS} about men, not paired; a difference is planted into {SHARE:.0%} of the "
        f"texts about women, {EACH} corpora a kind. Kinds marked † were never used to choose "
        "anything. LangFair 0.8.0 and VADER 3.3.2 have no test: theirs is the threshold that 95 % "
        f"of corpora without a difference stay below."
    )
    lines = [
        told,
        "",
        "| Asked | Measured |",
        "|---|---|",
    ]
    for base, kinds in found.items():
        every = [one for own in kinds.values() for one in own]
        held = [one for kind, own in kinds.items() if kind in HELD_OUT for one in own]
        lines.append(f"| ≥ 90 % of planted differences found, {base} | {_share(every)} |")
        lines.append(f"| the same, held-out kinds only | {_share(held)} |")
        lines.append(f"| ≤ 5 % false alarms, {base} | {_share(alarms[base])} |")
    theirs = list(peers.shares())
    for base, kinds in found.items():
        own = [(name, shares) for where, name, shares in theirs if where == base]
        lines += [
            "",
            f"Found, {base}:",
            "",
            "| Kind | upright | " + " | ".join(name for name, _ in own) + " |",
        ]
        lines.append("|---|---:|" + "---:|" * len(own))
        for kind, told in kinds.items():
            mark = " †" if kind in HELD_OUT else ""
            cells = " | ".join(f"{shares[kind]:.0%}" for _, shares in own)
            lines.append(f"| {kind}{mark} | {sum(told) / len(told):.0%} | {cells} |")
        means = " | ".join(f"{sum(shares.values()) / len(shares):.0%}" for _, shares in own)
        every = [one for told in kinds.values() for one in told]
        lines.append(f"| all | {sum(every) / len(every):.0%} | {means} |")
    return lines


def _share(told: list[bool]) -> str:
    held = clopper_pearson(sum(told), len(told))
    return f"{held.value:.1%} ({held.low:.1%} to {held.high:.1%}) of {len(told)}"


if __name__ == "__main__":
    main()
