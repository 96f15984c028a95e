"""Fitting the gate: a small model of what the network will find."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from upright.guard.model.gate import LAYERS, NEIGHBOURS, Gate
from upright.guard.model.heads import HEADS
from upright.guard.model.reader import Reader

MISSED = 0.01
"""The share of stretches with a finding that the gate may keep from the network."""

_SIZE, _FILTERS, _HIDDEN, _DROP = 32, 64, 32, 0.2
_EPOCHS, _BATCH, _RATE, _LEAST, _SEED = 5, 256, 2e-3, 0.05, 0
# Steps at least, of few stretches too.
_STEPS = 200
# What comes this close to a finding is taken for one while the gate is fitted.
_NEAR = 0.5
# How far the vectors reach at first; below every score.
_REACH, _OPEN = 0.3, -1e9


def fit_gate(
    reader: Reader, fitted: Sequence[str], held: Sequence[str], words: NDArray[np.float32]
) -> dict[str, Any]:
    """Fit the gate of a network to what the network says.

    Args:
        reader: the network with its thresholds, without a gate.
        fitted: stretches to learn from.
        held: others, by which the cut is set.
        words: the vectors of the network's tokens, shape (tokens, width); the gate begins with
            their main directions, so that it knows words that no stretch holds.

    Returns:
        The facts that `upright.guard.model.gate.Gate` reads, and `missed` and `kept_out`: the
        shares of the held stretches with and without a finding that the gate keeps out.
    """
    torch.manual_seed(_SEED)
    model = _Filters(_directions(words))
    _learn(model, _ids(reader, fitted), _near(reader, fitted, _NEAR))
    facts = model.facts()
    # The cut is set with the numbers as they will be read.
    gate = Gate(facts | {"cut": 0.0})
    scores = np.array([gate.score(ids.tolist()) for ids in _ids(reader, held)])
    found = _near(reader, held, 1.0)
    # Where less is found there is too little to tell such a share from: the gate lets all through.
    few = found.sum() * MISSED < 1
    cut = _OPEN if few else float(np.quantile(scores[found], MISSED, method="lower"))
    return facts | {
        "cut": cut,
        "missed": _below(scores[found], cut, 5),
        "kept_out": _below(scores[~found], cut, 4),
    }


class _Filters(nn.Module):
    """What `Gate` computes, to be fitted."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        super().__init__()
        self.padding, size = vectors.shape
        rows = np.concatenate([vectors, np.zeros((1, size), dtype=np.float32)])
        self.vectors = nn.Embedding(len(rows), size, self.padding, _weight=torch.from_numpy(rows))
        self.filters = nn.Linear(NEIGHBOURS * size, _FILTERS)
        self.hidden = nn.Linear(2 * _FILTERS, _HIDDEN)
        self.out = nn.Linear(_HIDDEN, 1)

    def forward(self, ids: Tensor) -> Tensor:
        """Return scores, shape (n,), of token ids that are padded, shape (n, t)."""
        there = (ids != self.padding).unsqueeze(-1).float()
        rows = functional.pad(self.vectors(ids), (0, 0, 1, 1))
        seen = torch.cat([rows[:, :-2], rows[:, 1:-1], rows[:, 2:]], dim=-1)
        answers = torch.relu(self.filters(seen)) * there
        pooled = torch.cat([answers.amax(1), answers.sum(1) / there.sum(1)], dim=-1)
        dropped = functional.dropout(pooled, _DROP, self.training)
        scores: Tensor = self.out(torch.relu(self.hidden(dropped))).squeeze(-1)
        return scores

    def facts(self) -> dict[str, Any]:
        """Return the numbers as `Gate` reads them, but for the cut."""
        layers = (
            self.vectors.weight[:-1],
            self.filters.weight.T,
            self.filters.bias,
            self.hidden.weight.T,
            self.hidden.bias,
            self.out.weight[0],
        )
        raw = [np.ascontiguousarray(layer.detach().numpy()).astype("<f2") for layer in layers]
        told = [base64.b64encode(numbers.tobytes()).decode() for numbers in raw]
        size = self.vectors.weight.shape[1]
        return dict(zip(LAYERS, told, strict=True)) | {
            "size": size,
            "bias": float(self.out.bias.detach()),
        }


def _directions(words: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the main directions of the words' vectors, shape (tokens, at most 32)."""
    middle = words - words.mean(axis=0)
    _, axes = np.linalg.eigh(middle.T.astype(np.float64) @ middle)
    found = middle @ axes[:, ::-1][:, :_SIZE]
    directions: NDArray[np.float32] = (found * (_REACH / found.std())).astype(np.float32)
    return directions


def _below(scores: NDArray[np.float64], cut: float, digits: int) -> float:
    return round(float((scores < cut).mean()), digits) if scores.size else 0.0


def _near(reader: Reader, stretches: Sequence[str], share: float) -> NDArray[np.bool_]:
    thresholds = reader.facts["thresholds"]
    limits = np.array([share * thresholds[head] if head in thresholds else 2.0 for head in HEADS])
    limits[HEADS.index("toxic")] = 2.0  # decides no finding
    readings = reader.read(stretches)
    return np.array([bool((np.array(item.heads) >= limits).any()) for item in readings])


def _ids(reader: Reader, stretches: Sequence[str]) -> list[NDArray[np.int64]]:
    return [np.array(reader.tokens(text).ids, dtype=np.int64) for text in stretches]


def _learn(model: _Filters, bags: Sequence[NDArray[np.int64]], found: NDArray[np.bool_]) -> None:
    """Fit the model; stretches of like length go together, so that little is padding."""
    known = sorted(
        (row for row, ids in enumerate(bags) if len(ids)), key=lambda row: len(bags[row])
    )
    batches = [known[at : at + _BATCH] for at in range(0, len(known), _BATCH)]
    optimiser = torch.optim.Adam(model.parameters(), lr=_RATE)
    epochs = max(_EPOCHS, -(-_STEPS // max(1, len(batches))))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: max(_LEAST, 1 - step / (epochs * len(batches)))
    )
    labels = torch.from_numpy(found.astype(np.float32))
    draw = np.random.default_rng(_SEED)
    model.train()
    for _ in range(epochs):
        for at in draw.permutation(len(batches)):
            batch = batches[at]
            ids = nn.utils.rnn.pad_sequence(
                [torch.from_numpy(bags[row]) for row in batch],
                batch_first=True,
                padding_value=model.padding,
            )
            loss = functional.binary_cross_entropy_with_logits(model(ids), labels[batch])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
            optimiser.step()
            schedule.step()
    model.eval()
