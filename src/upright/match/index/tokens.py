"""A text as an index sees it: numbers for its tokens, and their places.

The tokens of a text are its words; those of code are its masked tokens, each with a short number
for how a name is spelt. Runs are found by their k-grams, of which the smallest of each window is
kept (winnowing), so that two texts which share `SHORTEST` tokens in a row share a kept gram.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.match import words
from upright.match.code import CODE_FORM, CodeTokens, tokens
from upright.match.code.familiar import familiar
from upright.match.index.works import Kind

GRAMS: dict[Kind, int] = {"text": 5, "code": 12}
"""Tokens of a gram: few for words; many for code, which is much alike in its normal form."""
WINDOWS: dict[Kind, int] = {"text": 8, "code": 14}
"""Grams of which at least one is kept."""
SHORTEST: dict[Kind, int] = {kind: GRAMS[kind] + WINDOWS[kind] - 1 for kind in GRAMS}
"""Tokens in a row that two texts cannot share without sharing a kept gram."""
FORMS: dict[Kind, int] = {"text": words.NORMAL_FORM, "code": CODE_FORM}
"""Versions of the normal forms; they stand in each index."""
_SPELLING = 16
_SPELLINGS = (1 << (_SPELLING - 1)) - 1

Values = NDArray[np.uint32]
Offsets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text.

    Attributes:
        values: what each is, shape (n,); for code a number for its normal form in the upper half
            and for how it is spelt in the lower one, 0 where that does not matter.
        starts: where each begins, in characters, shape (n,).
        ends: where each ends, shape (n,).
        code: the tokens of code as they were read, None for a text.
    """

    values: Values
    starts: Offsets
    ends: Offsets
    code: CodeTokens | None = None

    def __len__(self) -> int:
        return len(self.values)


def tokens_of(text: str, kind: Kind, language: str = "") -> Tokens:
    """Return the tokens of a text.

    Args:
        text: the text.
        kind: what is in it.
        language: of code; "" lets it be guessed.

    Raises:
        ConfigError: for code in a language that is unknown or cannot be guessed.
    """
    if kind == "text":
        found = words.words(text)
        return Tokens(_upper(found.hashes), _wide(found.starts), _wide(found.ends))
    # By patterns, which read the beginning of a text as they read it in the whole.
    code = tokens(text, language or None, parse=False)
    spelt = np.where(code.names < 0, 0, code.names % _SPELLINGS + 1).astype(np.uint32)
    called = familiar().called(code.names).astype(np.uint32) << np.uint32(_SPELLING - 1)
    values = (forms_of_hashes(code.hashes) << np.uint32(_SPELLING)) | called | spelt
    return Tokens(values, _wide(code.starts), _wide(code.ends), code)


def forms_of(values: Values, kind: Kind) -> Values:
    """Return what tokens are in normal form; equal forms match."""
    return values if kind == "text" else values >> np.uint32(_SPELLING)


def forms_of_hashes(hashes: NDArray[np.uint64]) -> Values:
    """Return what tokens of code are in normal form, from their hashes."""
    return (hashes >> np.uint64(64 - _SPELLING)).astype(np.uint32)


def spellings_of(values: Values) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return how tokens of code are spelt, -1 where it does not matter; and which much code calls.

    Equal spellings have equal numbers; one pair in 32,767 of others has too.
    """
    spelt = (values & np.uint32(_SPELLINGS)).astype(np.int32) - 1
    return spelt, (values >> np.uint32(_SPELLING - 1)) & np.uint32(1) == 1


def grams_of(forms: Values, kind: Kind) -> Values:
    """Return a number for each gram of k tokens, shape (max(0, n - k + 1),)."""
    return _upper(words.grams(forms.astype(np.uint64), GRAMS[kind]))


def kept(grams: Values, kind: Kind) -> Offsets:
    """Return the places of the grams that are kept, rising; all of a short text."""
    if len(grams) < WINDOWS[kind]:
        return np.arange(len(grams))
    return words.winnow(grams.astype(np.uint64), WINDOWS[kind])


def _upper(hashes: NDArray[np.uint64]) -> Values:
    return (hashes >> np.uint64(32)).astype(np.uint32)


def _wide(places: NDArray[np.int32]) -> Offsets:
    return places.astype(np.int64)
