"""A quick look before the network's long one: does anything here ask for it?

A weight for each token and for each pair of neighbours, summed: some microseconds for a sentence.
It is fitted to let through all but a stated share of what the network would find
(`upright.train.guard.gate`), and most ordinary prose does not need the network.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

PAIRS = 1 << 16
"""Places for pairs of tokens."""

_MIX = 0x9E3779B1


def pair_places(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each pair of neighbours, shape (t - 1,), below `PAIRS`."""
    mixed: NDArray[np.int64] = ((ids[:-1] * _MIX + ids[1:]) % 0xFFFFFFFB) % PAIRS
    return mixed


@final
class Gate:
    """Says whether the network has to read a stretch.

    Args:
        facts: `tokens` and `pairs` as base64 of float16, `bias` and `cut`.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        import numpy as np  # noqa: PLC0415 (an extra)

        def numbers(name: str) -> NDArray[np.float32]:
            raw = np.frombuffer(base64.b64decode(facts[name]), dtype="<f2")
            return raw.astype(np.float32)

        self._tokens, self._pairs = numbers("tokens"), numbers("pairs")
        self._bias, self._cut = float(facts["bias"]), float(facts["cut"])

    def opens(self, ids: Sequence[int]) -> bool:
        """Say whether the network has to read these tokens."""
        return self.score(ids) >= self._cut

    def score(self, ids: Sequence[int]) -> float:
        """Return the sum of the weights of all tokens and pairs."""
        import numpy as np  # noqa: PLC0415 (an extra)

        numbers = np.asarray(ids, dtype=np.int64)
        pairs = self._pairs[pair_places(numbers)].sum()
        return float(self._tokens[numbers].sum() + pairs) + self._bias
