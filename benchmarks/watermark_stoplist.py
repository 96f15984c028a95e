"""What the list of common phrases leaves out, what it costs, and how far keys lie apart.

The list is made of books and of Python's standard library; here it meets texts that it was not
made of: Wikipedia, people's solutions of programming tasks, and texts of the embedded model with
the mark. Under one key texts that share phrases err together: the spread over keys is the variance
of how many texts one key calls marked at 0.05, as a multiple of what independent texts would have.

python benchmarks/watermark_stoplist.py [--keys N] [--texts N]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from dataclasses import replace

import numpy as np
from _data import rows
from _readings import readings, without
from _results import record
from numpy.typing import NDArray

from upright.generate.embedded import EmbeddedEngine
from upright.watermark import WIDTH, Reading, common_places, detect, epoch_key, scored_positions
from upright.watermark.scoring import p_values
from upright.watermark.stoplist import FILE, _numbers

LEVEL = 0.05
SHORTEST = 40
MASTER = hashlib.sha256(b"spread").digest()
OPENING = "Once upon a time, in the middle of the night, for the first time in his life, he said:"
Placed = tuple[list[int], frozenset[int]]


def texts(engine: EmbeddedEngine) -> dict[str, list[Placed]]:
    """Return ids and common places of texts, by kind."""
    tasks = rows("corpora/humaneval.jsonl.gz")
    paragraphs = [row["text"].strip() for row in rows("corpora/wikitext2.jsonl.gz")]
    some = {
        "Wikipedia, paragraphs": paragraphs,
        "solutions of programming tasks": [
            row["prompt"] + row["canonical_solution"] for row in tasks
        ],
        "a shared opening, then Wikipedia": [f"{OPENING} {text}"[:500] for text in paragraphs],
    }
    found: dict[str, list[Placed]] = {}
    for kind, own in some.items():
        found[kind] = []
        for text in own:
            placed = engine.tokens(text)
            common = common_places(text, [(item.start, item.end) for item in placed], WIDTH)
            if len(placed) >= SHORTEST:
                found[kind].append(([item.id for item in placed], common))
        found[kind] = found[kind][:400]
    return found


def spread(some: list[Placed], keys: int, *, listed: bool) -> tuple[float, NDArray[np.float64]]:
    """Return the variance over keys against that of independent texts, and the keys' rates."""
    hits = np.zeros((keys, len(some)))
    uniform = np.random.default_rng(7).random((keys, len(some)))
    for number in range(keys):
        key = epoch_key(MASTER, "spread", number)
        single = replace(key, subkeys=key.subkeys[:1])
        for place, (tokens, common) in enumerate(some):
            reading = Reading([single], tokens, common=common if listed else ())
            # The randomised test, whose level is exact whatever a text's length.
            value = p_values(reading.evidence(), "split", uniform[number, place : place + 1])
            hits[number, place] = value[0] <= LEVEL
    totals = hits.sum(axis=1)
    expected = len(some) * LEVEL * (1 - LEVEL)
    return float(((totals - len(some) * LEVEL) ** 2).mean()) / expected, totals / len(some)


def cost(count: int) -> list[str]:
    """Return what marked texts lose, read with the model and without the prompt."""
    gone, scored, values = 0, 0, []
    for read in readings("split", count, 200, prompt=False):
        gone += int(read.common.sum())
        scored += read.common.size
        pair = []
        for left_out in (np.zeros_like(read.common), read.common):
            evidence = without(read.evidence, left_out)
            short = without(evidence, evidence.positions >= 60)
            pair.append((detect(evidence).p_value, detect(short).p_value))
        values.append(pair)
    powers = np.array(values)
    logs = np.log10(powers[:, :, 0])
    found = (powers[:, :, 1] <= 1e-5).mean(axis=0)
    return [
        f"Marked texts of the embedded model ({count}, 200 tokens): {gone / scored:.2%} of the",
        f"scored tokens are left out. ln p is {(logs[:, 1] / logs[:, 0]).mean():.3f} times what it",
        f"was, in the mean; of the first 60 tokens {found[1]:.3f} of texts are found at 1e-05,",
        f"{found[0]:.3f} without the list.",
    ]


def main() -> None:
    """Measure, and write the section."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keys", type=int, default=800)
    options.add_argument("--texts", type=int, default=64)
    asked = options.parse_args()
    engine = EmbeddedEngine()
    try:
        found = texts(engine)
    finally:
        asyncio.run(engine.aclose())
    lines = []
    for kind, some in found.items():
        before = sum(scored_positions(tokens, WIDTH).size for tokens, _ in some)
        after = sum(scored_positions(tokens, WIDTH, common).size for tokens, common in some)
        cells = [kind, f"{len(some)}", f"{1 - after / before:.2%}"]
        for listed in (False, True):
            ratio, rates = spread(some, asked.keys, listed=listed)
            cells.append(f"{ratio:.2f}, {rates.min():.1%} to {rates.max():.1%}")
        lines.append(f"| {' | '.join(cells)} |")
    digest = hashlib.sha256(_numbers().tobytes()).hexdigest()[:16]
    record(
        "Watermark: stop-list",
        [
            f"`{FILE}`: {_numbers().size:,} phrases, sha256 {digest}…. Texts it was not made of;",
            f"{asked.keys} keys, no model, one sub-key. Spread: the variance over keys of how many",
            "texts one key calls marked at 0.05, against that of independent texts (1.00 is no",
            "spread beyond chance); and the lowest and highest rate of any key. The standard error",
            f"of a spread of 1 is {(2 / asked.keys) ** 0.5:.2f}. The shared opening is made up.",
            "",
            "| texts | n | left out | spread without the list | with it |",
            "|---|---:|---:|---|---|",
            *lines,
            "",
            *cost(asked.texts),
        ],
    )


if __name__ == "__main__":
    main()
