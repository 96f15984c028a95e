"""Tokens that must not be drawn, because protected words in a row would be complete with them."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from upright.match import words

if TYPE_CHECKING:
    from upright.match.index import Follower

Flags = NDArray[np.bool_]


class Vocabulary(Protocol):
    """What token ids mean; see `upright.generate.decode`."""

    def piece(self, token: int) -> bytes:
        """Return the bytes a token stands for."""
        ...

    def ends(self, token: int) -> bool:
        """Whether a token ends the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the tokens of a vocabulary are spelt.

    Attributes:
        raw: the bytes of each; none for those that end an answer.
        texts: what of them is whole characters.
        several: whether each holds more than one word.
    """

    raw: Sequence[bytes]
    texts: Sequence[str]
    several: Flags


_SPELT: WeakKeyDictionary[Vocabulary, Spelling] = WeakKeyDictionary()


def spelling(vocabulary: Vocabulary, size: int) -> Spelling:
    """Return how the first `size` tokens of a vocabulary are spelt; read once for each."""
    known = _SPELT.get(vocabulary)
    if known is None or len(known.raw) < size:
        raw = [b"" if vocabulary.ends(token) else vocabulary.piece(token) for token in range(size)]
        texts = [_whole(piece) for piece in raw]
        bounds = words.batch(texts)[1]
        known = _SPELT[vocabulary] = Spelling(raw, texts, np.diff(bounds) > 1)
    return known


class TokenMask:
    """Follows one answer and says which tokens would complete a run.

    Args:
        follower: knows the works.
        vocabulary: of the model.
    """

    def __init__(self, follower: Follower, vocabulary: Vocabulary) -> None:
        self._follower = follower
        self._vocabulary = vocabulary
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def take(self, token: int) -> None:
        """Let the answer go on with a token."""
        self._follower.take(self._utf8.decode(self._vocabulary.piece(token)))

    def banned(self, tokens: NDArray[np.int64], size: int) -> NDArray[np.int64]:
        """Return those of some tokens that must not be drawn.

        Args:
            tokens: ids, shape (n,).
            size: of the vocabulary.
        """
        spelt = spelling(self._vocabulary, size)
        # A single word that completes nothing needs no look; nearly always that is all.
        asked = tokens[spelt.several[tokens]] if self._follower.idle else tokens
        if not len(asked):
            return asked
        pending = self._utf8.getstate()[0]
        if pending:
            pieces = [_whole(pending + spelt.raw[token]) for token in asked.tolist()]
        else:
            pieces = [spelt.texts[token] for token in asked.tolist()]
        return asked[self._follower.forbidden(pieces)]


def _whole(raw: bytes) -> str:
    """Return the characters that are complete in some bytes."""
    return codecs.getincrementaldecoder("utf-8")(errors="replace").decode(raw)
