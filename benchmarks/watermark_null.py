"""Is a text without the mark found as rarely as the p-value says?

Pairs of a text and a fresh key: prose of people, their code, one sentence over and over, texts
with letters beyond English, and texts of other models, read as users' texts are, without common
phrases. Each of the sixteen sub-keys of a pair is a test of its own whose p-value must keep its
level; the p-value after all of them, which is what users see, the windowed scan and the test for
an unknown payload must not exceed theirs. The model-aware reading takes the embedded model's
fifty likeliest tokens, which is no model that wrote any of these texts, once with the whole
vocabulary; a text is read once and tried with many keys, since only the key is random.
transformers' own detector reads some of the same texts beside it.

Counts are kept outside the repository piece by piece, so that a run may be broken off.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from _data import prose, rows
from _peers import CACHE
from _results import record
from numpy.typing import NDArray

from upright.generate import Sampling
from upright.generate.embedded import EmbeddedEngine
from upright.generate.sampler import distribution
from upright.measure import clopper_pearson
from upright.watermark import (
    WIDTH,
    EpochKey,
    Evidence,
    Reading,
    common_places,
    detect,
    epoch_key,
    numbers,
    split,
)
from upright.watermark.numbers import nonces
from upright.watermark.scoring import gains, p_values
from upright.watermark.spans import best_rises, scan_p_value

TOKENS = 100
LEVELS = (1e-2, 1e-3)
CANDIDATES = 50
EACH = 100
PIECE = 1_000
MASTER = hashlib.sha256(b"null").digest()
KEPT = CACHE / "null"
FIFTY = Sampling(temperature=1.0, top_k=CANDIDATES)
Floats = NDArray[np.float64]
Values = dict[str, Floats]
"""p-values by the name of their row; a name that begins with `=` is of an exact test."""


@dataclass(frozen=True)
class Text:
    """A text that no key of ours wrote.

    Attributes:
        kind: which.
        tokens: at most a hundred ids.
        common: places where a common phrase ends.
    """

    kind: str
    tokens: list[int]
    common: frozenset[int]


@dataclass(frozen=True)
class Distributions:
    """What the model gives at each scored position.

    Attributes:
        positions: shape (n,).
        candidates: shape (n, 50), ids, rising.
        probabilities: shape (n, 50).
    """

    positions: NDArray[np.int64]
    candidates: NDArray[np.int64]
    probabilities: Floats


def kinds(engine: EmbeddedEngine) -> list[Text]:
    """Return texts of about a hundred tokens, the kinds by turns."""
    code = [row["canonical_solution"] for row in rows("corpora/humaneval.jsonl.gz")]
    models = rows("machine_text/gpt_pairs_three_domains.jsonl.gz")
    posts = [" ".join(row["tokens"]) for row in rows("pii/wnut17_entities.jsonl.gz")]
    foreign = [post for post in posts if sum(ord(sign) > 0x7F for sign in post) > 3]
    some = {
        "prose": prose(2 * EACH, 700, 800, seed=3),
        "code": ["\n".join(random.Random(n).sample(code, 6)) for n in range(2 * EACH)],
        "one sentence over and over": [
            f"{text[:80]} " * 12 for text in prose(2 * EACH, 90, 100, seed=4)
        ],
        "beyond ASCII": [" ".join(random.Random(n).sample(foreign, 8)) for n in range(2 * EACH)],
        "other models": [row["machine"][:900] for row in models[: 3 * EACH]],
    }
    found: dict[str, list[Text]] = {kind: [] for kind in some}
    for kind, texts in some.items():
        for text in texts:
            placed = engine.tokens(text)[:TOKENS]
            if len(placed) > TOKENS // 2 and len(found[kind]) < EACH:
                common = common_places(text, [(item.start, item.end) for item in placed], WIDTH)
                found[kind].append(Text(kind, [item.id for item in placed], common))
    return [text for group in zip(*found.values(), strict=False) for text in group]


def free(text: Text, number: int) -> Values:
    """Read without a model."""
    evidence = Reading([fresh("free", number)], text.tokens, common=text.common).evidence()
    single = p_values(evidence)
    chances = np.random.default_rng([1, number])
    return {
        "no model, one sub-key": single,
        f"no model, one sub-key: {text.kind}": single,
        "=no model, randomised": p_values(evidence, "split", chances.random(single.size)),
        "=gumbel, one sub-key": p_values(evidence, "gumbel"),
        "no model, what users see": np.array([detect(evidence).p_value]),
        "no model, windowed scan": np.array([scanned(evidence)]),
    }


def unknown(text: Text, number: int) -> Values:
    """Read without a model, for a payload that nobody knows."""
    evidence = Reading([fresh("unknown", number)], text.tokens, common=text.common).evidence()
    found = detect(evidence, payload="unknown")
    return {"no model, unknown payload": np.array([found.p_value])}


def aware(text: Text, number: int, model: Distributions) -> Values:
    """Read with the model's fifty likeliest tokens."""
    evidence = modelled(fresh("aware", number), text, model)
    chances = np.random.default_rng([2, number])
    single = p_values(evidence)
    return {
        "model, one sub-key": single,
        f"model, one sub-key: {text.kind}": single,
        "=model, randomised": p_values(evidence, "split", chances.random(single.size)),
        "model, what users see": np.array([detect(evidence).p_value]),
        "model, windowed scan": np.array([scanned(evidence)]),
        "model, unknown payload": np.array([detect(evidence, payload="unknown").p_value])
        if number % 5 == 0
        else np.empty(0),
    }


def modelled(key: EpochKey, text: Text, model: Distributions) -> Evidence:
    """Return what `Reading.observe` gathers, all positions at once: the numbers are the same."""
    bare = Reading([key], text.tokens, common=text.common).evidence()
    own = np.array(text.tokens)[model.positions][:, None]
    every = np.concatenate([own, model.candidates], axis=1)
    contexts = nonces(key, text.tokens, WIDTH)[model.positions - WIDTH]
    # The blocks are the same for all sub-keys.
    blocks = numbers._plain(np.repeat(contexts, every.shape[1], 0), every.ravel() // 4)  # noqa: SLF001 (audited)
    places = np.arange(every.size), every.ravel() % 4
    before = model.candidates < own
    lengths = np.where(model.candidates == own, model.probabilities, 0.0).sum(axis=1)
    shares = np.empty(bare.signed.shape)
    for column, subkey in enumerate(key.subkeys):
        raw = np.frombuffer(numbers._encrypted(subkey, blocks), dtype=">u4").reshape(-1, 4)  # noqa: SLF001 (audited)
        table = raw[places].astype(np.uint32).reshape(every.shape)
        mine, others = table[:, :1], table[:, 1:]
        lower = (others < mine) | ((others == mine) & before)
        starts = np.einsum("ij,ij->i", model.probabilities, lower)
        shares[:, column] = split._upper_share(starts, starts + lengths)  # noqa: SLF001 (audited)
    upper = np.signbit(bare.signed) == (bare.uniform < 0.5)
    return replace(bare, signed=np.where(upper, 2 * shares - 1, 1 - 2 * shares), exact=True)


def check(text: Text, model: Distributions) -> None:
    """Hold `modelled` to what a reading gathers position by position; ends the program else."""
    key = fresh("check", 0)
    reading = Reading([key], text.tokens, common=text.common)
    for at, ids, chances in zip(
        model.positions.tolist(), model.candidates, model.probabilities, strict=True
    ):
        reading.observe(at, ids, chances)
    expected, found = reading.evidence(), modelled(key, text, model)
    np.testing.assert_allclose(found.signed, expected.signed, atol=1e-12)
    assert (found.positions == expected.positions).all()


def scanned(evidence: Evidence) -> float:
    """Return the p-value of the best stretch."""
    rises = best_rises(gains(evidence, evidence.signed, "split"))
    return scan_p_value(float(rises.max()), evidence.positions.size, rises.size)


def fresh(label: str, number: int) -> EpochKey:
    """Return a key that no other pair has."""
    return epoch_key(MASTER, label, number)


def read_all(engine: EmbeddedEngine, texts: list[Text], whole: int) -> list[Distributions]:
    """Read each text with the model; try some keys with the whole vocabulary as it goes along."""
    path = KEPT / "distributions.npz"
    if not path.is_file():
        asyncio.run(_read_all(engine, texts, whole, path))
    with np.load(path) as kept:
        found = []
        for n in range(len(texts)):
            p = kept[f"p{n}"].astype(np.float64)
            found.append(
                Distributions(kept[f"at{n}"], kept[f"ids{n}"], p / p.sum(axis=1, keepdims=True))
            )
    return found


async def _read_all(engine: EmbeddedEngine, texts: list[Text], whole: int, path: Any) -> None:  # noqa: ANN401 (a path)
    arrays: dict[str, NDArray[Any]] = {}
    counts: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        keys = [fresh("whole", number * whole + each) for each in range(whole)]
        # One sub-key each: a fresh key costs as much as another sub-key, and says more.
        readings = [
            Reading([replace(key, subkeys=key.subkeys[:1])], text.tokens, common=text.common)
            for key in keys
        ]
        wanted = dict.fromkeys(readings[0].positions.tolist())
        ids, chances = [], []

        def visit(at: int, logits: Any) -> None:  # noqa: ANN401 (an engine's row)
            if at not in wanted:  # noqa: B023 (called inside this turn only)
                return
            few, all_ = distribution(logits, FIFTY), distribution(logits, Sampling())
            ids.append(few.tokens)  # noqa: B023 (as above)
            chances.append(few.probabilities)  # noqa: B023 (as above)
            for reading in readings:  # noqa: B023 (as above)
                reading.observe(at, all_.tokens, all_.probabilities)

        await engine.read(text.tokens, visit)
        arrays |= {f"at{number}": readings[0].positions, f"ids{number}": np.array(ids)}
        arrays[f"p{number}"] = np.array(chances, dtype=np.float32)
        uniforms = np.random.default_rng([3, number])
        for reading in readings:
            evidence = reading.evidence()
            add(counts, "model, whole vocabulary", p_values(evidence))
            random_ = p_values(evidence, "split", uniforms.random(1))
            add(counts, "=model, whole vocabulary, randomised", random_)
    (KEPT / "whole.json").write_text(json.dumps(counts))
    np.savez(path, **arrays)


def add(counts: dict[str, list[int]], name: str, values: Floats) -> None:
    """Count p-values: how many, and how many at or below each level."""
    own = counts.setdefault(name, [0] * (1 + len(LEVELS)))
    found = [values.size, *(int((values <= level).sum()) for level in LEVELS)]
    counts[name] = [a + b for a, b in zip(own, found, strict=True)]


def counted(label: str, pairs: int, values: Callable[[int], Values]) -> dict[str, list[int]]:
    """Count the p-values of many pairs, piece by piece; pieces that were counted are kept."""
    total: dict[str, list[int]] = {}
    for start in range(0, pairs, PIECE):
        path = KEPT / f"{label}-{start}.json"
        if not path.is_file():
            own: dict[str, list[int]] = {}
            for number in range(start, start + PIECE):
                for name, some in values(number).items():
                    add(own, name, some)
            path.write_text(json.dumps(own))
        merge(total, json.loads(path.read_text()))
    return total


def merge(total: dict[str, list[int]], own: dict[str, list[int]]) -> None:
    """Add counts to others."""
    for name, found in own.items():
        before = total.get(name, [0] * len(found))
        total[name] = [a + b for a, b in zip(before, found, strict=True)]


def transformers_values() -> Callable[[Text, int], Values]:
    """Return how transformers' detector of the green list, its defaults, reads a text."""
    import torch  # noqa: PLC0415 (after what needs no torch)
    from transformers import (  # noqa: PLC0415 (as above)
        LlamaConfig,
        WatermarkDetector,
        WatermarkingConfig,
    )

    torch.set_num_threads(1)
    shape = LlamaConfig(vocab_size=49_152, bos_token_id=1)

    def values(text: Text, number: int) -> Values:
        hashing = int.from_bytes(fresh("peer", number).context[:4], "big")
        config = WatermarkingConfig(hashing_key=hashing)
        detector = WatermarkDetector(model_config=shape, device="cpu", watermarking_config=config)
        found = detector(torch.tensor([text.tokens]), return_dict=True)
        value = np.asarray(found.p_value, dtype=np.float64)
        name = "transformers' WatermarkDetector"
        return {name: value, f"{name}: {text.kind}": value}

    return values


def table(counts: dict[str, list[int]]) -> Iterator[str]:
    """Yield the table's rows: rates in units of the level, with 99 % limits."""
    for name, (n, *found) in counts.items():
        exact = name.startswith("=")
        cells = [name.removeprefix("="), f"{n:,}"]
        for level, hits in zip(LEVELS, found, strict=True):
            limits = clopper_pearson(hits, n, 0.99)
            held = limits.low <= level and (level <= limits.high or not exact)
            told = f"{limits.value / level:.3f} ({limits.low / level:.3f} to "
            cells.append(f"{told}{limits.high / level:.3f}){'' if held else ' **not held**'}")
        yield f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, and write the section."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=100_000)
    options.add_argument("--aware", type=int, default=100_000)
    options.add_argument("--unknown", type=int, default=20_000)
    options.add_argument("--whole", type=int, default=10, help="keys a text")
    options.add_argument("--peer", type=int, default=5_000)
    asked = options.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    engine = EmbeddedEngine()
    try:
        texts = kinds(engine)
        models = read_all(engine, texts, asked.whole)
    finally:
        asyncio.run(engine.aclose())

    def text(number: int) -> Text:
        return texts[number % len(texts)]

    check(texts[0], models[0])
    counts = counted("free", asked.pairs, lambda n: free(text(n), n))
    merge(
        counts,
        counted("aware", asked.aware, lambda n: aware(text(n), n, models[n % len(models)])),
    )
    merge(counts, json.loads((KEPT / "whole.json").read_text()))
    merge(counts, counted("unknown", asked.unknown, lambda n: unknown(text(n), n)))
    if asked.peer:
        peer = transformers_values()
        merge(counts, counted("peer", asked.peer, lambda n: peer(text(n), n)))
    record(
        "Watermark: null",
        [
            f"{len(texts)} texts of five kinds; {asked.pairs:,} pairs of a text and a fresh key",
            f"without a model, {asked.aware:,} with the embedded model's fifty likeliest tokens,",
            f"{asked.whole * len(texts):,} with its whole vocabulary. Each sub-key is a test of",
            "its own; what users see is after all sixteen. Rates are given in units of the level,",
            "with Clopper-Pearson limits at 99 %. A p-value holds its level where the lower limit",
            "is at most 1; those of gumbel and the randomised ones are exact and hold it where 1",
            "lies between both.",
            "",
            "| p-value | n | at 0.01 | at 0.001 |",
            "|---|---:|---|---|",
            *table(counts),
        ],
    )


if __name__ == "__main__":
    main()
