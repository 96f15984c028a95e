"""Fitting the network to examples: several tasks, each asked only where people were asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from transformers import PreTrainedTokenizerBase

from upright.guard.model.heads import CONTEXTS, HEADS, TARGETS
from upright.train.guard.encoder import LONGEST, GuardEncoder, open_tokenizer
from upright.train.guard.examples import Example
from upright.train.guard.start import take_up
from upright.weights.guard import GuardWeights

_UNKNOWN = -1.0
_POOL = 64
_KEEP_EVERY = 200
# Share of the steps over which the learning rate rises.
_WARM = 0.06
# How much each task counts. A task whose examples are few is not drowned: its loss is a mean
# over those that know it.
_CONTEXT, _TARGET, _TOKEN = 0.4, 0.2, 0.4
# How much each head counts beside the others. Most collections ask for these two only, and what
# they say would count little beside the many plain zeros of the others.
_HEADS = {"toxic": 2.0, "hate": 1.5}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the network is fitted.

    Attributes:
        epochs: passes over the examples.
        batch: stretches in one step.
        rate: highest learning rate of the base; the new layers have ten times as much.
        seed: of order, dropout and the new layers' first values.
        threads: of torch. The result is the same, bit for bit, only for the same number.
        steps: at most so many, over the first of the examples in their random order.
    """

    epochs: int = 2
    batch: int = 48
    rate: float = 1e-4
    seed: int = 20_261_126
    threads: int = 1
    steps: int | None = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """Examples as arrays, one row each.

    Attributes:
        ids: token ids of each.
        heads: shape (n, heads), -1 where unknown.
        context: shape (n,), -1 where unknown.
        targets: shape (n, groups), -1 where unknown.
        marks: for each token 1 where a marked stretch covers it, -1 where nobody was asked.
    """

    ids: list[list[int]]
    heads: NDArray[np.float32]
    context: NDArray[np.int64]
    targets: NDArray[np.float32]
    marks: list[NDArray[np.float32]]


def encode(tokenizer: PreTrainedTokenizerBase, examples: Sequence[Example]) -> Encoded:
    """Turn examples into arrays."""
    read = tokenizer(
        [example.text for example in examples],
        truncation=True,
        max_length=LONGEST,
        return_offsets_mapping=True,
    )
    heads = np.full((len(examples), len(HEADS)), _UNKNOWN, dtype=np.float32)
    targets = np.full((len(examples), len(TARGETS)), _UNKNOWN, dtype=np.float32)
    context = np.full(len(examples), -1, dtype=np.int64)
    marks = []
    for row, example in enumerate(examples):
        for name, share in example.labels.items():
            heads[row, HEADS.index(name)] = share
        for name, share in example.targets.items():
            targets[row, TARGETS.index(name)] = share
        if example.context is not None:
            context[row] = CONTEXTS.index(example.context)
        marks.append(_marks(example, read["offset_mapping"][row]))
    return Encoded(read["input_ids"], heads, context, targets, marks)


def _marks(example: Example, offsets: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    if example.spans is None:
        return np.full(len(offsets), _UNKNOWN, dtype=np.float32)
    return np.array(
        [
            _UNKNOWN
            if start == end
            else float(any(start < stop and begin < end for begin, stop in example.spans))
            for start, end in offsets
        ],
        dtype=np.float32,
    )


def fit(
    base: Path,
    examples: Sequence[Example],
    recipe: Recipe,
    progress: Callable[[int, int, float], None],
    checkpoint: Path | None = None,
    *,
    start: GuardWeights | None = None,
) -> GuardEncoder:
    """Fit a network.

    Args:
        base: folder of the encoder to start from.
        examples: those to learn from.
        recipe: how.
        progress: is told the step, the number of steps and the mean loss so far.
        checkpoint: file from which an interrupted fit of the same examples is taken up, to the
            same result, bit for bit; it is gone when the fit is done.
        start: a guard to go on from; else the heads are new and the rest is the base.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    torch.use_deterministic_algorithms(mode=True)
    data = encode(open_tokenizer(base), examples)
    batches = [rows for epoch in range(recipe.epochs) for rows in _batches(data, recipe, epoch)]
    batches = batches[: recipe.steps]
    state = _State.begin(base, recipe, len(batches))
    if start is not None:
        take_up(state.model, start)
    if checkpoint is not None and checkpoint.exists():
        state.load(checkpoint)
    state.model.train()
    while state.step < len(batches):
        state.learn(data, batches[state.step])
        progress(state.step, len(batches), state.mean)
        if checkpoint is not None and state.step % _KEEP_EVERY == 0:
            state.save(checkpoint)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return state.model.eval()


@dataclass(slots=True)
class _State:
    """A fit under way."""

    model: GuardEncoder
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    step: int = 0
    mean: float = 0.0

    @classmethod
    def begin(cls, base: Path, recipe: Recipe, total: int) -> Self:
        model = GuardEncoder(base)
        optimiser = _optimiser(model, recipe)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min(1.0, (step + 1) / (_WARM * total)) * (1 - step / total)
        )
        return cls(model, optimiser, schedule)

    def learn(self, data: Encoded, rows: list[int]) -> None:
        """Take one step."""
        with torch.autocast("cpu", dtype=torch.bfloat16):
            whole, tokens = self.model(*_inputs(data, rows))
        loss = _loss(data, rows, whole.float(), tokens.float())
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it so
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.schedule.step()
        self.step += 1
        self.mean += (float(loss.detach()) - self.mean) / min(self.step, 200)

    def save(self, path: Path) -> None:
        """Write all that the next step depends on; an older file stays until that is done."""
        whole = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": torch.get_rng_state(),
            "step": self.step,
            "mean": self.mean,
        }
        new = path.with_suffix(".new")
        torch.save(whole, new)
        new.replace(path)

    def load(self, path: Path) -> None:
        """Take up what was saved."""
        whole = torch.load(path, weights_only=True)
        self.model.load_state_dict(whole["model"])
        self.optimiser.load_state_dict(whole["optimiser"])
        self.schedule.load_state_dict(whole["schedule"])
        torch.set_rng_state(whole["random"])
        self.step, self.mean = whole["step"], whole["mean"]


def _optimiser(model: GuardEncoder, recipe: Recipe) -> torch.optim.Optimizer:
    old = [parameter for parameter in model.encoder.parameters() if parameter.requires_grad]
    known = {id(parameter) for parameter in model.encoder.parameters()}
    new = [parameter for parameter in model.parameters() if id(parameter) not in known]
    groups = [{"params": old, "lr": recipe.rate}, {"params": new, "lr": 10 * recipe.rate}]
    return torch.optim.AdamW(groups, weight_decay=0.01, fused=True)


def _batches(data: Encoded, recipe: Recipe, epoch: int) -> Iterator[list[int]]:
    """Yield rows in random order, those of like length together, so that little is padding."""
    draw = random.Random(recipe.seed + epoch)  # noqa: S311 (no secret)
    order = list(range(len(data.ids)))
    draw.shuffle(order)
    for start in range(0, len(order), recipe.batch * _POOL):
        pool = sorted(
            order[start : start + recipe.batch * _POOL], key=lambda row: len(data.ids[row])
        )
        parts = [pool[at : at + recipe.batch] for at in range(0, len(pool), recipe.batch)]
        draw.shuffle(parts)
        yield from parts


def _inputs(data: Encoded, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
    width = max(len(data.ids[row]) for row in rows)
    ids = torch.zeros((len(rows), width), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for at, row in enumerate(rows):
        size = len(data.ids[row])
        ids[at, :size] = torch.tensor(data.ids[row])
        mask[at, :size] = 1
    return ids, mask


def _loss(data: Encoded, rows: Sequence[int], whole: Tensor, tokens: Tensor) -> Tensor:
    sizes = [len(HEADS), len(CONTEXTS), len(TARGETS)]
    heads, contexts, targets = torch.split(whole, sizes, dim=1)
    weights = torch.tensor([_HEADS.get(name, 1.0) for name in HEADS])
    loss = _asked(heads, torch.from_numpy(data.heads[rows]), weights)
    loss = loss + _TARGET * _asked(targets, torch.from_numpy(data.targets[rows]))
    known = torch.from_numpy(data.context[rows])
    if bool((known >= 0).any()):
        loss = loss + _CONTEXT * functional.cross_entropy(contexts, known, ignore_index=-1)
    marks = torch.full_like(tokens, _UNKNOWN)
    for at, row in enumerate(rows):
        marks[at, : len(data.marks[row])] = torch.from_numpy(data.marks[row])
    return loss + _TOKEN * _asked(tokens, marks)


def _asked(logits: Tensor, shares: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean cross entropy over what is known, weighted by column."""
    known = shares >= 0
    if not bool(known.any()):
        return logits.sum() * 0
    each = None if weights is None else weights.expand_as(shares)[known]
    return functional.binary_cross_entropy_with_logits(logits[known], shares[known], each)
