"""A quick look before the network's long one: does anything here ask for it?

A short vector for each token, filters over each three neighbours, the highest and the mean answer
of each filter, and a small layer on them: some ten microseconds for a sentence. It is fitted to
let through all but a stated share of what the network would find (`upright.train.guard.gate`),
and most ordinary prose does not need the network.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

NEIGHBOURS = 3
"""Tokens that a filter sees at once."""

LAYERS = ("vectors", "filters", "filters_bias", "hidden", "hidden_bias", "out")
"""The arrays of a gate: (tokens, v), (3v, f), (f,), (2f, h), (h,), (h,)."""


@final
class Gate:
    """Says whether the network has to read a stretch.

    Args:
        facts: each of `LAYERS` as base64 of float16, row by row, the length `size` of a token's
            vector, `bias` and `cut`.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        import numpy as np  # noqa: PLC0415 (an extra)

        def numbers(name: str) -> NDArray[np.float32]:
            raw = np.frombuffer(base64.b64decode(facts[name]), dtype="<f2")
            return raw.astype(np.float32)

        size = int(facts["size"])
        self._vectors = numbers("vectors").reshape(-1, size)
        self._filters_bias, self._hidden_bias = numbers("filters_bias"), numbers("hidden_bias")
        self._filters = numbers("filters").reshape(NEIGHBOURS * size, -1)
        self._hidden = numbers("hidden").reshape(-1, len(self._hidden_bias))
        self._out = numbers("out")
        self._bias, self._cut = float(facts["bias"]), float(facts["cut"])

    def opens(self, ids: Sequence[int]) -> bool:
        """Say whether the network has to read these tokens."""
        return self.score(ids) >= self._cut

    def score(self, ids: Sequence[int]) -> float:
        """Return how much the tokens ask for the network; without any, nothing does."""
        import numpy as np  # noqa: PLC0415 (an extra)

        if not ids:
            return -np.inf
        # Beyond the first and the last token there is nothing.
        rows = np.zeros((len(ids) + NEIGHBOURS - 1, self._vectors.shape[1]), dtype=np.float32)
        rows[1:-1] = self._vectors[np.asarray(ids, dtype=np.int64)]
        seen = np.concatenate([rows[:-2], rows[1:-1], rows[2:]], axis=1)
        answers = np.maximum(seen @ self._filters + self._filters_bias, 0)
        pooled = np.concatenate([answers.max(axis=0), answers.mean(axis=0)])
        hidden = np.maximum(pooled @ self._hidden + self._hidden_bias, 0)
        return float(hidden @ self._out) + self._bias
