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
from upright.match.code import CODE_FORM, tokens
from upright.match.index.works import Kind

GRAM = 5
"""Tokens of a gram."""
WINDOW = 8
"""Grams of which at least one is kept."""
SHORTEST = GRAM + WINDOW - 1
"""Tokens in a row that two texts cannot share without sharing a kept gram."""
FORMS: dict[Kind, int] = {"text": words.NORMAL_FORM, "code": CODE_FORM}
"""Versions of the normal forms; they stand in each index."""
_SPELLING = 16
_SPELLINGS = (1 << _SPELLING) - 1

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
    """

    values: Values
    starts: Offsets
    ends: Offsets

    def __len__(self) -> int:
        return len(self.values)


def tokens_of(text: str, kind: Kind, language: str = "", *, parse: bool = False) -> Tokens:
    """Return the tokens of a text.

    Args:
        text: the text.
        kind: what is in it.
        language: of code; "" lets it be guessed.
        parse: whether to ask the grammar of the language, where it is installed.

    Raises:
        ConfigError: for code in a language that is unknown or cannot be guessed.
    """
    if kind == "text":
        found = words.words(text)
        return Tokens(_upper(found.hashes), _wide(found.starts), _wide(found.ends))
    code = tokens(text, language or None, parse=parse)
    spelt = np.where(code.names < 0, 0, (code.names % _SPELLINGS) + 1).astype(np.uint32)
    forms = (code.hashes >> np.uint64(64 - _SPELLING)).astype(np.uint32)
    values = (forms << np.uint32(_SPELLING)) | spelt
    return Tokens(values, _wide(code.starts), _wide(code.ends))


def forms_of(values: Values, kind: Kind) -> Values:
    """Return what tokens are in normal form; equal forms match."""
    return values if kind == "text" else values >> np.uint32(_SPELLING)


def spellings_of(values: Values) -> Values:
    """Return numbers for how tokens of code are spelt; 0 where it does not matter."""
    return values & np.uint32(_SPELLINGS)


def grams_of(forms: Values) -> Values:
    """Return a number for each gram, shape (max(0, n - GRAM + 1),)."""
    return _upper(words.grams(forms.astype(np.uint64), GRAM))


def kept(grams: Values) -> Offsets:
    """Return the places of the grams that are kept, rising."""
    return words.winnow(grams.astype(np.uint64), WINDOW)


def _upper(hashes: NDArray[np.uint64]) -> Values:
    return (hashes >> np.uint64(32)).astype(np.uint32)


def _wide(places: NDArray[np.int32]) -> Offsets:
    return places.astype(np.int64)
