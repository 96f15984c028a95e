"""Reading stretches of text with the guard model, each only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, final

from upright.guard.legible import Legible, legible
from upright.guard.model.gate import Gate
from upright.guard.model.heads import CONTEXTS, HEADS, TARGETS
from upright.guard.model.memory import Memory
from upright.guard.windows import Window, windows
from upright.terms import MissingExtraError
from upright.weights.guard import GuardWeights, open_guard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KEPT, _TEXTS_KEPT = 16_384, 512
# Longer texts are read anew by each detector; their stretches are remembered all the same.
_LONGEST_KEPT = 65_536
_LONGEST = 128
# Curved marks stand mostly in print, where nobody is attacked: they must not say so of others.
_QUOTES = str.maketrans("“”", '""')


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


HARMLESS = Reading(
    (0.0,) * len(HEADS), (1.0, *(0.0,) * (len(CONTEXTS) - 1)), (0.0,) * len(TARGETS), ()
)
"""What is said of a stretch that the gate keeps from the network."""


class Part(NamedTuple):
    """One window of a text.

    Attributes:
        window: its place.
        form: its legible form.
        reading: what the model says of that.
    """

    window: Window
    form: Legible
    reading: Reading


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
        self.tokenizer: Any = Tokenizer.from_str(weights.tokenizer)
        self.tokenizer.enable_truncation(_LONGEST)
        self.tokenizer.no_padding()
        scale = weights.facts["calibration"]
        self._slope = np.array([scale[head]["slope"] for head in HEADS], dtype=np.float32)
        self._shift = np.array([scale[head]["shift"] for head in HEADS], dtype=np.float32)
        self._contexts = np.full(len(CONTEXTS), weights.facts.get("context_weight", 1.0))
        self._contexts[CONTEXTS.index("plain")] = 1.0
        gate = weights.facts.get("gate")
        self._gate = Gate(gate) if gate else None
        self._known: Memory[tuple[str, bool], Reading] = Memory(_KEPT)
        self._texts: Memory[tuple[str, bool], tuple[Part, ...]] = Memory(_TEXTS_KEPT)
        self.facts = weights.facts
        self.version = weights.digest

    def parts(self, text: str, *, gated: bool = True) -> tuple[Part, ...]:
        """Return the windows of a text with what the model says of each.

        Args:
            text: of any length.
            gated: spare the network what the gate takes for harmless.
        """
        key = (text, gated)
        if (known := self._texts.get(key)) is not None:
            return known
        places = windows(text)
        forms = [legible(text[place.start : place.end]) for place in places]
        readings = self.read([form.text for form in forms], gated=gated)
        found = tuple(map(Part, places, forms, readings))
        if len(text) <= _LONGEST_KEPT:
            self._texts.put(key, found)
        return found

    def read(self, stretches: Sequence[str], *, gated: bool = False) -> list[Reading]:
        """Return a reading for each stretch, in order."""
        return [self._read(stretch, gated=gated) for stretch in stretches]

    def tokens(self, stretch: str) -> Any:  # noqa: ANN401 (a type of tokenizers)
        """Return the tokens of a stretch, with `ids` and `offsets`."""
        return self.tokenizer.encode(_bare(stretch.translate(_QUOTES)))

    def _read(self, stretch: str, *, gated: bool) -> Reading:
        key = (stretch, gated)
        if (known := self._known.get(key)) is not None:
            return known
        read = self.tokens(stretch)
        if gated and self._gate is not None and not self._gate.opens(read.ids):
            reading = HARMLESS
        else:
            reading = self._run(read)
        self._known.put(key, reading)
        return reading

    def _run(self, read: Any) -> Reading:  # noqa: ANN401 (a type of tokenizers)
        import numpy as np  # noqa: PLC0415 (an extra)

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
        contexts = np.exp(whole[len(HEADS) :][: len(CONTEXTS)]) * self._contexts
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


def _bare(stretch: str) -> str:
    """Return a stretch that is all in quotation marks without them, each letter in its place.

    Where nothing stands beside the marks nobody is quoted, and they must not hide what is said.
    """
    whole = stretch[:1] == stretch[-1:] == '"' and stretch.count('"') == 2  # noqa: PLR2004 (a pair)
    return f" {stretch[1:-1]} " if whole else stretch


def _share(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np  # noqa: PLC0415 (an extra)

    shares: NDArray[np.float32] = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return shares


@cache
def shared_reader() -> Reader:
    """Return the reader of the model that comes with upright; one for a process."""
    return Reader(open_guard())
