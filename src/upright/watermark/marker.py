"""Drawing the tokens of one response so that the key's holder can tell them later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from upright.watermark import gumbel, split
from upright.watermark.numbers import candidate_numbers, coin, nonce
from upright.watermark.payload import LENGTH, code_word
from upright.watermark.secret import SUBKEYS, EpochKey

Scheme = Literal["split", "gumbel"]
SCHEMES: tuple[Scheme, ...] = ("split", "gumbel")
WIDTH = 4
"""Tokens of a context: with fewer, shared phrases count more; more break sooner under edits."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a response is marked.

    Attributes:
        key: whose mark.
        scheme: which.
        width: tokens of a context, at least 1.
        payload: 16 bits that the mark of scheme `split` carries; None carries none.
    """

    key: EpochKey
    scheme: Scheme = "split"
    width: int = WIDTH
    payload: int | None = None


class Marker:
    """Draws the marked tokens of one response.

    Contexts that reach before the response, or were used in it before, are left to the caller's
    own draw: repeated, they would repeat their half and the response's distribution would no
    longer be the model's.

    Args:
        mark: how.
        subkey: which of the 16 sub-keys this response uses.
    """

    def __init__(self, mark: Mark, subkey: int) -> None:
        self._mark = mark
        self._key = mark.key.subkeys[subkey % SUBKEYS]
        self._used: set[bytes] = set()
        self._word = None if mark.payload is None else code_word(mark.payload)

    def draw(
        self,
        tokens: NDArray[np.int64],
        probabilities: NDArray[np.float64],
        drawn: Sequence[int],
        uniform: float,
    ) -> int | None:
        """Return the place of the drawn candidate, or None where the step is not marked.

        Args:
            tokens: shape (n,), ids of the candidates, rising.
            probabilities: shape (n,), of the distribution that is really sampled.
            drawn: the response's tokens so far.
            uniform: in [0, 1), from the caller's random numbers.
        """
        context = self.context(drawn)
        if context is None or context in self._used:
            return None
        self._used.add(context)
        numbers = candidate_numbers(self._key, context, tokens)
        if self._mark.scheme == "gumbel":
            return gumbel.draw(probabilities, numbers)
        return split.draw(probabilities, numbers, upper=self._coin(context), uniform=uniform)

    def halves(
        self, tokens: NDArray[np.int64], probabilities: NDArray[np.float64], drawn: Sequence[int]
    ) -> tuple[NDArray[np.float64], bool] | None:
        """Return for each candidate the share of it that lies in the half to be drawn from.

        Returns:
            The shares, shape (n,), and whether the half is the upper one; None where the next
            step would not be marked. Nothing is used up by asking.
        """
        context = self.context(drawn)
        if context is None or context in self._used:
            return None
        upper = self._coin(context)
        shares = split.halves(probabilities, candidate_numbers(self._key, context, tokens))
        return (shares if upper else 1.0 - shares), upper

    def context(self, drawn: Sequence[int]) -> bytes | None:
        """Return the nonce of the next step's context; None if it is not all response."""
        width = self._mark.width
        return nonce(self._mark.key, drawn[-width:]) if len(drawn) >= width else None

    def _coin(self, context: bytes) -> bool:
        upper, place = coin(self._key, context)
        return upper if self._word is None else upper ^ bool(self._word[place % LENGTH])
