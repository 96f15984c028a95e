"""What leaves of a picture's file is the picture: no words, no address, nothing behind its end."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo
from tests.guard.images.test_decode import animation
from tests.pictures import encoded, image, scene

from upright.guard.images.bare import bare
from upright.terms import Image

WORD = b"secret-prompt-of-ann"


def chatty(form: str) -> bytes:
    """A picture with words wherever its kind has room for them."""
    picture = Pillow.fromarray(scene(4))
    exif = Pillow.Exif()
    exif[0x010E] = WORD.decode()
    info = PngInfo()
    for adds in (info.add_text, info.add_itxt):
        adds("parameters", WORD.decode())
    options = {
        "PNG": {"pnginfo": info, "exif": exif, "icc_profile": WORD * 9},
        "JPEG": {"comment": WORD, "exif": exif, "icc_profile": WORD * 9, "quality": 90},
        "WEBP": {"exif": exif, "xmp": WORD, "icc_profile": WORD * 9, "lossless": True},
        "GIF": {"comment": WORD},
    }[form]
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue() + WORD


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_words_are_gone_and_the_pixels_are_the_same(form):
    data = chatty(form)
    assert WORD in data
    left = bare(Image(f"image/{form.lower()}", data))
    assert WORD not in left.data
    assert np.array_equal(pixels(left.data), pixels(data))
    opened = Pillow.open(io.BytesIO(left.data))
    opened.load()
    assert not opened.getexif()
    assert not {"comment", "parameters", "icc_profile", "xmp"} & opened.info.keys()
    assert bare(left) == left


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"quality": 5}])
def test_every_way_to_write_a_jpeg_survives(options):
    data = encoded(scene(9), "JPEG", **options)
    left = bare(Image("image/jpeg", b"\xff\xd8\xff" + data[2:]))  # one fill byte before a marker
    assert np.array_equal(pixels(left.data), pixels(data))


def test_cmyk_keeps_how_its_colours_are_meant():
    buffer = io.BytesIO()
    Pillow.fromarray(scene(3)).convert("CMYK").save(buffer, "JPEG")
    left = bare(Image("image/jpeg", buffer.getvalue()))
    assert np.array_equal(pixels(left.data), pixels(buffer.getvalue()))


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_keeps_its_frames(form):
    left = bare(Image(f"image/{form.lower()}", animation(4, form)))
    assert Pillow.open(io.BytesIO(left.data)).n_frames == 4


def test_transparency_survives():
    layered = np.dstack([scene(1), scene(2)[:, :, 0]])
    left = bare(Image("image/png", encoded(layered)))
    assert np.array_equal(np.asarray(Pillow.open(io.BytesIO(left.data))), layered)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_file_that_is_not_built_as_its_kind_is_refused(form):
    data = image(1, form).data
    for cut in (len(data) // 3, len(data) // 2, len(data) - 3):
        with pytest.raises(ValueError, match=r"cut off|not found|must be"):
            bare(Image(f"image/{form.lower()}", data[:cut]))


def test_a_kind_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="not a kind"):
        bare(Image("text/html", b"<html>"))
