"""Whether a sequence is computed the same alone and in company, bit for bit."""

from __future__ import annotations

import numpy as np

from upright.generate.llama import Feed
from upright.generate.schedule import Memory

_STEPS = 2
_TOKEN = 1000  # any ordinary token; each sequence gets another one


def same_in_company(memory: Memory, slots: int) -> bool:
    """Compute a few tokens alone and among others and compare the logits exactly.

    The arithmetic of a batch belongs to the processor and the build. Where this finds a
    difference, seeded texts are computed in steps of their own, so that they repeat whatever
    else is served. It leaves the memory empty.
    """
    together = _logits(memory, list(range(slots)))
    alone = _logits(memory, [0])
    return all(np.array_equal(a, b) for a, b in zip(together, alone, strict=True))


def _logits(memory: Memory, sequences: list[int]) -> list[np.ndarray]:
    """Return the logits of sequence 0 after each step in which all `sequences` take part."""
    found = []
    for position in range(_STEPS):
        feeds = [Feed(_TOKEN + at + position, position, at, wanted=True) for at in sequences]
        found.append(memory.step(feeds)[0].copy())
    for sequence in sequences:
        memory.forget(sequence)
    return found
