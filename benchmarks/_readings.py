"""Readings of the texts of `_generations.py` with the embedded model, made once and kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from _generations import generations, key
from _peers import CACHE
from numpy.typing import NDArray

from upright.generate import Sampling, Token
from upright.generate.embedded import EmbeddedEngine
from upright.generate.sampler import distribution, entropy
from upright.watermark import WIDTH, Evidence, Reading, common_places

PLAIN = Sampling(temperature=1.0)


@dataclass(frozen=True)
class Read:
    """One text as the model reads it.

    Attributes:
        number: of the text, its prompt, key and payload.
        tokens: of its text, not those that were drawn.
        evidence: of all contexts that stand there for the first time, common phrases too.
        common: shape (n,), Boolean: the scored token ends a common phrase.
        entropy: shape (n,), nats, of the model's distribution there.
    """

    number: int
    tokens: list[int]
    evidence: Evidence
    common: NDArray[np.bool_]
    entropy: NDArray[np.float64]


def readings(kind: str, count: int, length: int, *, prompt: bool) -> list[Read]:
    """Return the readings of the first texts of one kind, with or without their prompts."""
    folder = CACHE / "readings"
    folder.mkdir(parents=True, exist_ok=True)
    texts = generations(kind, count, length)
    names = [folder / f"{kind}-{length}-{text['number']}-{prompt:d}.npz" for text in texts]
    missing = [(text, name) for text, name in zip(texts, names, strict=True) if not name.is_file()]
    if missing:
        asyncio.run(_read(missing, prompt=prompt))
    return [_known(text["number"], name) for text, name in zip(texts, names, strict=True)]


async def _read(missing: list[tuple[dict[str, Any], Any]], *, prompt: bool) -> None:
    engine = EmbeddedEngine()
    try:
        for text, name in missing:
            placed = engine.tokens(text["text"])
            before = engine.tokens(text["prompt"]) if prompt else []
            reading, entropies = await _one(engine, text["number"], placed, before)
            evidence = reading.evidence()
            places = [(token.start, token.end) for token in placed]
            common = common_places(text["text"], places, WIDTH)
            np.savez_compressed(
                name,
                tokens=[token.id for token in placed],
                positions=evidence.positions,
                signed=evidence.signed,
                uniform=evidence.uniform,
                places=evidence.places.astype(np.int8),
                common=[int(at) in common for at in evidence.positions],
                entropy=[entropies[int(at)] for at in evidence.positions],
            )
    finally:
        await engine.aclose()


async def _one(
    engine: EmbeddedEngine, number: int, placed: list[Token], before: list[Token]
) -> tuple[Reading, dict[int, float]]:
    tokens = [token.id for token in placed]
    reading = Reading([key(number)], tokens)
    wanted = set(reading.positions.tolist())
    entropies: dict[int, float] = {}

    def visit(at: int, logits: Any) -> None:  # noqa: ANN401 (an engine's row)
        if at in wanted:
            chances = distribution(logits, PLAIN)
            reading.observe(at, chances.tokens, chances.probabilities)
            entropies[at] = entropy(logits)

    await engine.read(tokens, visit, after=[token.id for token in before])
    return reading, entropies


def _known(number: int, name: Any) -> Read:  # noqa: ANN401 (a path)
    with np.load(name) as kept:
        evidence = Evidence(
            tests=Reading([key(number)], []).tests,
            positions=kept["positions"],
            signed=kept["signed"].reshape(kept["positions"].size, -1),
            uniform=kept["uniform"],
            places=kept["places"].astype(np.int64),
            exact=bool(kept["positions"].size),
        )
        common = kept["common"].astype(np.bool_)
        return Read(number, kept["tokens"].tolist(), evidence, common, kept["entropy"])


def without(evidence: Evidence, left_out: NDArray[np.bool_]) -> Evidence:
    """Return evidence without some of its tokens."""
    kept = ~left_out
    return replace(
        evidence,
        positions=evidence.positions[kept],
        signed=evidence.signed[kept],
        uniform=evidence.uniform[kept],
        places=evidence.places[kept],
    )
