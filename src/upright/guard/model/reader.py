"""Reading stretches of text with the guard model, each only once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, final

from upright.guard.model.heads import CONTEXTS, HEADS, TARGETS
from upright.terms import MissingExtraError
from upright.weights.guard import GuardWeights, open_guard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KEPT = 16_384
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model says of one stretch.

    Attributes:
        heads: a calibrated probability for each of `HEADS`.
        contexts: a probability for each of `CONTEXTS`; they sum to 1.
        targets: a probability for each of `TARGETS`.
        marks: start, end and share of the tokens that carry a toxic meaning, in order.
    """

    heads: tuple[float, ...]
    contexts: tuple[float, ...]
    targets: tuple[float, ...]
    marks: tuple[tuple[int, int, float], ...]


@final
class Reader:
    """Reads with one model, on one core; thread-safe.

    Each stretch is read alone. The network's integers are scaled by all that is read together, so
    in a batch its answer would depend on its neighbours, and a text that arrives in pieces would
    get another verdict than the whole. On one core a batch is no faster.

    Args:
        weights: the model.

    Raises:
        MissingExtraError: if the extra `guard` is not installed.
    """

    def __init__(self, weights: GuardWeights) -> None:
        try:
            import numpy as np  # noqa: PLC0415 (an extra)
            import onnxruntime  # noqa: PLC0415 (an extra)
            from tokenizers import Tokenizer  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise MissingExtraError("the guard model", "guard", missing=str(error.name)) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            weights.model, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer: Any = Tokenizer.from_str(weights.tokenizer)
        self._tokenizer.enable_truncation(_LONGEST)
        self._tokenizer.no_padding()
        scale = weights.facts["calibration"]
        self._slope = np.array([scale[head]["slope"] for head in HEADS], dtype=np.float32)
        self._shift = np.array([scale[head]["shift"] for head in HEADS], dtype=np.float32)
        self._known: OrderedDict[str, Reading] = OrderedDict()
        self._lock = threading.Lock()
        self.facts = weights.facts
        self.version = weights.digest

    def read(self, stretches: Sequence[str]) -> list[Reading]:
        """Return a reading for each stretch, in order."""
        found: dict[str, Reading] = {}
        with self._lock:
            for stretch in stretches:
                if (known := self._known.get(stretch)) is not None:
                    self._known.move_to_end(stretch)
                    found[stretch] = known
        fresh = [stretch for stretch in dict.fromkeys(stretches) if stretch not in found]
        found |= {stretch: self._run(stretch) for stretch in fresh}
        with self._lock:
            for stretch in fresh:
                self._known[stretch] = found[stretch]
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return [found[stretch] for stretch in stretches]

    def _run(self, stretch: str) -> Reading:
        import numpy as np  # noqa: PLC0415 (an extra)

        read = self._tokenizer.encode(stretch)
        whole, tokens = self._session.run(None, {"ids": np.array([read.ids], dtype=np.int64)})
        return self._reading(whole[0], tokens[0], read.offsets)

    def _reading(
        self,
        whole: NDArray[np.float32],
        tokens: NDArray[np.float32],
        offsets: Sequence[tuple[int, int]],
    ) -> Reading:
        import numpy as np  # noqa: PLC0415 (an extra)

        heads = _share(whole[: len(HEADS)] * self._slope + self._shift)
        contexts = np.exp(whole[len(HEADS) :][: len(CONTEXTS)])
        targets = _share(whole[-len(TARGETS) :])
        shares = _share(tokens)
        return Reading(
            tuple(heads.round(4).tolist()),
            tuple((contexts / contexts.sum()).round(4).tolist()),
            tuple(targets.round(4).tolist()),
            tuple(
                (start, end, round(float(share), 4))
                for (start, end), share in zip(offsets, shares, strict=True)
                if start < end
            ),
        )


def _share(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np  # noqa: PLC0415 (an extra)

    shares: NDArray[np.float32] = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return shares


@cache
def shared_reader() -> Reader:
    """Return the reader of the model that comes with upright; one for a process."""
    return Reader(open_guard())
