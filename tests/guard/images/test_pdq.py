"""PDQ gives the bits that Meta's own code gives, and the same picture stays near itself."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.pictures import encoded, scene

from upright.guard.images.decode import Bounds, views
from upright.guard.images.pdq import BITS, GOOD, pdq, pdq_all_ways, pixels_of
from upright.terms import Image

REFERENCE = json.loads(Path(__file__).with_name("pdq_reference.json").read_text(encoding="utf-8"))
LISTED = 31


def pixels(case):
    made = scene(case["seed"], case["height"], case["width"])
    if case["faint"]:
        return (made // 16 + 100).astype(np.uint8)
    return np.full_like(made, 77) if case["flat"] else made


def distance(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()


def seen(data: bytes, media_type: str = "image/png"):
    return pixels_of(views(Image(media_type, data), Bounds())[0])


@pytest.mark.parametrize("case", REFERENCE["pictures"], ids=lambda c: f"{c['height']}x{c['width']}")
def test_hash_and_quality_are_those_of_the_reference_in_all_eight_positions(case):
    made = pdq_all_ways(pixels(case))
    assert {one.quality for one in made} == {case["quality"]}
    if case["quality"] >= GOOD:
        assert [one.bits.hex() for one in made] == case["hashes"]
    assert pdq(pixels(case)) == made[0]


def test_the_reference_has_pictures_of_good_and_of_bad_quality():
    qualities = [case["quality"] for case in REFERENCE["pictures"]]
    assert min(qualities) == 0
    assert any(0 < quality < GOOD for quality in qualities)
    assert sum(quality >= GOOD for quality in qualities) >= 8


@pytest.mark.parametrize("seed", range(20))
def test_the_same_picture_stays_near_itself_and_others_are_far(seed):
    original = pdq(scene(seed, 384, 512)).bits
    picture = Pillow.fromarray(scene(seed, 384, 512))
    worse = io.BytesIO()
    picture.resize((400, 300)).save(worse, "JPEG", quality=40)
    assert distance(original, pdq(seen(worse.getvalue(), "image/jpeg")).bits) <= LISTED
    others = [pdq(scene(other, 384, 512)).bits for other in range(seed + 1, seed + 5)]
    assert min(distance(original, other) for other in others) > 2 * LISTED


@pytest.mark.parametrize("turn", list(Pillow.Transpose))
def test_a_turned_or_mirrored_picture_is_near_one_of_the_eight(turn):
    original = pdq(scene(3, 300, 300)).bits
    turned = np.asarray(Pillow.fromarray(scene(3, 300, 300)).transpose(turn))
    assert min(distance(original, one.bits) for one in pdq_all_ways(turned)) <= 8


def test_a_large_picture_is_read_small_and_keeps_its_hash():
    large = scene(5, 1500, 2100)
    assert distance(pdq(large).bits, pdq(seen(encoded(large))).bits) <= 10


def test_a_picture_too_small_to_hash_has_no_quality():
    tiny = pdq(scene(1, 4, 300))
    assert (tiny.quality, len(tiny.bits) * 8) == (0, BITS)
