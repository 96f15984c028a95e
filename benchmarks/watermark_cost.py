"""What the mark costs: one step, its share of writing, and reading a text for it.

Times are processor time of one thread, so that what else the machine does counts little; figures
are ratios. transformers' and MarkLLM's processors only change logits: their softmax and draw come
on top. MarkLLM's release has KGW and not yet its unbiased scheme; it is installed without what else
it asks for, since its processor needs torch and transformers alone.

python benchmarks/watermark_cost.py
"""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from _peers import CACHE
from _results import record

from upright.generate import Job, Message, Sampling, decode
from upright.generate.draws import Draws
from upright.generate.embedded import EmbeddedEngine
from upright.generate.sampler import Distribution, Logits, distribution, draw
from upright.generate.threads import cores
from upright.watermark import Mark, Marker, Reading, detect, epoch_key

MARKLLM = "0.1.5"
VOCABULARY = 49_152
STEPS = 300
TOKENS = 120
ROUNDS = 3
LONG = 20_000
ASKED_STEP = 0.3e-3
ASKED_SHARE = 0.02
ASKED_FREE = 50_000
STORY = "Tell me a story about a dragon that lives in a castle by the sea."
KEY = epoch_key(hashlib.sha256(b"cost").digest(), "benchmark")


def median(step: Callable[[int], object], count: int = STEPS) -> float:
    """Return the median processor time of a step, in seconds, after some that warm up."""
    times = []
    for number in range(count + 20):
        begin = time.thread_time()
        step(number)
        times.append(time.thread_time() - begin)
    return statistics.median(times[20:])


def steps() -> list[str]:
    """Compare one step over the whole vocabulary, and one after top-p."""
    logits = (3 * np.random.default_rng(1).normal(size=VOCABULARY)).astype(np.float32)
    whole, cut = (distribution(logits, Sampling(top_p=top_p)) for top_p in (1.0, 0.95))
    plain = median(lambda _: draw(whole, 0.37))
    found = {"our draw without a mark": plain}
    for scheme in ("split", "gumbel"):
        for name, chances in (("whole vocabulary", whole), ("after top-p 0.95", cut)):
            marker = Marker(Mark(KEY, scheme), 3)
            found[f"{scheme}, {name}, {chances.tokens.size} words"] = median(
                lambda number, marker=marker, chances=chances: marker.draw(
                    chances.tokens, chances.probabilities, [7, 7, 7, number], 0.37
                )
            )
    found |= _of_transformers(logits) | _of_markllm(logits)
    worst = max(value for name, value in found.items() if name.startswith(("split", "gumbel")))
    return [
        f"One step at a vocabulary of {VOCABULARY:,}, against the asked 0.3 ms:",
        f"{_verdict(worst, ASKED_STEP)}, {worst / ASKED_STEP:.2f} of it at worst.",
        "",
        "| step | times our draw without a mark |",
        "|---|---:|",
        *(f"| {name} | {value / plain:.1f} |" for name, value in found.items()),
    ]


def _of_transformers(logits: Logits) -> dict[str, float]:
    import torch  # noqa: PLC0415 (the other figures do without)
    from transformers import (  # noqa: PLC0415 (as above)
        SynthIDTextWatermarkLogitsProcessor,
        WatermarkLogitsProcessor,
    )

    torch.set_num_threads(1)
    scores = torch.tensor(logits)[None]
    green = WatermarkLogitsProcessor(VOCABULARY, "cpu")
    synth = SynthIDTextWatermarkLogitsProcessor(
        ngram_len=5,
        keys=list(range(2, 32)),
        sampling_table_size=2**16,
        sampling_table_seed=0,
        context_history_size=1024,
        device="cpu",
    )

    def ids(number: int) -> Any:  # noqa: ANN401 (torch is imported above)
        return torch.tensor([[5, 6, 7, 8, number % VOCABULARY]])

    # Both write into the scores they are given.
    return {
        "transformers' WatermarkLogitsProcessor": median(
            lambda number: green(ids(number), scores.clone()), 60
        ),
        "transformers' SynthIDTextWatermarkLogitsProcessor": median(
            lambda number: synth(ids(number), scores.clone()), 60
        ),
    }


def _of_markllm(logits: Logits) -> dict[str, float]:
    folder = CACHE / f"markllm-{MARKLLM}"
    if not (folder / "markllm").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
        subprocess.run([*pip, f"markllm=={MARKLLM}"], check=True)
    sys.path.append(str(folder))
    import torch  # noqa: PLC0415 (as above)
    from markllm.utils.transformers_config import TransformersConfig  # noqa: PLC0415 (as above)
    from markllm.watermark.kgw import KGW  # noqa: PLC0415 (as above)

    model = TransformersConfig(model=None, tokenizer=None, vocab_size=VOCABULARY, device="cpu")
    mark = KGW(str(folder / "markllm" / "config" / "KGW.json"), model).logits_processor
    scores = torch.tensor(logits)[None]

    def step(number: int) -> object:
        return mark(torch.tensor([[5, 6, 7, 8, number % VOCABULARY]]), scores.clone())

    return {f"MarkLLM {MARKLLM}, KGW": median(step, 60)}


class TimedDraws(Draws):
    """Adds up the time of draws from a distribution, all else of a step left out."""

    spent = 0.0
    drawn = 0

    def _next(self, chances: Distribution) -> int:
        begin = time.thread_time()
        token = super()._next(chances)
        TimedDraws.spent += time.thread_time() - begin
        TimedDraws.drawn += 1
        return token


async def share(engine: EmbeddedEngine) -> list[str]:
    """Compare draws with and without a mark as shares of writing, alone and eight at once."""
    lines, worst = [], 0.0
    decode.Draws = TimedDraws  # type: ignore[misc]
    creative = Sampling(0.9, 0, 0.95, 1.1)
    for sampling, name in ((Sampling(), "temperature 1"), (creative, "creative")):
        for jobs in (1, 8):
            plain, marked = 0.0, 0.0
            for number in range(ROUNDS):
                plain += await _share(engine, sampling, jobs, number, None) / ROUNDS
                marked += await _share(engine, sampling, jobs, number, Mark(KEY)) / ROUNDS
            worst = max(worst, marked - plain)
            lines.append(
                f"| {name} | {jobs} | {plain:.1%} | {marked:.1%} | {marked - plain:+.1%} |"
            )
    decode.Draws = Draws  # type: ignore[misc]
    return [
        "What draws take of the time of writing with the embedded model, against the asked 2 % for",
        f"the mark: {_verdict(worst, ASKED_SHARE)}, {worst:.1%} at worst.",
        f"Means of {ROUNDS} rounds of {TOKENS} words.",
        "",
        "| sampling | at once | without a mark | with it | difference |",
        "|---|---:|---:|---:|---:|",
        *lines,
    ]


async def _share(
    engine: EmbeddedEngine, sampling: Sampling, jobs: int, number: int, mark: Mark | None
) -> float:
    TimedDraws.spent, TimedDraws.drawn = 0.0, 0
    begin = time.process_time()
    seeds = range(jobs * number, jobs * number + jobs)
    await asyncio.gather(*[_written(engine, sampling, seed, mark) for seed in seeds])
    # The model computes on all cores; a draw holds all of them up.
    return TimedDraws.spent / ((time.process_time() - begin) / cores())


async def _written(
    engine: EmbeddedEngine, sampling: Sampling, seed: int, mark: Mark | None
) -> list[int]:
    asked = Sampling(
        sampling.temperature,
        sampling.top_k,
        sampling.top_p,
        sampling.repetition_penalty,
        TOKENS,
        seed,
    )
    job = Job(asked, messages=(Message("user", STORY),), mark=mark)
    return [token async for piece in engine.stream(job) for token in piece.tokens]


async def reading(engine: EmbeddedEngine) -> list[str]:
    """Measure the reading of tokens, without and with the model."""
    tokens = np.random.default_rng(3).integers(0, VOCABULARY, LONG).tolist()
    begin = time.thread_time()
    detect(Reading([KEY], tokens).evidence())
    free = LONG / (time.thread_time() - begin)
    few = tokens[:200]
    aware = Reading([KEY], few)
    spent = 0.0

    def visit(at: int, logits: Logits) -> None:
        nonlocal spent
        begin = time.thread_time()
        chances = distribution(logits, Sampling())
        aware.observe(at, chances.tokens, chances.probabilities)
        spent += time.thread_time() - begin

    begin = time.process_time()
    await engine.read(few, visit)
    whole = time.process_time() - begin
    return [
        f"Model-free reading of {LONG:,} tokens for all 16 sub-keys, against the asked 50,000",
        f"tokens a second and core: {_verdict(ASKED_FREE, free)}, {free / ASKED_FREE:.2f} of it.",
        "",
        f"Of the processor time of a model-aware reading {spent / whole:.0%} goes into the sixteen",
        "sub-keys and the rest into the model.",
    ]


def _verdict(seen: float, most: float) -> str:
    return "**reached**" if seen <= most else "**not reached**"


async def main() -> None:
    """Measure, and write the section."""
    # Before an engine has threads that wait for work.
    single = steps()
    engine = EmbeddedEngine()
    try:
        await _written(engine, Sampling(), 0, None)
        lines = [*single, "", *await share(engine), "", *await reading(engine)]
    finally:
        await engine.aclose()
    record("Watermark: cost", lines)


if __name__ == "__main__":
    asyncio.run(main())
