"""The fast form of the packaged model: the same weights to within its steps, and pinned."""

import io
import os
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from upright.terms import UprightError
from upright.weights import SMOLLM2, open_fast, open_packaged, packaged, requantise
from upright.weights.gguf import ALIGNMENT, F32, Q4_1, Q8_0, read_layout

BLOCKS = st.integers(1, 6)


def q4_1(scales, offsets, codes):
    """Blocks as a file holds them."""
    low, high = codes[:, :16], codes[:, 16:]
    parts = [
        scales.astype(np.float16).view(np.uint8).reshape(-1, 2),
        offsets.astype(np.float16).view(np.uint8).reshape(-1, 2),
        (low | (high << 4)).astype(np.uint8),
    ]
    return np.concatenate(parts, axis=1).ravel()


def values_of(raw):
    """The weights that Q8_0 blocks stand for."""
    blocks = raw.reshape(-1, 34)
    steps = blocks[:, :2].copy().view(np.float16).astype(np.float64)
    return steps * blocks[:, 2:].copy().view(np.int8)


@given(st.data(), BLOCKS)
def test_every_weight_is_within_one_step_of_its_old_value(data, count):
    finite = st.floats(-4, 4, width=16)
    scales = data.draw(arrays(np.float16, (count, 1), elements=finite))
    offsets = data.draw(arrays(np.float16, (count, 1), elements=finite))
    codes = data.draw(arrays(np.uint8, (count, 32), elements=st.integers(0, 15)))
    old = scales.astype(np.float64) * codes + offsets.astype(np.float64)
    new = values_of(requantise.q8_0(q4_1(scales, offsets, codes)))
    # Half a step, and what half precision does to the step itself: 127 times 2^-11 of it.
    largest = np.abs(old).max(axis=1, keepdims=True)
    assert (np.abs(new - old) <= largest / 127 * 0.57 + 127 * 2.0**-24).all()


def test_a_block_of_zeros_stays_zero():
    zeros = np.zeros((2, 1), dtype=np.float16)
    raw = requantise.q8_0(q4_1(zeros, zeros, np.full((2, 32), 9, dtype=np.uint8)))
    assert not values_of(raw).any()


def small_file():
    """A GGUF file with metadata of every kind, one Q4_1 and one F32 tensor."""

    def text(value):
        return struct.pack("<Q", len(value)) + value

    entries = [
        text(b"a.string") + struct.pack("<I", 8) + text(b"x"),
        text(b"a.bool") + struct.pack("<IB", 7, 1),
        text(b"a.float") + struct.pack("<If", 6, 0.5),
        text(b"a.long") + struct.pack("<IQ", 10, 7),
        text(b"a.list") + struct.pack("<IIQ", 9, 8, 2) + text(b"p") + text(b"qq"),
        text(b"a.lists") + struct.pack("<IIQ", 9, 9, 1) + struct.pack("<IQ", 2, 1) + b"\1\0",
    ]
    codes = np.arange(64, dtype=np.uint8).reshape(2, 32) % 16
    quantised = q4_1(np.array([[0.5], [1.0]]), np.array([[-1.0], [2.0]]), codes).tobytes()
    plain = np.arange(5, dtype=np.float32).tobytes()
    table = text(b"w") + struct.pack("<IQQIQ", 2, 32, 2, Q4_1, 0)
    table += text(b"n") + struct.pack("<IQIQ", 1, 5, F32, 64)
    head = struct.pack("<4sIQQ", b"GGUF", 3, 2, len(entries)) + b"".join(entries) + table
    head += b"\0" * (-len(head) % ALIGNMENT)
    return head + quantised + b"\0" * (64 - len(quantised)) + plain


def test_a_file_keeps_its_metadata_and_its_other_tensors():
    source, target = io.BytesIO(small_file()), io.BytesIO()
    requantise.requantise(source, target)
    source.seek(0)
    target.seek(0)
    before = read_layout(source)
    after = read_layout(target)
    assert after.metadata == before.metadata
    assert [(t.name, t.shape, t.kind) for t in after.tensors] == [
        (b"w", (32, 2), Q8_0),
        (b"n", (5,), F32),
    ]
    data = target.getvalue()[after.data :]
    assert all(tensor.offset % ALIGNMENT == 0 for tensor in after.tensors)
    weights, plain = after.tensors
    assert data[plain.offset : plain.offset + 20] == np.arange(5, dtype=np.float32).tobytes()
    new = values_of(np.frombuffer(data[: weights.size], dtype=np.uint8))
    old = np.array([[0.5], [1.0]]) * (np.arange(64).reshape(2, 32) % 16) + [[-1.0], [2.0]]
    assert np.abs(new - old).max() < 0.08


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"NOPE" + raw[4:],
        lambda raw: raw[:4] + struct.pack("<I", 2) + raw[8:],
        lambda raw: raw.replace(struct.pack("<IQ", F32, 64), struct.pack("<IQ", 2, 64)),
        lambda raw: raw[:30],
    ],
    ids=["no gguf", "another version", "another tensor type", "cut"],
)
def test_a_file_of_another_kind_is_refused(damage):
    with pytest.raises(UprightError):
        requantise.requantise(io.BytesIO(damage(small_file())), io.BytesIO())


class Installed:
    """A distribution whose files lie in a folder."""

    def __init__(self, folder):
        self._folder = folder

    def locate_file(self, path):
        return self._folder / path


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A packaged model of two small tensors, with its fast form pinned."""
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    (tmp_path / "m.gguf").write_bytes(small_file())
    monkeypatch.setattr(packaged, "distribution", lambda _: Installed(tmp_path))
    fast = io.BytesIO()
    requantise.requantise(io.BytesIO(small_file()), fast)
    digests = [packaged.verified_digest(tmp_path / "m.gguf")]
    (tmp_path / "fast").write_bytes(fast.getvalue())
    digests.append(packaged.verified_digest(tmp_path / "fast"))
    plain, quick = (digest.removeprefix("sha256:") for digest in digests)
    return replace(SMOLLM2, file="m.gguf", sha256=plain, fast_sha256=quick)


def test_the_fast_form_is_made_once_and_opened_again(model, monkeypatch):
    first = open_fast(model)
    assert first.digest == f"sha256:{model.fast_sha256}"
    assert first.path.parent.name == "models"
    monkeypatch.setattr(requantise, "requantise", lambda *_: pytest.fail("made again"))
    assert open_fast(model) == first
    assert [file.name for file in first.path.parent.iterdir()] == [first.path.name]


def test_an_altered_fast_form_is_made_anew(model):
    first = open_fast(model)
    first.path.write_bytes(b"altered")
    assert open_fast(model) == first
    assert first.path.read_bytes()[:4] == b"GGUF"


def test_a_fast_form_that_does_not_come_out_as_pinned_is_not_used(model):
    odd = replace(model, fast_sha256="0" * 64)
    assert open_fast(odd) == open_packaged(odd)


def test_a_state_folder_that_cannot_be_written_leaves_the_packaged_file(
    model, tmp_path, monkeypatch
):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder would be")
    monkeypatch.setenv("UPRIGHT_HOME", str(blocked))
    assert open_fast(model) == open_packaged(model)


def test_a_failure_in_the_middle_leaves_no_half_file(model, monkeypatch):
    def fail(_source, target):
        target.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(requantise, "requantise", fail)
    weights = open_fast(model)
    assert weights == open_packaged(model)
    folder = requantise.home() / "models"
    assert list(folder.iterdir()) == []
    assert os.access(folder, os.W_OK)


@pytest.mark.embedded
def test_the_real_model_comes_out_as_pinned(tmp_path, monkeypatch):
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path))
    assert open_fast().digest == f"sha256:{SMOLLM2.fast_sha256}"
