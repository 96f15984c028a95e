"""The words of a text in their normal form, as hashes: what all text matching counts in.

Case, space, punctuation, compatibility forms, accents, invisible characters and letters that look
like Latin ones make no difference. In scripts without spaces each character is a word.

A word's hash reads its UTF-8 bytes eight at a time, each block mixed as in SplitMix64 (Steele,
Lea and Flood, 2014), so it is the same on every machine. It is no secret and no digest: whoever
wants two words with one hash can make them, so a match that matters is verified on the words.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int32]

NORMAL_FORM = 1
"""Stands in the header of each index; another number means the hashes do not compare."""

_BLOCK = 8
_ASCII = 128
_SPACE = ord(" ")
_JOINERS = b"'"
"""Taken out, so that `don't` and `dont` are one word."""
_SINGLE = (
    (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF),
    (0x0E00, 0x0E7F), (0x0E80, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF),
)  # fmt: skip
"""Scripts without spaces: kana, Han, Thai, Lao, Burmese, Khmer."""
_APOSTROPHES = frozenset("\u2018\u2019\u02bc\uff07\u00b4")
_LEADING, _CONTINUED = 0b1100_0000, 0b1000_0000
"""In UTF-8 the second and later bytes of a character begin with the bits 10."""
_UNSEEN = frozenset({"Mn", "Mc", "Me", "Cf"})
"""Categories that belong to the letter before, or that nobody sees."""
_FIRST, _SECOND, _STEP = (
    np.uint64(number) for number in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0x9E3779B97F4A7C15)
)
_MULTIPLIER = 0xD6E8FEB86659FD93
"""Odd, so that it has an inverse modulo 2^64."""
_ALL = (1 << 64) - 1
_FEW = 16
"""So few long words are read one by one: numpy's calls would cost more than their work."""
_AT_ONCE = 1 << 16
_INVERSE = pow(_MULTIPLIER, -1, 1 << 64)
_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(_BLOCK + 1)], dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text.

    Attributes:
        hashes: one a word, shape (n,).
        starts: where each begins in the text as it was given, in characters, shape (n,).
        ends: where each ends, shape (n,).
    """

    hashes: Hashes
    starts: Places
    ends: Places

    def __len__(self) -> int:
        return len(self.hashes)


def words(text: str) -> Words:
    """Return the words of a text with their places.

    Lone surrogates separate words.
    """
    raw = _folded(text).encode()
    plain = raw.translate(_table(), _JOINERS)
    starts, ends = _edges(plain)
    hashes = _hashes(plain, starts, ends)
    origin = _origin(text, raw)
    # The end is that of the last character: between it and the next one letters may be missing.
    return Words(hashes, origin[starts], origin[ends - 1] + np.int32(1))


def batch(texts: Sequence[str]) -> tuple[Hashes, NDArray[np.int64]]:
    """Return the hashes of the words of many texts, one text behind the other.

    Returns:
        Hashes of shape (n,), and bounds of shape (len(texts) + 1,): those of text i are
        `hashes[bounds[i]:bounds[i + 1]]`, the same as `words` gives.
    """
    parts = [_folded(text).encode().translate(_table(), _JOINERS) for text in texts]
    plain = b" ".join(parts)
    starts, ends = _edges(plain)
    lengths = np.fromiter((len(part) + 1 for part in parts), np.int64, len(parts))
    bounds = np.searchsorted(starts, np.concatenate(([0], np.cumsum(lengths))))
    return _hashes(plain, starts, ends), bounds.astype(np.int64)


def grams(hashes: Hashes, k: int) -> Hashes:
    """Return the hash of every k neighbours, shape (max(0, n - k + 1),).

    A polynomial modulo 2^64, taken from one running sum for any k (Karp and Rabin, 1987), mixed.
    """
    count = len(hashes) - k + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    powers, inverses = _powers(len(hashes))
    sums = np.zeros(len(hashes) + 1, np.uint64)
    np.cumsum(hashes * inverses, out=sums[1:])
    return _mixed((sums[k:] - sums[:-k]) * powers[k - 1 :])


def winnow(hashes: Hashes, window: int) -> NDArray[np.int64]:
    """Return the places of the smallest hash of each window, the rightmost of equals.

    Two texts that share `window + k - 1` neighbours so share at least one kept k-gram
    (Schleimer, Wilkerson and Aiken, 2003).
    """
    window = min(window, len(hashes))
    if not window:
        return np.empty(0, np.int64)
    count = len(hashes) - window + 1
    smallest = hashes[window - 1 :].copy()
    back = np.zeros(count, np.int64)
    for at in range(window - 2, -1, -1):
        here = hashes[at : at + count]
        back[here < smallest] = window - 1 - at
        np.minimum(smallest, here, out=smallest)
    # The rightmost smallest place never moves back, so equal ones are neighbours.
    places = np.arange(window - 1, len(hashes)) - back
    fresh = np.ones(count, np.bool_)
    fresh[1:] = places[1:] != places[:-1]
    return places[fresh]


def _mixed(hashes: Hashes) -> Hashes:
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _FIRST
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _SECOND
    return hashes ^ (hashes >> np.uint64(31))


@cache
def _table() -> bytes:
    """Return what each byte is read as: small letters and digits stay, other ASCII separates."""
    signs = (chr(byte) for byte in range(_ASCII))
    plain = bytes(ord(sign.lower()) if sign.isalnum() else _SPACE for sign in signs)
    table = bytearray(plain + bytes(range(_ASCII, 256)))
    table[_JOINERS[0]] = _JOINERS[0]
    return bytes(table)


class _Fold(dict[int, str]):
    """What each character is read as; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


_FOLD = _Fold()


def _folded(text: str) -> str:
    return text if text.isascii() else text.translate(_FOLD)


@cache
def _latin() -> dict[str, str]:
    raw = files("upright.terms").joinpath("lookalikes.toml").read_bytes()
    rows: dict[str, str] = tomllib.loads(raw.decode())["latin"]
    return {
        form: letter.lower()
        for letter, others in rows.items()
        for other in others
        for form in (other, other.casefold())
    }


def _fold(sign: str) -> str:
    """Return how one character is read: letters and digits, a space, a joiner, or nothing."""
    if sign.isascii():
        return sign
    if sign in _APOSTROPHES:
        return "'"
    if any(first <= ord(sign) <= last for first, last in _SINGLE):
        single = unicodedata.normalize("NFKC", sign).strip()
        return f" {single} " if single.isalnum() or unicodedata.category(sign)[0] == "M" else " "
    read = []
    for part in unicodedata.normalize("NFKD", _latin().get(sign, sign).casefold()):
        if part.isalnum():
            read.append(_latin().get(part, part.casefold()))
        elif unicodedata.category(part) not in _UNSEEN:
            read.append(" ")
    return "".join(read)


def _edges(plain: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where words begin and end, in bytes."""
    inside = np.zeros(len(plain) + 2, np.bool_)
    inside[1:-1] = np.frombuffer(plain, np.uint8) != _SPACE
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    return edges[::2], edges[1::2]


def _hashes(plain: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Hashes:
    padded = np.frombuffer(plain + bytes(_BLOCK), np.uint8)
    # A view of the eight bytes that begin at every byte.
    blocks = as_strided(padded[:_BLOCK].view("<u8"), (len(plain) + 1,), (1,), writeable=False)
    lengths = ends - starts
    first = blocks[starts] & _MASKS[np.minimum(lengths, _BLOCK)]
    hashes = _mixed(first + _STEP * lengths.astype(np.uint64))
    rest = np.flatnonzero(lengths > _BLOCK)
    at = _BLOCK
    while len(rest) > _FEW:
        block = blocks[starts[rest] + at] & _MASKS[np.minimum(lengths[rest] - at, _BLOCK)]
        hashes[rest] = _mixed(hashes[rest] + _STEP + block * _FIRST)
        at += _BLOCK
        rest = rest[lengths[rest] > at]
    # A word as long as a file has millions of blocks, each of which needs the one before.
    for place in rest.tolist():
        word = blocks[starts[place] + at : ends[place] : _BLOCK].copy()
        word[-1] &= _MASKS[(int(lengths[place]) - at - 1) % _BLOCK + 1]
        hashes[place] = _chained(int(hashes[place]), word)
    return hashes


def _chained(mixed: int, blocks: Hashes) -> int:
    """Return the hash of a word whose first blocks have one, block by block."""
    first, second = int(_FIRST), int(_SECOND)
    for begin in range(0, len(blocks), _AT_ONCE):
        for block in (blocks[begin : begin + _AT_ONCE] * _FIRST + _STEP).tolist():
            mixed = (mixed + block) & _ALL
            mixed = ((mixed ^ (mixed >> 30)) * first) & _ALL
            mixed = ((mixed ^ (mixed >> 27)) * second) & _ALL
            mixed ^= mixed >> 31
    return mixed


def _origin(text: str, raw: bytes) -> Places:
    """Return the character of the text that each byte without joiners comes from."""
    codes = np.frombuffer(raw, np.uint8)
    if text.isascii():
        places = np.arange(len(codes), dtype=np.int32)
    else:
        signs = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        widths = np.ones(len(signs), np.int32)
        others = np.flatnonzero(signs >= _ASCII)
        widths[others] = [len(_FOLD[sign]) for sign in signs[others].tolist()]
        characters = np.repeat(np.arange(len(text), dtype=np.int32), widths)
        places = characters[np.cumsum((codes & _LEADING) != _CONTINUED) - 1]
    kept: Places = places[codes != _JOINERS[0]]
    return kept


@cache
def _series(size: int) -> tuple[Hashes, Hashes]:
    both = []
    for base in (_MULTIPLIER, _INVERSE):
        factors = np.full(size, base, np.uint64)
        factors[0] = 1
        both.append(np.cumprod(factors))
    return both[0], both[1]


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """Return the powers of the multiplier and of its inverse, from 0 to `count` - 1."""
    powers, inverses = _series(1 << max(10, (count - 1).bit_length()))
    return powers[:count], inverses[:count]
