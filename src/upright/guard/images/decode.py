"""From a file's bytes to small pictures, within bounds that the file cannot move.

It runs in the guard's worker processes only: whatever a decoder does to its process, the
gateway's own never decodes what somebody sent.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from upright.terms import Image, MissingExtraError

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SIDE = 512
"""Pictures are read at this size at most, as PDQ's own tools do."""

# What a media type may be called, and what Pillow calls such a file. MPO is a JPEG with more
# JPEGs behind it, as cameras write them.
FORMATS = {
    "image/png": {"PNG"},
    "image/jpeg": {"JPEG", "MPO"},
    "image/jpg": {"JPEG", "MPO"},
    "image/webp": {"WEBP"},
    "image/gif": {"GIF"},
}
_OPENED = ("PNG", "JPEG", "WEBP", "GIF")
_KEPT = 8


class UnreadableImageError(Exception):
    """A file is no picture that can be judged. Its words hold nothing of the file."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a picture may cost.

    Attributes:
        bytes: of the file.
        pixels: over all its frames.
        frames: of an animation.
    """

    bytes: int = 4_000_000
    pixels: int = 16_000_000
    frames: int = 16


def require_extra() -> None:
    """Make sure that pictures can be read here: better when a guard is built than later.

    Raises:
        MissingExtraError: without the extra `images`.
    """
    for package, module in (("numpy", "numpy"), ("pillow", "PIL")):
        if find_spec(module) is None:
            raise MissingExtraError("Reading images", "images", missing=package)


@lru_cache(maxsize=_KEPT)
def views(image: Image, bounds: Bounds) -> tuple[Picture, ...]:
    """Return all that can be seen of a picture: each frame in RGB, at most SIDE wide and high.

    A frame that is partly transparent is seen twice: over white, and with its transparency
    ignored, since one reader does this and another that.

    Raises:
        UnreadableImageError: for a file that is truncated, over a bound, or not what it is
            said to be.
    """
    if len(image.data) > bounds.bytes:
        raise UnreadableImageError("too many bytes")
    from PIL import Image as Pillow  # noqa: PLC0415 (an optional extra)

    try:
        with Pillow.open(io.BytesIO(image.data), formats=_OPENED) as opened:
            frames = _frames(opened, FORMATS.get(image.media_type, set()), bounds)
            return tuple(view for frame in frames for view in _views(frame))
    except UnreadableImageError:
        raise
    except Exception:  # noqa: BLE001 (a decoder may raise anything; its words may hold the file)
        raise UnreadableImageError("cannot be decoded") from None


def _frames(opened: Picture, formats: set[str], bounds: Bounds) -> Iterator[Picture]:
    """Yield the frames; a frame beyond the bound is one that nobody would look at."""
    if opened.format not in formats:
        raise UnreadableImageError("not what it is said to be")
    width, height = opened.size
    # Known from the file's head, before anything is unpacked.
    if width * height > bounds.pixels:
        raise UnreadableImageError("too many pixels")
    opened.draft("RGB", (SIDE, SIDE))
    for number in range(bounds.frames + 1):
        try:
            opened.seek(number)
        except EOFError:
            return
        if number == bounds.frames or (number + 1) * width * height > bounds.pixels:
            raise UnreadableImageError("too many frames")
        opened.load()
        yield opened


def _views(frame: Picture) -> Iterator[Picture]:
    from PIL import Image as Pillow  # noqa: PLC0415 (an optional extra)

    size = (min(SIDE, frame.width), min(SIDE, frame.height))
    if not frame.has_transparency_data:
        yield _sized(frame.convert("RGB"), size)
        return
    layered = frame.convert("RGBA")
    white = Pillow.new("RGBA", layered.size, "white")
    yield _sized(Pillow.alpha_composite(white, layered).convert("RGB"), size)
    yield _sized(layered.convert("RGB"), size)


def _sized(picture: Picture, size: tuple[int, int]) -> Picture:
    from PIL import Image as Pillow  # noqa: PLC0415 (an optional extra)

    if picture.size == size:
        return picture.copy()
    return picture.resize(size, Pillow.Resampling.BILINEAR)
