"""Texts in other words of the embedded instruction model, without a mark, written once and kept."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from _peers import CACHE

from upright.generate import Job, Message, Sampling
from upright.generate.embedded import EmbeddedEngine

ASK = (
    "Rewrite the following text in your own words. Keep its meaning and its length, change the "
    "wording of every sentence, and write nothing else.\n\n"
)
AT_ONCE = 8
MOST_TOKENS = 256


def paraphrases(texts: Sequence[str]) -> list[str]:
    """Return each text as the model rewrites it, at temperature 0.7, seed by the text."""
    path = CACHE / "paraphrases.jsonl"
    known = _known(path)
    missing = [text for text in dict.fromkeys(texts) if _digest(text) not in known]
    if missing:
        asyncio.run(_write(missing, path))
        known = _known(path)
    return [known[_digest(text)] for text in texts]


def _digest(text: str) -> str:
    return hashlib.sha256((ASK + text).encode()).hexdigest()


def _known(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row["digest"]: row["text"] for row in map(json.loads, lines)}


async def _write(texts: Sequence[str], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = EmbeddedEngine()
    try:
        with path.open("a", encoding="utf-8") as file:
            for start in range(0, len(texts), AT_ONCE):
                group = texts[start : start + AT_ONCE]
                written = await asyncio.gather(*(_one(engine, text) for text in group))
                for text, other in zip(group, written, strict=True):
                    file.write(json.dumps({"digest": _digest(text), "text": other}) + "\n")
                file.flush()
    finally:
        await engine.aclose()


async def _one(engine: EmbeddedEngine, text: str) -> str:
    seed = int(_digest(text)[:6], 16)
    sampling = Sampling(temperature=0.7, top_p=0.9, max_tokens=MOST_TOKENS, seed=seed)
    job = Job(sampling, messages=[Message("user", ASK + text)])
    return "".join([piece.text async for piece in engine.stream(job)])
