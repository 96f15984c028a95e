"""What a program says, whatever the order: its parts counted, its own names left out.

Who disguises a program moves statements, takes out functions and turns one loop into another; what
the program calls, prints and reckons with stays. So a program's own names are masked and those of
others, which no renaming reaches, are not, nor are numbers and texts; brackets of blocks, words of
access and kinds of loops make no difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from upright.match.code.familiar import Familiar
from upright.match.code.tokens import NAME, TEXT, CodeTokens, sign_hash

Hashes = NDArray[np.uint64]
_BREAK = re.compile("\n")


def _hashes(signs: str) -> Hashes:
    return np.array(sorted(sign_hash(sign) for sign in signs.split()), np.uint64)


_LEFT_OUT = _hashes(
    "{ } ; public private protected internal static final abstract const readonly export sealed"
)
_LOOPS = _hashes("for while do until foreach loop repeat")
_LOOP = np.uint64(sign_hash("a loop"))
_DECLARES_BEFORE = _hashes(
    "int double float char boolean bool long short byte def class fn func fun function let var val"
    " const void string auto struct enum interface trait type for as lambda mut local new_name"
    " unsigned signed uint ulong ushort sbyte decimal i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 usize"
    " isize > ] |"
)
_DECLARES_AFTER = _hashes("= := += -= *= /= in <-")
_DEFINES = _hashes("def fn func fun function")
_BRINGS_IN = _hashes("import package from using use namespace #")
_OPEN, _CLOSE = (np.uint64(sign_hash(sign)) for sign in "()")
_SPELT = np.uint64(0x9E3779B97F4A7C15)
_NEAR = 4
"""The bracket of parameters stands at most so many tokens behind `def`."""


@dataclass(frozen=True, slots=True)
class Bag:
    """Parts of a program, each once, with how often it stands there.

    Attributes:
        parts: sorted hashes, shape (n,).
        counts: shape (n,).
    """

    parts: Hashes
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, said: Hashes) -> Bag:
        """Count what is said."""
        parts, counts = np.unique(said, return_counts=True)
        return cls(parts, counts.astype(np.float64))


def said(tokens: CodeTokens, text: str) -> Hashes:
    """Return the tokens of a text that count, as hashes; shape (m,), m at most n."""
    hashes = tokens.hashes
    spelt = (tokens.names >= 0) & ~own_names(tokens)
    read = np.where(spelt, _spelt(tokens), np.where(np.isin(hashes, _LOOPS), _LOOP, hashes))
    return read[~np.isin(hashes, _LEFT_OUT) & ~_brought_in(tokens, text)]


def own_names(tokens: CodeTokens) -> NDArray[np.bool_]:
    """Return which tokens are names that the program itself gives, shape (n,).

    Those that stand where names are given: behind a type or another name, before an assignment,
    or among the parameters of a function. Where no sign ends a statement, a call that begins a line
    behind a name is taken for one, too.
    """
    hashes, names = tokens.hashes, tokens.names
    is_name = hashes == np.uint64(NAME)
    given = _parameters(hashes) & is_name
    before = np.isin(hashes[:-1], _DECLARES_BEFORE) | is_name[:-1]
    given[1:] |= is_name[1:] & before
    given[:-1] |= is_name[:-1] & np.isin(hashes[1:], _DECLARES_AFTER)
    own: NDArray[np.bool_] = is_name & np.isin(names, np.unique(names[given]))
    return own


def _brought_in(tokens: CodeTokens, text: str) -> NDArray[np.bool_]:
    """Return which tokens stand on lines that only bring in other code."""
    breaks = np.array([match.start() for match in _BREAK.finditer(text)], np.int64)
    lines = np.searchsorted(breaks, tokens.starts)
    first = np.concatenate(([True], lines[1:] != lines[:-1]))[: len(lines)]
    return np.isin(lines, lines[first & np.isin(tokens.hashes, _BRINGS_IN)])


def _parameters(hashes: Hashes) -> NDArray[np.bool_]:
    """Return which tokens stand between the brackets behind `def name`."""
    inside = np.zeros(len(hashes), np.bool_)
    opens = hashes == _OPEN
    depth = np.cumsum(opens.astype(np.int64) - (hashes == _CLOSE))
    for at in np.flatnonzero(np.isin(hashes, _DEFINES)):
        near = np.flatnonzero(opens[at + 1 : at + _NEAR])
        if len(near):
            first = at + 1 + int(near[0])
            closed = np.flatnonzero(depth[first:] < depth[first])
            inside[first : first + int(closed[0]) if len(closed) else len(hashes)] = True
    return inside


def telling(tokens: CodeTokens, text: str, known: Familiar) -> Hashes:
    """Return, each once and sorted, what independent programs would hardly both say.

    Texts, and names of others that not every program calls.
    """
    others = (tokens.hashes == np.uint64(NAME)) & ~own_names(tokens) & ~known.called(tokens.names)
    kept = ((tokens.hashes == np.uint64(TEXT)) | others) & ~_brought_in(tokens, text)
    return np.unique(_spelt(tokens)[kept])


def _spelt(tokens: CodeTokens) -> Hashes:
    """Return hashes that tell how names and literals are spelt."""
    return (tokens.hashes ^ (tokens.names.astype(np.uint64) + np.uint64(1))) * _SPELT


def common(a: Bag, b: Bag) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which parts of the first both have, and how often both do."""
    _, mine, other = np.intersect1d(a.parts, b.parts, assume_unique=True, return_indices=True)
    return mine, np.minimum(a.counts[mine], b.counts[other])
