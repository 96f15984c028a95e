"""How many words does it take to find the mark, under which readings, and what breaks it?

Texts of the embedded model at temperature 1 (`_generations.py` writes and keeps them), read with
the model, with a wrong temperature, with a bigram model of other texts, and with none. Beside it
Gumbel-max, and the green list of Kirchenbauer et al. (delta 2, width 1, exact binomial test).
`--texts N` sets the scale; the issue asks for 1,600.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any

import numpy as np
from _data import prose, rows
from _generations import generations, key
from _kgw import kgw_value
from _results import record
from numpy.typing import NDArray

from upright.generate import Sampling
from upright.generate.embedded import EmbeddedEngine
from upright.generate.sampler import distribution
from upright.measure import clopper_pearson
from upright.watermark import Evidence, Reading, detect

LENGTHS = (60, 100, 200)
PLAIN, COLD = Sampling(temperature=1.0), Sampling(temperature=0.7)
ALPHAS = (1e-2, 1e-3, 1e-5, 1e-9)
WHOLE = 1 - 1e-9
TEXTS = (("split", 10_000, 200), ("gumbel", 64, 100), ("kgw", 64, 100))
"""Kinds of texts that are read, how many at most, and their tokens."""
Chances = tuple[NDArray[np.int64], NDArray[np.float64]]


@dataclass
class Power:
    """The p-values of one way of reading, for each length."""

    name: str
    values: dict[int, list[float]] = field(default_factory=dict)

    def add(self, length: int, value: float) -> None:
        """Note a p-value."""
        self.values.setdefault(length, []).append(value)

    def rows(self, alphas: Sequence[float]) -> list[str]:
        """Return a table row for each length: the share found, with 95 % limits."""
        return [
            f"| {self.name} | {length} | {len(values)} | "
            + " | ".join(share(sum(v <= alpha for v in values), len(values)) for alpha in alphas)
            + " |"
            for length, values in sorted(self.values.items())
        ]


def share(found: int, n: int) -> str:
    """Return a share with its Clopper-Pearson limits at 95 %."""
    interval = clopper_pearson(found, n, 0.95)
    return f"{found / n:.2f} ({interval.low:.2f} to {interval.high:.2f})"


class Bigrams:
    """Another model: which token follows which in other people's texts."""

    def __init__(self, engine: EmbeddedEngine, size: int) -> None:
        text = " ".join(row["text"] for row in rows("corpora/wikitext2.jsonl.gz")[:2000])
        ids = np.array([token.id for token in engine.tokens(text[:900_000])])
        self._tokens = np.arange(size)
        counts = np.bincount(ids, minlength=size) + 0.01
        self._single = counts / counts.sum()
        self._order = np.argsort(ids[:-1], kind="stable")
        self._before, self._next = ids[:-1][self._order], ids[1:][self._order]

    def after(self, token: int) -> Chances:
        """Return the distribution after one token."""
        low, high = np.searchsorted(self._before, [token, token + 1])
        own = np.bincount(self._next[low:high], minlength=self._single.size)
        weights = own + 20.0 * self._single
        return self._tokens, weights / weights.sum()


def cut(evidence: Evidence, length: int) -> Evidence:
    """Return the evidence of the first tokens."""
    rows_ = evidence.positions < length
    return replace(
        evidence,
        positions=evidence.positions[rows_],
        signed=evidence.signed[rows_],
        uniform=evidence.uniform[rows_],
        places=evidence.places[rows_],
    )


class Readings:
    """Reads texts with the embedded model, once for several samplings."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self.entropies: list[tuple[float, float]] = []

    async def read(
        self, number: int, tokens: list[int], samplings: Sequence[Sampling], prompt: str = ""
    ) -> list[Evidence]:
        """Return the evidence of a text under each sampling."""
        after = [token.id for token in self._engine.tokens(prompt)] if prompt else []
        readings = [Reading([key(number)], tokens) for _ in samplings]
        wanted = set(readings[0].positions.tolist())
        entropy: dict[int, float] = {}

        def visit(at: int, logits: Any) -> None:  # noqa: ANN401 (an engine's row)
            if at not in wanted:
                return
            for reading, sampling in zip(readings, samplings, strict=True):
                chances = distribution(logits, sampling)
                reading.observe(at, chances.tokens, chances.probabilities)
                if sampling is PLAIN:
                    p = chances.probabilities[chances.probabilities > 0]
                    entropy[at] = float(-(p * np.log(p)).sum())

        await self._engine.read(tokens, visit, after=after)
        found = [reading.evidence() for reading in readings]
        if prompt:
            best = detect(found[0]).evidence
            self.entropies += [
                (entropy[int(at)], float(s)) for at, s in zip(found[0].positions, best, strict=True)
            ]
        return found


def replaced(text: str, every: int, words: Sequence[str], seed: int) -> str:
    """Return the text with one word in `every` replaced by another."""
    draw = random.Random(seed)
    parts = text.split(" ")
    for at in draw.sample(range(len(parts)), len(parts) // every):
        parts[at] = draw.choice(words)
    return " ".join(parts)


async def measure(count: int) -> list[str]:
    """Read all texts and return the section's lines."""
    marked = [t for t in generations("split", count, 200) if len(t["tokens"]) >= LENGTHS[0]]
    engine = EmbeddedEngine()
    try:
        size = engine._runtime.model.size  # type: ignore[union-attr]  # noqa: SLF001 (no other way to it)
        readings, bigrams = Readings(engine), Bigrams(engine, size)
        tables, mismatches = await _power(engine, readings, bigrams, marked)
        tables += _others(engine, count, size)
        edits = await _edits(engine, readings, marked[: count // 2])
        spans = await _localise(engine, readings, marked, max(4, count // 10))
    finally:
        await engine.aclose()
    return [
        f"{len(marked)} texts of up to 200 tokens over 8 keys, read from the text, not from the",
        "drawn tokens. Shares found at a p-value after all sub-keys, with 95 % limits.",
        "",
        "| reading | tokens | n | " + " | ".join(f"p ≤ {a:g}" for a in ALPHAS) + " |",
        "|---|---:|---:|" + "---|" * len(ALPHAS),
        *(row for table in tables for row in table.rows(ALPHAS)),
        "",
        f"Tokens of the text that are not those that were drawn: {mismatches:.2%}.",
        "",
        *_deciles(readings.entropies),
        "",
        *edits,
        "",
        *spans,
    ]


async def _power(
    engine: EmbeddedEngine, readings: Readings, bigrams: Bigrams, marked: list[dict[str, Any]]
) -> tuple[list[Power], float]:
    names = ("with the model", "with the model and the prompt", "temperature 0.7 for 1")
    names += ("a bigram model of other texts", "no model", "no model, drawn tokens")
    tables = [Power(f"split, {name}") for name in names]
    wrong = total = 0
    for text in marked:
        tokens = [token.id for token in engine.tokens(text["text"])]
        same = SequenceMatcher(None, tokens, text["tokens"], autojunk=False).get_matching_blocks()
        wrong += len(text["tokens"]) - sum(block.size for block in same)
        total += len(text["tokens"])
        plain, chilly = await readings.read(text["number"], tokens, (PLAIN, COLD))
        (known,) = await readings.read(text["number"], tokens, (PLAIN,), text["prompt"])
        reading = Reading([key(text["number"])], tokens)
        none = reading.evidence()
        for at in reading.positions.tolist():
            reading.observe(at, *bigrams.after(tokens[at - 1]))
        own = Reading([key(text["number"])], text["tokens"]).evidence()
        evidences = (plain, known, chilly, reading.evidence(), none, own)
        for length in LENGTHS:
            if len(tokens) >= length:
                for table, evidence in zip(tables, evidences, strict=True):
                    table.add(length, detect(cut(evidence, length)).p_value)
    return tables, wrong / total


def _others(engine: EmbeddedEngine, count: int, size: int) -> list[Power]:
    gumbel, kgw = Power("gumbel, no model"), Power("KGW, delta 2, no model")
    for kind, table in (("gumbel", gumbel), ("kgw", kgw)):
        for text in generations(kind, min(count, 64), 100):
            tokens = [token.id for token in engine.tokens(text["text"])]
            evidence = Reading([key(text["number"])], tokens).evidence()
            for length in (60, 100):
                if len(tokens) < length:
                    continue
                if kind == "gumbel":
                    table.add(length, detect(cut(evidence, length), scheme="gumbel").p_value)
                else:
                    table.add(length, kgw_value(text["number"], tokens[:length], size))
    return [gumbel, kgw]


def _deciles(entropies: Iterable[tuple[float, float]]) -> list[str]:
    """Return what words say by the entropy of their distribution, read with the prompt."""
    pairs = np.array(sorted(entropies))
    lines = ["| decile of entropy, nats | tokens | wholly in one half | of those green |"]
    lines.append("|---|---:|---:|---:|")
    for part in np.array_split(pairs, 10):
        whole = np.abs(part[:, 1]) >= WHOLE
        green = (part[whole, 1] > 0).mean() if whole.any() else float("nan")
        span = f"{part[0, 0]:.2f} to {part[-1, 0]:.2f}"
        lines.append(f"| {span} | {len(part)} | {whole.mean():.1%} | {green:.1%} |")
    return lines


async def _edits(
    engine: EmbeddedEngine, readings: Readings, marked: list[dict[str, Any]]
) -> list[str]:
    words = " ".join(prose(40, 400, 600, seed=5)).split()
    lines = [
        "Words replaced by others at random, read with the model and without the prompt:",
        "",
        "| edited | n | p ≤ 0.01 | p ≤ 0.001 | p ≤ 1e-05 |",
        "|---|---:|---|---|---|",
    ]
    for every in (10, 5):
        values = []
        for text in marked:
            edited = replaced(text["text"], every, words, seed=text["number"])
            tokens = [token.id for token in engine.tokens(edited)]
            (evidence,) = await readings.read(text["number"], tokens, (PLAIN,))
            values.append(detect(evidence).p_value)
        found = (share(sum(v <= a for v in values), len(values)) for a in (1e-2, 1e-3, 1e-5))
        lines.append(f"| one word in {every} | {len(values)} | {' | '.join(found)} |")
    return lines


async def _localise(
    engine: EmbeddedEngine, readings: Readings, marked: list[dict[str, Any]], count: int
) -> list[str]:
    overlaps = []
    human = prose(count, 9_000, 9_100, seed=21)
    for text, passage in zip(marked, human, strict=False):
        around = [token.id for token in engine.tokens(passage)][:1900]
        start = random.Random(text["number"]).randrange(200, len(around) - 200)
        tokens = [*around[:start], *text["tokens"][:100], *around[start:]]
        (evidence,) = await readings.read(text["number"], tokens, (PLAIN,))
        found = detect(evidence, alpha=0.01)
        truth = set(range(start, start + min(100, len(text["tokens"]))))
        named = {at for span in found.spans for at in range(span.start, span.end)}
        overlaps.append(len(truth & named) / len(truth | named))
    return [
        f"One stretch of 100 marked tokens in {count} passages of 1,900 others, family-wise 1 %:",
        f"overlap (intersection over union) {np.median(overlaps):.2f} in the median,",
        f"{min(overlaps):.2f} at worst; asked: 0.6 in the median.",
    ]


def quality(count: int) -> list[str]:
    """Compare what texts are like with and without the mark, prompt by prompt."""
    plain = {text["number"]: text for text in generations("none", count, 200)}
    before = f"{_distinct(plain.values()):.3f} | {_mean_length(plain.values()):.0f}"
    lines = [
        "Nats a token under the unmarked model, against unmarked texts of the same prompts: mean",
        "difference with a 95 % interval; distinct pairs of tokens; length.",
        "",
        "| | n | difference | distinct-2 | tokens |",
        "|---|---:|---|---|---|",
        f"| unmarked | {len(plain)} | | {before} |",
    ]
    for kind, length in (("split", 200), ("gumbel", 100), ("kgw", 100)):
        texts = generations(kind, min(count, 64) if length == 100 else count, length)
        gaps = np.array(
            [
                np.mean(text["logprobs"][:length]) - np.mean(other["logprobs"][:length])
                for text in texts
                if (other := plain.get(text["number"])) and text["logprobs"] and other["logprobs"]
            ]
        )
        mean, half = -gaps.mean(), 1.96 * gaps.std(ddof=1) / np.sqrt(gaps.size)
        words = f"{_distinct(texts):.3f} | {_mean_length(texts):.0f}"
        told = f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})"
        lines.append(f"| {kind} | {gaps.size} | {told} | {words} |")
    return lines


def _distinct(texts: Iterable[dict[str, Any]]) -> float:
    shares = []
    for text in texts:
        pairs = list(zip(text["tokens"][:99], text["tokens"][1:100], strict=False))
        if pairs:
            shares.append(len(set(pairs)) / len(pairs))
    return float(np.mean(shares))


def _mean_length(texts: Iterable[dict[str, Any]]) -> float:
    return float(np.mean([len(text["tokens"]) for text in texts]))


def main() -> None:
    """Measure, and write the sections."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--texts", type=int, default=160, help="read with the model; 0 for none")
    options.add_argument("--prompts", type=int, default=200, help="written with and without mark")
    told = options.parse_args()
    if told.texts:
        # Written beforehand: an engine that reads is busy.
        for kind, count, length in TEXTS:
            generations(kind, min(told.texts, count), length)
        record("Watermark: power", asyncio.run(measure(told.texts)))
    if told.prompts:
        record("Watermark: quality", quality(told.prompts))


if __name__ == "__main__":
    main()
