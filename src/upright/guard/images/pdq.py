"""PDQ, the perceptual hash that lists of forbidden images are shared in.

After Meta's `pdqhash-2017-10-09.pdf` and its C++ code (BSD-3-Clause), with the same bits: two box
filters blur the luminance, 64 by 64 points of it are transformed (DCT), and each of the 16 by 16
lowest frequencies but the constant ones gives a bit: whether it is above their median.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image as Picture

BITS = 256
GOOD = 50
"""The quality below which a picture has too little in it for its hash to say anything."""

_BLOCK = 64
_LOW = 16
_LEAST = 5
_PASSES = 2
_LUMA = np.array([0.299, 0.587, 0.114])
_QUALITY = 90
_HALF_TURNS = np.where(np.arange(_LOW) % 2 == 0, -1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Hash:
    """A perceptual hash.

    Attributes:
        bits: 32 bytes.
        quality: 0 to 100; see GOOD.
    """

    bits: bytes
    quality: int


def pdq(pixels: NDArray[np.uint8]) -> Hash:
    """Return the hash of a picture.

    Args:
        pixels: RGB, shape (height, width, 3).
    """
    spectrum, quality = _spectrum(pixels)
    return Hash(_bits(spectrum), quality)


def pdq_all_ways(pixels: NDArray[np.uint8]) -> list[Hash]:
    """Return the hashes of a picture turned by quarters and mirrored: eight, itself first."""
    spectrum, quality = _spectrum(pixels)
    return [Hash(_bits(turned), quality) for turned in _turned(spectrum)]


def pixels_of(picture: Picture) -> NDArray[np.uint8]:
    """Return an RGB picture's pixels, shape (height, width, 3)."""
    return np.asarray(picture, dtype=np.uint8)


def _spectrum(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], int]:
    height, width = pixels.shape[:2]
    if min(height, width) < _LEAST:
        return np.zeros((_LOW, _LOW)), 0
    # The reference rounds to single precision here; so a picture in one colour stays in one.
    luma = (pixels @ _LUMA).astype(np.float32).astype(np.float64)
    for _ in range(_PASSES):
        luma = _box(_box(luma, axis=1), axis=0)
    rows = ((np.arange(_BLOCK) + 0.5) * height / _BLOCK).astype(int)
    columns = ((np.arange(_BLOCK) + 0.5) * width / _BLOCK).astype(int)
    small = luma[np.ix_(rows, columns)]
    return _DCT @ small @ _DCT.T, _quality(small)


def _box(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Return running means over a 128th of the picture, over what there is at its edges."""
    size = values.shape[axis]
    window = -(-size // (2 * _BLOCK))
    ahead = (window + 2) // 2
    ends = np.minimum(np.arange(size) + ahead, size)
    starts = np.maximum(np.arange(size) + ahead - window, 0)
    sums = np.concatenate([np.zeros_like(values.take([0], axis)), values.cumsum(axis)], axis)
    counts = (ends - starts).reshape((-1, 1) if axis == 0 else (1, -1))
    means: NDArray[np.float64] = (sums.take(ends, axis) - sums.take(starts, axis)) / counts
    return means


def _quality(small: NDArray[np.float64]) -> int:
    """Return how much there is to see: steps between neighbours, in hundredths, cut to whole."""
    steps = (np.diff(small, axis=0), np.diff(small, axis=1))
    total = sum(int(np.abs(np.trunc(step * 100 / 255)).sum()) for step in steps)
    return min(100, total // _QUALITY)


def _bits(spectrum: NDArray[np.float64]) -> bytes:
    # The reference's median is the lower of the two middle values.
    median = np.partition(spectrum, BITS // 2 - 1, axis=None)[BITS // 2 - 1]
    return np.packbits((spectrum > median).ravel()[::-1]).tobytes()


def _turned(spectrum: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Yield the spectrum of the picture in all eight positions; signs and a transpose do it."""
    by_row, by_column = spectrum * _HALF_TURNS[:, None], spectrum * _HALF_TURNS[None, :]
    both = by_row * _HALF_TURNS[None, :]
    yield from (spectrum, by_column.T, both, by_row.T)
    yield from (by_row, by_column, spectrum.T, both.T)


def _cosines() -> NDArray[np.float64]:
    row, column = np.arange(1, _LOW + 1)[:, None], np.arange(_BLOCK)[None, :]
    turned: NDArray[np.float64] = np.cos(np.pi / 2 / _BLOCK * row * (2 * column + 1))
    return turned * float(np.sqrt(2 / _BLOCK))


_DCT = _cosines()
