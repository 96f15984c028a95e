"""A short reason in each person's words: drawn, guarded, kept for the next run."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from upright.generate.types import Engine, Job, Message, Sampling
from upright.panel.asking import listing
from upright.panel.personas import Persona
from upright.panel.study import Study
from upright.terms import ConfigError, digest

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
    known = {} if path is None else _read(path)
    written = []
    for person, product in chosen:
        job = _job(study, person, product)
        key = digest([engine.name, engine.digest, *(turn.content for turn in job.messages or ())])
        if key not in known:
            pieces = [piece.text async for piece in engine.stream(job) if not piece.choice]
            known[key] = "".join(pieces).strip()
            if path is not None:
                _keep(path, key, known[key])
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


def _keep(path: Path, key: str, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"key": key, "text": text}) + "\n")
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror}", mend="make room there and run again; it goes on from there"
        ) from None


def _read(path: Path) -> dict[str, str]:
    """Return what is kept; a last line that was cut off by a kill is passed over and closed."""
    if not path.exists():
        return {}
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    known = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            shape = json.loads(line)
            known[str(shape["key"])] = str(shape["text"])
        except (ValueError, KeyError, TypeError):
            raise ConfigError(
                f"{path}:{number}: no reason of a run",
                mend="take the line out; that person is asked again",
            ) from None
    return known
