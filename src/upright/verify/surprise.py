"""What a language model thinks of each token of a text: the ground of the statistical detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.generate import ReadingEngine, Token
from upright.generate.sampler import Logits

Values = NDArray[np.float32]

FIELDS = ("logprob", "rank", "entropy", "spread", "best", "cold", "hot")


@dataclass(frozen=True, slots=True)
class Surprise:
    """The model's view of a text, token by token; all arrays have shape (tokens read,).

    The first token of a text has nothing before it and is not among them.

    Attributes:
        ids: the tokens.
        logprob: log-probability (nats) of the token.
        rank: how many tokens were likelier.
        entropy: of the distribution before it, in nats.
        spread: variance of the log-probability under that distribution.
        best: log-probability of the likeliest token.
        cold: log-probability of the token at temperature ½.
        hot: the same at temperature 2.
    """

    ids: NDArray[np.int64]
    logprob: Values
    rank: Values
    entropy: Values
    spread: Values
    best: Values
    cold: Values
    hot: Values

    def __len__(self) -> int:
        return int(self.ids.size)


def of_token(logits: Logits, token: int) -> tuple[float, ...]:
    """Return the fields of one token, in the order of `FIELDS`.

    Args:
        logits: shape (vocabulary,), before the token.
        token: its id.
    """
    below = logits - logits.max()
    # One exponential serves three temperatures.
    root = np.exp(np.float32(0.5) * below)
    weights = root * root
    total = float(weights.sum())
    log_total = np.log(total)
    mean = float(np.dot(weights, below)) / total
    square = float(np.dot(weights, below * below)) / total
    own = float(below[token])
    return (
        own - log_total,
        float(np.count_nonzero(logits > logits[token])),
        log_total - mean,
        max(0.0, square - mean * mean),
        -log_total,
        2 * own - float(np.log(np.dot(weights, weights))),
        own / 2 - float(np.log(root.sum())),
    )


async def surprise(engine: ReadingEngine, tokens: Sequence[Token]) -> Surprise:
    """Read a text.

    Args:
        engine: the model.
        tokens: those of the text in plain form (see `plain.plain`), or the first of them.

    Raises:
        EngineError: if the engine failed.
    """
    ids = [token.id for token in tokens]
    rows: list[tuple[float, ...]] = []
    if len(ids) > 1:
        await engine.read(ids, lambda at, logits: rows.append(of_token(logits, ids[at])))
    table = np.array(rows, dtype=np.float32).reshape(-1, len(FIELDS))
    columns = dict(zip(FIELDS, table.T, strict=True))
    return Surprise(ids=np.array(ids[1:], dtype=np.int64), **columns)
