"""Are sixteen bits read exactly, and does not knowing them keep the null?

Texts of the embedded model at temperature 1 that each carry another payload (`_generations.py`
writes and keeps them), read from the text with the model, with the prompt and without it. Asked:
all bits exact in 95 % at 200 tokens where the mean entropy is at least 2.5 nats. The null keeps
each text's readings and turns its coins over as a fresh key would; beside it what decoding first
and testing then would say, which is why nothing here does that.

python benchmarks/watermark_payload.py [--texts N]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np
from _readings import Read, readings, without
from _results import record

from upright.measure import clopper_pearson
from upright.watermark import Detection, Evidence, detect
from upright.watermark.payload import LENGTH, code_word, decode
from upright.watermark.scoring import WHOLE
from upright.watermark.statistics import binomial_tail

LENGTHS = (60, 100, 150, 200)
ENTROPY = 2.5
ALPHA = 1e-6
TURNS = 200
LEVELS = (1e-2, 1e-3)


@dataclass
class Row:
    """What was found at one length."""

    n: int = 0
    found: int = 0
    exact: int = 0
    told: int = 0

    def add(self, detection: Detection, payload: int, best: int) -> None:
        """Count a text; `best` is what decoding alone says of the right sub-key."""
        self.n += 1
        self.found += detection.p_value <= ALPHA
        self.exact += detection.payload == payload
        self.told += best == payload

    def cells(self) -> str:
        """Return the shares with 95 % limits."""
        return " | ".join(share(count, self.n) for count in (self.found, self.exact, self.told))


def share(found: int, n: int) -> str:
    """Return a share with its Clopper-Pearson limits at 95 %."""
    limits = clopper_pearson(found, n, 0.95)
    return f"{found / n:.3f} ({limits.low:.3f} to {limits.high:.3f})"


def payload_of(number: int) -> int:
    """Return the payload that `_generations.py` gives a text."""
    return (number * 40_503) % 65_536


def cut(read: Read, length: int) -> Evidence:
    """Return the evidence of the first tokens, without common phrases."""
    return without(read.evidence, read.common | (read.evidence.positions >= length))


def power(count: int, *, prompt: bool) -> list[str]:
    """Return a table row for each length."""
    lines = []
    for length in LENGTHS:
        row = Row()
        for read in readings("payload", count, 200, prompt=prompt):
            # A text of 200 drawn tokens may be one or two shorter once it is read as text.
            if len(read.tokens) < 0.95 * length or read.entropy.mean() < ENTROPY:
                continue
            evidence = cut(read, length)
            detection = detect(evidence, payload="unknown")
            row.add(detection, payload_of(read.number), _best(evidence, payload_of(read.number)))
        known = "with the prompt" if prompt else "without the prompt"
        lines.append(f"| {known} | {length} | {row.n} | {row.cells()} |")
    return lines


def _best(evidence: Evidence, payload: int) -> int:
    """Return the decoded bits of the sub-key whose coins fit the payload best: an upper limit."""
    turned = np.where(code_word(payload)[evidence.places], -evidence.signed, evidence.signed)
    column = int(turned.sum(axis=0).argmax())
    votes = np.bincount(
        evidence.places[:, column], weights=evidence.signed[:, column], minlength=LENGTH
    )
    return decode(votes)


def null(count: int) -> list[str]:
    """Return how often texts seem marked whose coins are fresh, by two ways of testing."""
    numbers = np.random.default_rng(5)
    proper, naive = [], []
    for read in readings("payload", count, 200, prompt=False):
        evidence = cut(read, 200)
        for _ in range(TURNS):
            signs = numbers.choice([-1.0, 1.0], evidence.signed.shape)
            places = numbers.integers(0, LENGTH, evidence.places.shape)
            fresh = replace(evidence, signed=np.abs(evidence.signed) * signs, places=places)
            proper.append(detect(fresh, payload="unknown").p_value)
            naive.append(_decoded_first(fresh))
    lines = []
    for name, values in (("for unknown bits", proper), ("decoded first, then tested", naive)):
        rates = [clopper_pearson(sum(v <= a for v in values), len(values), 0.99) for a in LEVELS]
        told = " | ".join(f"{rate.value:.4f} ({rate.low:.4f} to {rate.high:.4f})" for rate in rates)
        lines.append(f"| {name} | {len(values):,} | {told} |")
    return lines


def _decoded_first(evidence: Evidence) -> float:
    """Return the p-value of the defect: the bits that fit best taken as if they had been known."""
    own, places = evidence.signed[:, 0], evidence.places[:, 0]
    bits = decode(np.bincount(places, weights=own, minlength=LENGTH))
    turned = np.where(code_word(bits)[places], -own, own)
    whole = turned[np.abs(turned) >= WHOLE]
    return binomial_tail(int((whole > 0).sum()), whole.size)


def main() -> None:
    """Measure, and write the section."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--texts", type=int, default=64)
    count = options.parse_args().texts
    record(
        "Watermark: payload",
        [
            f"{count} texts of 200 tokens, each with another payload of 16 bits; those whose mean",
            f"entropy is below {ENTROPY} nats are left out. Found: p ≤ 1e-06 after all sub-keys",
            "without knowing a bit. Exact: found, and all 16 bits right; asked 0.95 at 200 tokens.",
            "Decodable: right for the right sub-key, found or not. Shares with 95 % limits.",
            "",
            "| reading | tokens | n | found | exact | decodable |",
            "|---|---:|---:|---|---|---|",
            *power(count, prompt=False),
            *power(count, prompt=True),
            "",
            "Texts whose coins are fresh, one sub-key in the second row; rates with 99 % limits:",
            "",
            "| test | n | p ≤ 0.01 | p ≤ 0.001 |",
            "|---|---:|---|---|",
            *null(count),
        ],
    )


if __name__ == "__main__":
    main()
