"""A short reason in each person's words: drawn, guarded, kept for the next run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from upright.generate.types import Engine, Job, Message, Sampling
from upright.jobs.kept import keep, read_kept
from upright.panel.asking import listing
from upright.panel.personas import Persona
from upright.panel.study import Study
from upright.terms import digest

_FILE = "reasons.jsonl"
_TOKENS = 40


async def reasons(
    engine: Engine,
    study: Study,
    chosen: Sequence[tuple[Persona, str]],
    folder: Path | None,
    advance: Callable[[], None] = lambda: None,
) -> list[str]:
    """Return why each person chose a product, as the model writes it; unguarded.

    Args:
        engine: who writes.
        study: what was asked.
        chosen: people, each with the name of a product.
        folder: where reasons are kept; None keeps none.
        advance: called once for each person.

    Raises:
        EngineError: as `stream`.
        ConfigError: if the file cannot be written, or holds something else.
    """
    path = None if folder is None else folder / _FILE
    known = read_kept(path, "text")
    written = []
    for person, product in chosen:
        job = _job(study, person, product)
        key = digest([engine.name, engine.digest, *(turn.content for turn in job.messages or ())])
        if key not in known:
            pieces = [piece.text async for piece in engine.stream(job) if not piece.choice]
            known[key] = "".join(pieces).strip()
            keep(path, key, {"text": known[key]})
        written.append(known[key])
        advance()
    return written


def _job(study: Study, person: Persona, product: str) -> Job:
    products = listing(study, range(len(study.product)))
    return Job(
        Sampling(temperature=0.7, top_p=0.95, max_tokens=_TOKENS, seed=study.seed + person.number),
        messages=(
            Message("system", f"Speak as the person described. There are:\n{products}"),
            Message(
                "user", f"You are: {person.text}. You chose {product}. Say why in one sentence."
            ),
        ),
    )
