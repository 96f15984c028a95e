"""Is a text without the mark found as rarely as the p-value says?

Pairs of a text and a fresh key: prose of people, their code, one sentence over and over, texts
with letters beyond English, and texts of other models. Each of the sixteen sub-keys of a pair is
a test of its own whose p-value must keep its level; the p-value after all of them, which is what
users see, and the windowed scan must not exceed theirs. The model-aware reading uses a wrong
model on purpose: its validity needs no right one. transformers' own detector reads some of the
same texts beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from _data import prose, rows
from _results import record
from numpy.typing import NDArray

from upright.generate.embedded import EmbeddedEngine
from upright.measure import clopper_pearson
from upright.watermark import EpochKey, Evidence, Reading, detect, epoch_key
from upright.watermark.scoring import gains, p_values
from upright.watermark.spans import best_rises, scan_p_value

TOKENS = 100
LEVELS = (1e-2, 1e-3)
CANDIDATES = 50
MASTER = hashlib.sha256(b"null").digest()


@dataclass
class Rates:
    """How often p-values of one kind were at or below each level."""

    name: str
    exact: bool = False
    found: dict[float, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))
    n: int = 0

    def add(self, values: NDArray[np.float64]) -> None:
        """Count p-values."""
        self.n += values.size
        for level in LEVELS:
            self.found[level] += int((values <= level).sum())

    def row(self) -> str:
        """Return the table's row: the rate in units of the level, with 99 % limits."""
        cells = [self.name, f"{self.n:,}"]
        for level in LEVELS:
            limits = clopper_pearson(self.found[level], self.n, 0.99)
            held = limits.low <= level <= limits.high if self.exact else limits.low <= level
            told = f"{limits.value / level:.2f} ({limits.low / level:.2f} to "
            cells.append(f"{told}{limits.high / level:.2f}){'' if held else ' **not held**'}")
        return f"| {' | '.join(cells)} |"


def kinds(engine: EmbeddedEngine) -> dict[str, list[list[int]]]:
    """Return texts of about a hundred tokens, by kind."""
    code = [row["canonical_solution"] for row in rows("corpora/humaneval.jsonl.gz")]
    models = rows("machine_text/gpt_pairs_three_domains.jsonl.gz")
    posts = [" ".join(row["tokens"]) for row in rows("pii/wnut17_entities.jsonl.gz")]
    foreign = [post for post in posts if sum(ord(sign) > 0x7F for sign in post) > 3]
    texts = {
        "prose": prose(600, 700, 800, seed=3),
        "code": ["\n".join(random.Random(n).sample(code, 6)) for n in range(300)],
        "one sentence over and over": [
            f"{text[:80]} " * 12 for text in prose(100, 90, 100, seed=4)
        ],
        "beyond ASCII": [" ".join(random.Random(n).sample(foreign, 8)) for n in range(200)],
        "other models": [row["machine"][:900] for row in models[:600]],
    }
    return {
        name: [
            ids[:TOKENS]
            for text in some
            if len(ids := [token.id for token in engine.tokens(text)]) > TOKENS // 2
        ]
        for name, some in texts.items()
    }


def pairs(
    texts: dict[str, list[list[int]]], count: int, label: str
) -> Iterator[tuple[str, list[int], EpochKey]]:
    """Yield kind, text and a fresh key; each kind as often as another."""
    names = sorted(texts)
    for number in range(count):
        name = names[number % len(names)]
        some = texts[name]
        yield name, some[(number // len(names)) % len(some)], epoch_key(MASTER, label, number)


def scanned(evidence: Evidence) -> NDArray[np.float64]:
    """Return the p-value of the best stretch, shape (1,)."""
    rises = best_rises(gains(evidence, evidence.signed, "split"))
    return np.array([scan_p_value(float(rises.max()), evidence.positions.size, rises.size)])


def model_free(texts: dict[str, list[list[int]]], count: int) -> list[Rates]:
    """Read without a model."""
    single, gumbel = Rates("no model, one sub-key"), Rates("gumbel, one sub-key", exact=True)
    user, scan = Rates("no model, what users see"), Rates("no model, windowed scan")
    kinds_ = {name: Rates(f"no model, one sub-key: {name}") for name in texts}
    for name, tokens, key in pairs(texts, count, "free"):
        evidence = Reading([key], tokens).evidence()
        values = p_values(evidence)
        single.add(values)
        kinds_[name].add(values)
        gumbel.add(p_values(evidence, "gumbel"))
        user.add(np.array([detect(evidence).p_value]))
        scan.add(scanned(evidence))
    return [single, *kinds_.values(), gumbel, user, scan]


def model_aware(texts: dict[str, list[list[int]]], count: int) -> list[Rates]:
    """Read with a wrong model: random candidates, the token among them half of the time."""
    discrete, randomised = (
        Rates("a wrong model, one sub-key"),
        Rates("a wrong model, randomised test", exact=True),
    )
    user, scan = Rates("a wrong model, what users see"), Rates("a wrong model, windowed scan")
    numbers = np.random.default_rng(9)
    for _, tokens, key in pairs(texts, count, "aware"):
        reading = Reading([key], tokens)
        for at in reading.positions.tolist():
            some = set(numbers.integers(0, 49_152, CANDIDATES).tolist())
            if numbers.random() < 0.5:
                some.add(tokens[at])
            weights = numbers.exponential(size=len(some)) ** 3
            reading.observe(at, np.array(sorted(some)), weights / weights.sum())
        evidence = reading.evidence()
        discrete.add(p_values(evidence))
        randomised.add(p_values(evidence, "split", numbers.random(len(evidence.tests))))
        user.add(np.array([detect(evidence).p_value]))
        scan.add(scanned(evidence))
    return [discrete, randomised, user, scan]


def spread(texts: dict[str, list[list[int]]], keys: int) -> str:
    """Return how far rates of one key each lie apart, on texts that share phrases."""
    some = texts["one sentence over and over"] + texts["code"]
    shares = []
    for number in range(keys):
        key = epoch_key(MASTER, "spread", number)
        values = np.array([detect(Reading([key], tokens).evidence()).p_value for tokens in some])
        shares.append(float((values <= 0.05).mean()))
    return (
        f"Under one key each, {keys} keys on {len(some)} texts that share phrases: "
        f"{min(shares):.1%} to {max(shares):.1%} of them at or below 0.05."
    )


def transformers_rates(texts: dict[str, list[list[int]]], count: int) -> Rates:
    """Read with transformers' detector of the green list, its defaults."""
    import torch  # noqa: PLC0415 (after what needs no torch)
    from transformers import (  # noqa: PLC0415 (as above)
        LlamaConfig,
        WatermarkDetector,
        WatermarkingConfig,
    )

    rates = Rates("transformers' WatermarkDetector, defaults")
    for _, tokens, key in pairs(texts, count, "peer"):
        hashing = int.from_bytes(key.context[:4], "big")
        detector = WatermarkDetector(
            model_config=LlamaConfig(vocab_size=49_152, bos_token_id=1),
            device="cpu",
            watermarking_config=WatermarkingConfig(hashing_key=hashing),
        )
        found = detector(torch.tensor([tokens]), return_dict=True)
        rates.add(np.asarray(found.p_value, dtype=np.float64))
    return rates


def main() -> None:
    """Measure, and write the section."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=100_000)
    options.add_argument("--aware", type=int, default=10_000)
    options.add_argument("--peer", type=int, default=1_000)
    asked = options.parse_args()
    engine = EmbeddedEngine()
    texts = kinds(engine)
    found = [
        *model_free(texts, asked.pairs),
        *model_aware(texts, asked.aware),
        transformers_rates(texts, asked.peer),
    ]
    record(
        "Watermark: null",
        [
            f"{asked.pairs:,} pairs of a text and a fresh key without a model, {asked.aware:,}",
            "with a wrong one. Rates are given in units of the level, with Clopper-Pearson limits",
            "at 99 %; a p-value holds its level where the lower limit is at most 1, an exact one",
            "where 1 lies between both.",
            "",
            "| p-value | n | at 0.01 | at 0.001 |",
            "|---|---:|---|---|",
            *(rates.row() for rates in found),
            "",
            spread(texts, 20),
        ],
    )


if __name__ == "__main__":
    main()
