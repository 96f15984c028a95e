"""Fitting the gate: a linear model of what the network will find."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from upright.guard.model.gate import PAIRS, pair_places
from upright.guard.model.heads import HEADS
from upright.guard.model.reader import Reader

MISSED = 0.01
"""The share of stretches with a finding that the gate may keep from the network."""

_EPOCHS, _BATCH, _RATE, _DECAY, _SEED = 6, 256, 0.02, 1e-5, 0
# What comes this close to a finding is taken for one while the gate is fitted.
_NEAR = 0.7


def fit_gate(reader: Reader, fitted: Sequence[str], held: Sequence[str]) -> dict[str, Any]:
    """Fit the gate of a network to what the network says.

    Args:
        reader: the network with its thresholds, without a gate.
        fitted: stretches to learn from.
        held: others, by which the cut is set.

    Returns:
        The facts that `upright.guard.model.gate.Gate` reads, and `missed` and `kept_out`: the
        shares of the held stretches with and without a finding that the gate keeps out.
    """
    torch.manual_seed(_SEED)
    tokenizer = reader.tokenizer
    tokens, pairs, bias = _learn(tokenizer, fitted, _near(reader, fitted, _NEAR))
    # The cut is set with the numbers as they will be read.
    rounded = [tokens.astype("<f2"), pairs.astype("<f2")]
    scores = np.array(
        [
            rounded[0][ids].astype(np.float32).sum()
            + rounded[1][pair_places(ids)].astype(np.float32).sum()
            + bias
            for ids in _ids(tokenizer, held)
        ]
    )
    found = _near(reader, held, 1.0)
    # Where nothing is found there is nothing to tell from: the gate lets all through.
    least = scores[found] if found.any() else scores
    cut = float(np.quantile(least, MISSED if found.any() else 0.0, method="lower"))
    return {
        "tokens": base64.b64encode(rounded[0].tobytes()).decode(),
        "pairs": base64.b64encode(rounded[1].tobytes()).decode(),
        "bias": bias,
        "cut": cut,
        "missed": _below(scores[found], cut, 5),
        "kept_out": _below(scores[~found], cut, 4),
    }


def _below(scores: NDArray[np.float64], cut: float, digits: int) -> float:
    return round(float((scores < cut).mean()), digits) if scores.size else 0.0


def _near(reader: Reader, stretches: Sequence[str], share: float) -> NDArray[np.bool_]:
    thresholds = reader.facts["thresholds"]
    limits = np.array([share * thresholds[head] if head in thresholds else 2.0 for head in HEADS])
    limits[HEADS.index("toxic")] = 2.0  # decides no finding
    readings = reader.read(stretches)
    return np.array([bool((np.array(item.heads) >= limits).any()) for item in readings])


def _ids(tokenizer: Tokenizer, stretches: Sequence[str]) -> list[NDArray[np.int64]]:
    return [np.array(tokenizer.encode(text).ids, dtype=np.int64) for text in stretches]


def _learn(
    tokenizer: Tokenizer, stretches: Sequence[str], found: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
    """Return the weights of tokens and of pairs, and the constant."""
    words = tokenizer.get_vocab_size()
    bags = [np.concatenate([ids, words + pair_places(ids)]) for ids in _ids(tokenizer, stretches)]
    model = nn.EmbeddingBag(words + PAIRS, 1, mode="sum")
    nn.init.zeros_(model.weight)
    bias = nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.Adam([*model.parameters(), bias], lr=_RATE, weight_decay=_DECAY)
    labels = torch.from_numpy(found.astype(np.float32))
    draw = np.random.default_rng(_SEED)
    for _ in range(_EPOCHS):
        order = draw.permutation(len(bags))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            offsets = np.cumsum([0, *(len(bags[row]) for row in rows[:-1])])
            flat = torch.from_numpy(np.concatenate([bags[row] for row in rows]))
            logits = model(flat, torch.from_numpy(offsets)).squeeze(-1) + bias
            loss = functional.binary_cross_entropy_with_logits(logits, labels[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
            optimiser.step()
    weights = model.weight.detach().numpy()[:, 0]
    return weights[:words], weights[words:], float(bias.detach())
