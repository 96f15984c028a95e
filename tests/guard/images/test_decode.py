"""A file is decoded within bounds that it cannot move, or it is an error."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.pictures import encoded, image, scene

from upright.guard.images.decode import SIDE, Bounds, UnreadableImageError, views
from upright.terms import Image
from upright.terms.image import sniffed

FORMS = ("PNG", "JPEG", "WEBP", "GIF")


def animation(count: int, form: str = "GIF", size: int = 32) -> bytes:
    frames = [Pillow.fromarray(scene(seed, size, size)) for seed in range(count)]
    buffer = io.BytesIO()
    frames[0].save(buffer, form, save_all=True, append_images=frames[1:], duration=50)
    return buffer.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """A few bytes that claim to be an enormous picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(b"\0" * 100_000)
    end = chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + end


@pytest.mark.parametrize("form", FORMS)
def test_each_kind_is_read_as_it_is_said_to_be(form):
    (view,) = views(image(1, form), Bounds())
    assert (view.mode, view.size) == ("RGB", (256, 256))
    assert sniffed(image(1, form).data) == f"image/{form.lower()}"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("claimed", ["image/png", "image/jpeg", "image/webp", "image/gif"])
def test_a_file_that_lies_about_its_kind_is_an_error(form, claimed):
    if claimed == f"image/{form.lower()}":
        return
    with pytest.raises(UnreadableImageError):
        views(Image(claimed, encoded(scene(1), form)), Bounds())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_an_error(form, share):
    data = encoded(scene(1), form)
    with pytest.raises(UnreadableImageError):
        views(Image(f"image/{form.lower()}", data[: int(len(data) * share)]), Bounds())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"<!DOCTYPE html><title>502</title>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0" + bytes(100),
        b"GIF89a" + b"\xff" * 20,
        b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(30),
    ],
)
def test_what_is_no_picture_is_an_error_whatever_it_is_called(data):
    for claimed in ("image/png", "image/jpeg", "image/webp", "image/gif", "text/html", ""):
        with pytest.raises(UnreadableImageError):
            views(Image(claimed, data), Bounds())


@pytest.mark.parametrize("form", ["BMP", "TIFF", "PPM", "ICO"])
def test_no_other_decoder_is_ever_asked(form):
    data = encoded(scene(1, 32, 32), form)
    for claimed in (f"image/{form.lower()}", "image/png"):
        with pytest.raises(UnreadableImageError):
            views(Image(claimed, data), Bounds())


def test_a_bomb_is_refused_by_its_head():
    with pytest.raises(UnreadableImageError, match="pixels"):
        views(Image("image/png", huge_png(8_000, 8_000)), Bounds())
    for side in (60_000, 2**31 - 1):
        with pytest.raises(UnreadableImageError):
            views(Image("image/png", huge_png(side, side)), Bounds())


def test_bounds_are_kept_to_the_unit():
    one = image(1)
    assert views(one, Bounds(bytes=len(one.data), pixels=256 * 256))
    for small in (Bounds(bytes=len(one.data) - 1), Bounds(pixels=256 * 256 - 1)):
        with pytest.raises(UnreadableImageError):
            views(one, small)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_every_frame_of_an_animation_is_seen_or_the_file_is_an_error(form):
    moving = Image(f"image/{form.lower()}", animation(5, form))
    seen = views(moving, Bounds(frames=5))
    assert len(seen) == 5
    assert len({view.tobytes() for view in seen}) == 5
    with pytest.raises(UnreadableImageError, match="frames"):
        views(moving, Bounds(frames=4))
    with pytest.raises(UnreadableImageError, match="frames"):
        views(moving, Bounds(frames=5, pixels=5 * 32 * 32 - 1))


def test_what_hides_under_transparency_is_seen_too():
    hidden = scene(7)
    transparent = np.dstack([hidden, np.zeros(hidden.shape[:2], np.uint8)])
    over_white, bare = views(Image("image/png", encoded(transparent)), Bounds())
    assert np.asarray(over_white).min() == 255
    assert np.array_equal(np.asarray(bare), hidden)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "1", "I;16", "CMYK"])
def test_other_ways_to_hold_colours_become_rgb(mode):
    picture = Pillow.fromarray(scene(2, 64, 64))
    buffer = io.BytesIO()
    form = "JPEG" if mode == "CMYK" else "PNG"
    made = Pillow.new("I;16", (64, 64), 999) if mode == "I;16" else picture.convert(mode)
    made.save(buffer, form)
    assert {v.mode for v in views(Image(f"image/{form.lower()}", buffer.getvalue()), Bounds())} == {
        "RGB"
    }


def test_a_large_picture_is_handed_on_small():
    (view,) = views(Image("image/jpeg", encoded(scene(1, 1200, 300), "JPEG")), Bounds())
    assert max(view.size) <= SIDE
