"""PDQ, the perceptual hash that lists of forbidden images are shared in.

After Meta's `pdqhash-2017-10-09.pdf` and its C++ code (BSD-3-Clause), with the same bits: two box
filters blur the luminance, 64 by 64 points of it are transformed (DCT), and each of the 16 by 16
lowest frequencies but the constant ones gives a bit: whether it is above their median.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
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
_LUMA = np.array([0.299, 0.587, 0.114])
_QUALITY = 90
_WAYS = 8


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
    return next(_hashes(pixels))


def pdq_all_ways(pixels: NDArray[np.uint8]) -> list[Hash]:
    """Return the hashes of a picture mirrored and turned by quarters: eight, itself first.

    They are those of the mirrored pixels themselves. Turning the signs of the spectrum, as the
    reference does, is off by half a pixel, which costs up to 46 bits on a picture of 256 pixels.
    """
    return list(_hashes(pixels))


def pixels_of(picture: Picture) -> NDArray[np.uint8]:
    """Return an RGB picture's pixels, shape (height, width, 3)."""
    return np.asarray(picture, dtype=np.uint8)


def _hashes(pixels: NDArray[np.uint8]) -> Iterator[Hash]:
    height, width = pixels.shape[:2]
    if min(height, width) < _LEAST:
        for _ in range(_WAYS):
            yield Hash(bytes(BITS // 8), 0)
        return
    # The reference rounds to single precision here; so a picture in one colour stays in one.
    luma = (pixels @ _LUMA).astype(np.float32).astype(np.float64)
    for rows in _shrinking(height):
        shrunk = rows.of(luma)
        for columns in _shrinking(width):
            small = columns.of(shrunk.T).T
            quality, spectrum = _quality(small), _DCT @ small @ _DCT.T
            yield Hash(_bits(spectrum), quality)
            yield Hash(_bits(spectrum.T), quality)


@dataclass(frozen=True, slots=True)
class _Shrinking:
    """How 64 points come of a row: each is a weighted sum over a few places.

    It is spelled out and no product of matrices: those start threads, and the guard has a
    process for each core already.

    Attributes:
        places: shape (64, few).
        weights: the same shape.
    """

    places: NDArray[np.intp]
    weights: NDArray[np.float64]

    def of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the 64 points of each column, shape (64, columns)."""
        shrunk: NDArray[np.float64] = np.einsum("kt,ktc->kc", self.weights, values[self.places])
        return shrunk


@lru_cache(maxsize=32)
def _shrinking(size: int) -> tuple[_Shrinking, _Shrinking]:
    """Return how a row of `size` is shrunk, as it is and mirrored.

    It is blurred twice, each time by a running mean over a 128th of the row, at its edges over
    what there is; then every so many points are taken.
    """
    window = 1 if size == _BLOCK else -(-size // (2 * _BLOCK))
    taken = ((np.arange(_BLOCK) + 0.5) * size / _BLOCK).astype(int)
    outer, outer_weights = _mean(taken, window, size)
    inner, inner_weights = _mean(outer, window, size)
    weights = inner_weights * outer_weights[..., None]
    places = inner.reshape(_BLOCK, -1)
    straight = _Shrinking(places, weights.reshape(_BLOCK, -1))
    return straight, _Shrinking(size - 1 - places, straight.weights)


def _mean(
    points: NDArray[np.intp], window: int, size: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the places that a running mean at each point is over, and their weights."""
    places = points[..., None] + (window + 2) // 2 - window + np.arange(window)
    inside = (places >= 0) & (places < size)
    return places.clip(0, size - 1), inside / inside.sum(axis=-1, keepdims=True)


def _quality(small: NDArray[np.float64]) -> int:
    """Return how much there is to see: steps between neighbours, in hundredths, cut to whole."""
    steps = (np.diff(small, axis=0), np.diff(small, axis=1))
    total = sum(int(np.abs(np.trunc(step * 100 / 255)).sum()) for step in steps)
    return min(100, total // _QUALITY)


def _bits(spectrum: NDArray[np.float64]) -> bytes:
    # The reference's median is the lower of the two middle values.
    median = np.partition(spectrum, BITS // 2 - 1, axis=None)[BITS // 2 - 1]
    return np.packbits((spectrum > median).ravel()[::-1]).tobytes()


def _cosines() -> NDArray[np.float64]:
    row, column = np.arange(1, _LOW + 1)[:, None], np.arange(_BLOCK)[None, :]
    turned: NDArray[np.float64] = np.cos(np.pi / 2 / _BLOCK * row * (2 * column + 1))
    return turned * float(np.sqrt(2 / _BLOCK))


_DCT = _cosines()
