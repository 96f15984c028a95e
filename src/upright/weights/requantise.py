"""The packaged model in the form that computes fastest: 8-bit blocks instead of 4-bit ones.

llama.cpp has matrix kernels for Q8_0 blocks and none for Q4_1, so that a batch takes two thirds
of the time and a prompt half. A block holds 32 weights; Q8_0 steps are 1/127 of its largest
weight, far finer than the 4-bit steps the weights already have, so that what is lost again is
small (the decision record has the figures). The arithmetic is elementwise IEEE single
precision: the file is the same on every machine, and pinned.
"""

from __future__ import annotations

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from upright.terms import home
from upright.weights.checksum import verified_digest
from upright.weights.gguf import ALIGNMENT, Q4_1, Q8_0, aligned, read_layout, relaid, table_bytes
from upright.weights.packaged import SMOLLM2, PackagedModel, Weights, open_packaged

Bytes = NDArray[np.uint8]

_THREADS = 4


def open_fast(model: PackagedModel = SMOLLM2) -> Weights:
    """Open a packaged model requantised to Q8_0, making that file if it is not there yet.

    It lies in the state folder under the digest of its source. Where it cannot be written, or
    does not come out as pinned, the packaged file itself is opened: slower and equally good.

    Raises:
        UprightError: if the package is absent or its file is not the pinned one.
    """
    weights = open_packaged(model)
    target = home() / "models" / f"{model.name}-{model.sha256[:16]}-q8_0.gguf"
    wanted = f"sha256:{model.fast_sha256}"
    try:
        if not target.is_file() or verified_digest(target) != wanted:
            _replace(weights.path, target)
        if verified_digest(target) != wanted:
            return weights
    except OSError:
        return weights
    return Weights(name=weights.name, path=target, digest=wanted, licence=weights.licence)


def requantise(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a GGUF file with every Q4_1 tensor as Q8_0; all else stays as it is.

    Raises:
        UprightError: if the source cannot be read.
    """
    layout = read_layout(source)
    moved = tuple(relaid(layout.tensors, {Q4_1: Q8_0}))
    head = layout.metadata + table_bytes(moved)
    target.write(head.ljust(aligned(len(head)), b"\0"))
    sources = (_read(source, layout.data + old.offset, old.size) for old in layout.tensors)
    kinds = [old.kind for old in layout.tensors]
    with ThreadPoolExecutor(_THREADS) as pool:
        for raw in pool.map(_converted, sources, kinds):
            target.write(raw)
            target.write(b"\0" * (-len(raw) % ALIGNMENT))


def _read(source: BinaryIO, start: int, size: int) -> bytes:
    source.seek(start)
    return source.read(size)


def _converted(raw: bytes, kind: int) -> bytes:
    return q8_0(np.frombuffer(raw, dtype=np.uint8)).tobytes() if kind == Q4_1 else raw


def q8_0(raw: Bytes) -> Bytes:
    """Turn Q4_1 blocks into Q8_0 blocks.

    Args:
        raw: blocks of 20 bytes: scale d and offset m in half precision, then 32 weights q of
            4 bits, first the low halves; a weight is d·q + m.

    Returns:
        Blocks of 34 bytes: a scale in half precision, then 32 signed bytes.
    """
    blocks = raw.reshape(-1, 20)
    scale = blocks[:, 0:2].copy().view(np.float16).astype(np.float32)
    offset = blocks[:, 2:4].copy().view(np.float16).astype(np.float32)
    values = np.empty((len(blocks), 32), dtype=np.float32)
    values[:, :16] = blocks[:, 4:] & 15
    values[:, 16:] = blocks[:, 4:] >> 4
    values *= scale
    values += offset
    largest = np.maximum(values.max(axis=1, keepdims=True), -values.min(axis=1, keepdims=True))
    step = (largest / np.float32(127)).astype(np.float16)
    values *= np.divide(1, step, out=np.zeros_like(largest), where=step > 0, dtype=np.float32)
    np.clip(np.rint(values, out=values), -127, 127, out=values)
    made = np.empty((len(blocks), 34), dtype=np.uint8)
    made[:, :2] = step.view(np.uint8)
    made[:, 2:] = values.astype(np.int8).view(np.uint8)
    return made.ravel()


def _replace(source: Path, target: Path) -> None:
    """Write the requantised file in one step, so that two starts at once do no harm."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=target.name)
    try:
        with os.fdopen(handle, "wb") as out, source.open("rb") as raw:
            requantise(raw, out)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
