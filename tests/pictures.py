"""Pictures for the tests, made here: none shows anybody or anything."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as Pillow

from upright.terms import Image


def scene(seed: int, height: int = 256, width: int = 256) -> np.ndarray:
    """A scene of ellipses and waves, uint8, shape (height, width, 3)."""
    rng = np.random.Generator(np.random.PCG64(seed))
    y, x = np.mgrid[0:height, 0:width]
    y, x = y / height, x / width
    scene = np.zeros((height, width, 3))
    for _ in range(24):
        cy, cx, ry, rx = rng.uniform(0, 1, 2).tolist() + rng.uniform(0.05, 0.4, 2).tolist()
        inside = ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 < 1
        scene[inside] = rng.uniform(0, 255, 3)
    wave = 20 * np.sin(2 * np.pi * (rng.uniform(1, 6) * x + rng.uniform(1, 6) * y))
    return np.clip(scene + wave[..., None], 0, 255).astype(np.uint8)


def encoded(pixels: np.ndarray, form: str = "PNG", **options) -> bytes:
    """The file of a picture."""
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()


def image(seed: int = 1, form: str = "PNG", **options) -> Image:
    """A picture as upright knows it."""
    return Image(f"image/{form.lower()}", encoded(scene(seed), form, **options))
