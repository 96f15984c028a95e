"""A manifest in a picture: read by another library, and void for other pixels."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image as Pillow
from tests.pictures import image

from upright.certify.c2pa import ANSWER_LABEL, embedded, is_installed
from upright.certify.issuer import Issuer
from upright.terms import MissingExtraError

ANSWER = {"id": "ans_1", "use_case": "posters", "model": "drawer"}


@pytest.fixture
def issuer(tmp_path):
    return Issuer("upright", tmp_path)


def read(c2pa, media_type, data):
    with c2pa.Reader(media_type, io.BytesIO(data)) as reader:
        return json.loads(reader.json())


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_another_library_reads_who_drew_it_and_for_which_answer(issuer, form):
    c2pa = pytest.importorskip("c2pa", reason="the extra `c2pa` is not installed")
    one = image(2, form)
    signed = embedded(issuer, ANSWER, one)
    told = read(c2pa, one.media_type, signed)
    manifest = told["manifests"][told["active_manifest"]]
    said = {item["label"]: item["data"] for item in manifest["assertions"]}
    assert said[ANSWER_LABEL] == ANSWER
    assert said["c2pa.actions.v2"]["actions"][0]["digitalSourceType"].endswith(
        "trainedAlgorithmicMedia"
    )
    codes = {entry["code"] for entry in told["validation_status"]}
    assert codes == {"signingCredential.untrusted"}
    before, after = (Pillow.open(io.BytesIO(data)).convert("RGB") for data in (one.data, signed))
    assert np.array_equal(np.asarray(before), np.asarray(after))


def test_a_changed_byte_is_noticed(issuer):
    c2pa = pytest.importorskip("c2pa", reason="the extra `c2pa` is not installed")
    signed = bytearray(embedded(issuer, ANSWER, image(2)))
    signed[-40] ^= 1
    told = read(c2pa, "image/png", bytes(signed))
    codes = {entry["code"] for entry in told["validation_status"]}
    assert "assertion.dataHash.mismatch" in codes


def test_without_the_extra_the_error_names_it(issuer, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "c2pa", None)
    with pytest.raises(MissingExtraError, match="c2pa-python"):
        embedded(issuer, ANSWER, image(2))


def test_it_is_known_whether_the_extra_is_here():
    pytest.importorskip("c2pa", reason="the extra `c2pa` is not installed")
    assert is_installed()
