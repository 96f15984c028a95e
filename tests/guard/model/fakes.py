"""Readers of the guard model whose answers follow from the stretch alone, and a tiny model."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path

from upright.guard.legible import legible
from upright.guard.model.heads import CONTEXTS, HEADS, OUTPUTS, TARGETS
from upright.guard.model.reader import Part, Reading
from upright.guard.windows import windows
from upright.weights.guard import FACTS, MODEL, TOKENIZER

WORDS = ("the", "tide", "was", "low", "you", "are", "vile", "quiet", "harbour", ".", ",", "[UNK]")


def facts(threshold: float = 0.5) -> dict:
    """Return facts in which no head is scaled."""
    return {
        "calibration": {head: {"slope": 1.0, "shift": 0.0} for head in HEADS},
        "thresholds": dict.fromkeys(HEADS, threshold),
    }


def reading(
    *,
    heads: dict[str, float] | None = None,
    context: str = "plain",
    target: str | None = None,
    marks: Sequence[tuple[int, int, float]] = (),
) -> Reading:
    """Return a reading that says one thing clearly."""
    said = heads or {}
    return Reading(
        tuple(said.get(head, 0.0) for head in HEADS),
        tuple(0.9 if name == context else 0.1 / (len(CONTEXTS) - 1) for name in CONTEXTS),
        tuple(0.9 if name == target else 0.0 for name in TARGETS),
        tuple(marks),
    )


class _FakeReader:
    """Cuts and reads as a reader does; what it says of a stretch is for its kinds to know."""

    version = "fake"

    def __init__(self, threshold: float = 0.5) -> None:
        self.facts = facts(threshold)

    def parts(self, text: str, *, gated: bool = True) -> tuple[Part, ...]:
        places = windows(text)
        forms = [legible(text[place.start : place.end]) for place in places]
        return tuple(map(Part, places, forms, self.read([form.text for form in forms])))

    def read(self, stretches: Sequence[str], *, gated: bool = False) -> list[Reading]:
        return [self.one(stretch) for stretch in stretches]

    def one(self, stretch: str) -> Reading:
        raise NotImplementedError


class HashReader(_FakeReader):
    """Says of each stretch what a digest of it says: anything, and always the same."""

    def one(self, stretch: str) -> Reading:
        draw = random.Random(hashlib.sha256(stretch.encode("utf-8", "surrogatepass")).digest())
        weights = [draw.random() ** 4 for _ in CONTEXTS]
        edges = sorted(draw.sample(range(len(stretch) + 1), min(len(stretch) + 1, 8)))
        return Reading(
            tuple(draw.random() for _ in HEADS),
            tuple(weight / sum(weights) for weight in weights),
            tuple(draw.random() for _ in TARGETS),
            tuple(
                (start, end, draw.random())
                for start, end in zip(edges[::2], edges[1::2], strict=False)
                if start < end
            ),
        )


class FixedReader(_FakeReader):
    """Says the same of every stretch, and keeps what it was asked."""

    def __init__(self, answer: Reading, threshold: float = 0.5) -> None:
        super().__init__(threshold)
        self.asked: list[str] = []
        self._answer = answer

    def one(self, stretch: str) -> Reading:
        self.asked.append(stretch)
        return self._answer


def write_tiny_model(folder: Path, seed: int = 1) -> Path:
    """Write a model of three files that averages one row of numbers for each token."""
    import numpy as np  # noqa: PLC0415 (an extra)
    import onnx  # noqa: PLC0415 (an extra)
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415 (an extra)
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415 (an extra)

    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(len(WORDS), OUTPUTS)).astype(np.float32)
    marks = draw.normal(size=len(WORDS)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["rows", "ids"], ["found"], axis=0),
            helper.make_node("ReduceMean", ["found"], ["whole"], axes=[1], keepdims=0),
            helper.make_node("Gather", ["marks", "ids"], ["tokens"], axis=0),
        ],
        "tiny",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "t"])],
        [
            helper.make_tensor_value_info("whole", TensorProto.FLOAT, [1, OUTPUTS]),
            helper.make_tensor_value_info("tokens", TensorProto.FLOAT, [1, "t"]),
        ],
        [numpy_helper.from_array(rows, "rows"), numpy_helper.from_array(marks, "marks")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    raw, words = model.SerializeToString(), tokenizer.to_str()
    told = facts() | {
        "sha256": {
            MODEL: hashlib.sha256(raw).hexdigest(),
            TOKENIZER: hashlib.sha256(words.encode()).hexdigest(),
        }
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(raw)
    (folder / TOKENIZER).write_text(words, encoding="utf-8")
    (folder / FACTS).write_text(json.dumps(told), encoding="utf-8")
    return folder
