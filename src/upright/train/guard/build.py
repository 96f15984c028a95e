"""From labelled texts to a folder that a guard opens."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from upright.guard.legible import legible
from upright.guard.model.heads import HEADS
from upright.guard.model.reader import Reader
from upright.terms import UprightError
from upright.train.guard.calibrate import calibrated, neutral_facts
from upright.train.guard.card import write_card
from upright.train.guard.corpora import COLLECTIONS, read_corpora, read_ordinary, split_of
from upright.train.guard.examples import Example, read_examples
from upright.train.guard.export import export
from upright.train.guard.figures import figures
from upright.train.guard.fit import Recipe, fit
from upright.train.guard.gate import fit_gate
from upright.train.guard.sentences import sentences
from upright.weights.guard import FACTS, MODEL, TOKENIZER, GuardWeights

_FEWEST = 50
_LIBRARIES = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "numpy")
Progress = Callable[[int, int, float], None]


def build(
    data: Sequence[Path],
    base: Path,
    output: Path,
    recipe: Recipe,
    progress: Progress,
    *,
    start: GuardWeights | None = None,
) -> dict[str, Any]:
    """Train a guard model and write it.

    Args:
        data: files of labelled lines, or folders that hold the known public collections.
        base: folder of the encoder to start from.
        output: folder to write; a mixture of old and new files is refused when it is opened.
        recipe: how the network is fitted.
        progress: is told the step, the number of steps and the mean loss so far.
        start: a guard to go on from; the base is the one that it was trained from.

    Returns:
        The facts that stand beside the model.

    Raises:
        UprightError: for data that cannot be read, or too little of it, or a base that is none.
    """
    _check(base)
    examples = [_legible(example) for example in _examples(data)]
    fitted = [example for example in examples if _side(example) == "train"]
    held = [example for example in examples if _side(example) == "held"]
    if len(fitted) < _FEWEST or not held:
        raise UprightError(
            f"{len(fitted)} examples to fit and {len(held)} to calibrate are too few",
            mend="give more labelled lines with --data",
        )
    output.mkdir(parents=True, exist_ok=True)
    new = output / f"{MODEL}.new"
    begun = start.digest if start else None
    told = hashlib.sha256(repr((recipe, begun, _digest(fitted))).encode()).hexdigest()[:16]
    checkpoint = output / f"fit-{told}.checkpoint"
    model = fit(base, fitted, recipe, progress, checkpoint, start=start)
    export(model, new)
    tokenizer = (base / "tokenizer.json").read_text(encoding="utf-8")
    raw = new.read_bytes()
    reader = Reader(GuardWeights(raw, tokenizer, neutral_facts(), "sha256:new"))
    facts = calibrated(reader, held)
    reader = Reader(GuardWeights(raw, tokenizer, facts, "sha256:new"))
    seen = [example.text for example in fitted] + _ordinary(data)
    facts["gate"] = fit_gate(reader, seen, [example.text for example in held], model.words())
    facts |= _told(recipe, examples, fitted, raw, tokenizer) | {"start": begun}
    facts["held"] = figures(reader, held, facts["thresholds"])
    new.replace(output / MODEL)
    (output / TOKENIZER).write_text(tokenizer, encoding="utf-8")
    (output / FACTS).write_text(
        json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    write_card(facts, output / "CARD.md")
    return facts


def _check(base: Path) -> None:
    """Refuse a folder without an encoder, which else would be looked for by its name elsewhere."""
    for name in ("config.json", "tokenizer.json"):
        if not (base / name).is_file():
            raise UprightError(
                f"{base}: there is no {name}", mend="give a folder with a BERT model as --base"
            )


def _examples(data: Sequence[Path]) -> Iterator[Example]:
    for path in data:
        if not path.exists():
            raise UprightError(f"{path}: there is no such file or folder", mend="check --data")
        if path.is_file():
            yield from read_examples(path)
        elif any((path / name).exists() for name in COLLECTIONS):
            yield from read_corpora(path)
        else:
            raise UprightError(
                f"{path}: none of the known collections lies there",
                mend=f"give a file of labelled lines, or a folder with {COLLECTIONS[0]} or others",
            )
    yield from sentences("train")
    yield from sentences("test")


def _ordinary(data: Sequence[Path]) -> list[str]:
    return [legible(text).text for path in data if path.is_dir() for text in read_ordinary(path)]


def _side(example: Example) -> str:
    """Return `train` or `held`; of our own test templates every second is held back."""
    if example.group.startswith("train:"):
        return "train"
    if example.group.startswith("test:"):
        return "held" if hashlib.sha256(example.group.encode()).digest()[0] % 2 else "train"
    return split_of(example)


def _legible(example: Example) -> Example:
    """Return the example as a guard will see it; marks are kept where the text has not changed."""
    form = legible(example.text)
    if form.text == example.text:
        return example
    return Example(
        form.text,
        example.labels,
        example.context,
        example.targets,
        None,
        example.source,
        example.group,
    )


def _told(
    recipe: Recipe, examples: Sequence[Example], fitted: Sequence[Example], raw: bytes, words: str
) -> dict[str, Any]:
    return {
        "recipe": asdict(recipe),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "examples": _digest(examples),
        "fitted": len(fitted),
        "sources": dict(sorted(Counter(example.source for example in examples).items())),
        "labels": {head: sum(head in example.labels for example in fitted) for head in HEADS},
        "sha256": {
            MODEL: hashlib.sha256(raw).hexdigest(),
            TOKENIZER: hashlib.sha256(words.encode()).hexdigest(),
        },
    }


def _digest(examples: Iterable[Example]) -> str:
    state = hashlib.sha256()
    for example in examples:
        told = [example.text, sorted(example.labels.items()), example.context]
        state.update(json.dumps(told, ensure_ascii=True).encode() + b"\n")
    return f"sha256:{state.hexdigest()}"
