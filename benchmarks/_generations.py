"""Texts of the embedded model, marked in different ways, written once and kept.

Each is a line of JSON: prompt, tokens, text, and the log-probabilities that the unmarked model
gives the drawn tokens. The folder is that of the other projects' environments.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _data import prose
from _peers import CACHE
from numpy.typing import NDArray

from upright.generate import Job, Sampling, draws
from upright.generate.embedded import EmbeddedEngine
from upright.watermark import EpochKey, Mark, Marker, epoch_key

KEYS = 8
AT_ONCE = 8
KGW_DELTA, KGW_WIDTH = 2.0, 1


def key(number: int) -> EpochKey:
    """Return one of the keys of the benchmarks; nobody's."""
    return epoch_key(hashlib.sha256(b"benchmark").digest(), "benchmark", number % KEYS)


def prompts(count: int) -> list[str]:
    """Return beginnings of passages of books, about twenty words each."""
    return [passage.rsplit(" ", 1)[0] for passage in prose(count, 100, 140, seed=11)]


class KGW:
    """The list of Kirchenbauer et al. 2023: half of the vocabulary by count is made likelier.

    Stands where a `Marker` does.
    """

    def __init__(self, mark: Mark, subkey: int) -> None:
        del subkey
        self._seed = int.from_bytes(mark.key.context[:8], "big")

    def greens(self, before: Sequence[int], size: int) -> NDArray[np.bool_]:
        """Return which tokens are green after some tokens."""
        numbers = np.random.default_rng([self._seed, *before[-KGW_WIDTH:]])
        green = np.zeros(size, dtype=np.bool_)
        green[numbers.permutation(size)[: size // 2]] = True
        return green

    def draw(
        self,
        tokens: NDArray[np.int64],
        probabilities: NDArray[np.float64],
        drawn: Sequence[int],
        uniform: float,
    ) -> int | None:
        """Draw from the distribution with the green half made likelier."""
        if len(drawn) < KGW_WIDTH:
            return None
        green = self.greens(drawn, int(tokens[-1]) + 1)[tokens]
        weights = probabilities * np.exp(KGW_DELTA * green)
        edges = np.cumsum(weights)
        return int(np.searchsorted(edges, uniform * edges[-1], side="right"))


def generations(kind: str, count: int, length: int) -> list[dict[str, Any]]:
    """Return texts of one kind, writing those that are not there yet.

    Args:
        kind: `none`, `split`, `gumbel`, `payload` or `kgw`.
        count: how many.
        length: tokens of each.
    """
    folder = CACHE / "generations"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{length}.jsonl"
    known = list(_read(path))
    if len(known) < count:
        asyncio.run(_write(kind, length, path, range(len(known), count)))
        known = list(_read(path))
    return known[:count]


def _read(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


async def _write(kind: str, length: int, path: Path, numbers: Sequence[int]) -> None:
    engine = EmbeddedEngine()
    texts = prompts(numbers[-1] + 1)
    try:
        with path.open("a", encoding="utf-8") as file:
            for start in range(0, len(numbers), AT_ONCE):
                group = [
                    _one(engine, kind, number, texts[number], length)
                    for number in numbers[start : start + AT_ONCE]
                ]
                for written in await asyncio.gather(*group):
                    file.write(json.dumps(written) + "\n")
                file.flush()
    finally:
        await engine.aclose()


async def _one(
    engine: EmbeddedEngine, kind: str, number: int, prompt: str, length: int
) -> dict[str, Any]:
    # The benchmark's own list stands in for the marker of upright while its texts are drawn.
    draws.Marker = KGW if kind == "kgw" else Marker  # type: ignore[misc, assignment]
    mark = None
    if kind != "none":
        scheme = "gumbel" if kind == "gumbel" else "split"
        payload = (number * 40_503) % 65_536 if kind == "payload" else None
        mark = Mark(key(number), scheme, payload=payload)
    sampling = Sampling(temperature=1.0, max_tokens=length, seed=1_000 + number)
    text, tokens, logs = "", [], []
    job = Job(sampling, prompt=prompt, mark=mark, logprobs=0)
    async for piece in engine.stream(job):
        text += piece.text
        tokens += piece.tokens
        logs += [item.logprob for item in piece.logprobs]
    return {"number": number, "prompt": prompt, "text": text, "tokens": tokens, "logprobs": logs}
