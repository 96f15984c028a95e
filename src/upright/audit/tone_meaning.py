"""Texts as points of meaning, by the word vectors of the packaged sentence encoder.

Only its table of word vectors is read, so that a text costs a mean and no run of a network: what a
text says of a person is in which words it uses, and near words have near vectors.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from upright.audit.tone_lexicons import lexicons
from upright.audit.tone_mask import Masked
from upright.terms import UprightError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float64]

AXES = (("agency", "communion"), ("standout", "grindstone"), ("positive", "negative"),
        ("certainty", "hedges"), ("competence", "appearance"), ("leadership", "help"))  # fmt: skip
"""Lists of words whose means a text is projected between."""
_TABLE = "embeddings.word_embeddings.weight"


class Meaning:
    """Word vectors of all-MiniLM-L6-v2.

    Args:
        folder: with `model.safetensors` and `tokenizer.json`, both checked.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer  # noqa: PLC0415 (the package is optional)

        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        table = _table(folder / "model.safetensors")
        # The mean of all words says nothing of any text.
        table -= table.mean(axis=0)
        self._vectors = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-9)

    def of(self, texts: Sequence[Masked]) -> Floats:
        """Return the mean vector of each text's words, of unit length; shape (texts, 384)."""
        rows = [self._mean(" ".join(_plain(text.tokens))) for text in texts]
        return np.array(rows).reshape(len(texts), self._vectors.shape[1])

    def projected(self, texts: Sequence[Masked]) -> Floats:
        """Return where each text lies between the lists of `AXES`; shape (texts, axes)."""
        axes = [self._axis(*names) for names in AXES]
        return np.asarray(self.of(texts) @ np.array(axes).T)

    def _mean(self, text: str) -> Floats:
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        mean = self._vectors[ids].mean(axis=0) if ids else np.zeros(self._vectors.shape[1])
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9))

    def _axis(self, first: str, second: str) -> Floats:
        ends = [self._mean(" ".join(_entries(name))) for name in (first, second)]
        axis = ends[0] - ends[1]
        return np.asarray(axis / max(float(np.linalg.norm(axis)), 1e-9))


def open_meaning() -> Meaning | None:
    """Return the word vectors, or None where their package or `tokenizers` is not installed."""
    from upright.weights.packaged import open_minilm  # noqa: PLC0415 (only where it is asked for)

    try:
        return _opened(open_minilm())
    except (UprightError, ModuleNotFoundError):
        return None


@cache
def _opened(folder: Path) -> Meaning:
    return Meaning(folder)


def _entries(name: str) -> list[str]:
    one = lexicons()[name]
    return sorted(word for word in one.words | one.stems if "/" not in word)


def _plain(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if token[:1].isalpha() and "/" not in token]


def _table(path: Path) -> Floats:
    """Return the table of word vectors of a safetensors file: a header in JSON, then numbers."""
    with path.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        entry = json.loads(file.read(size))[_TABLE]
        start, end = entry["data_offsets"]
        file.seek(8 + size + start)
        raw = file.read(end - start)
    kind = {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]
    return np.frombuffer(raw, dtype=kind).reshape(entry["shape"]).astype(np.float64)
