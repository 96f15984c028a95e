"""What the tests of training guards share."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra `train` is not installed")
pytest.importorskip("transformers", reason="the extra `train` is not installed")
pytest.importorskip("onnx", reason="the extra `train` is not installed")

from tests.train.guard.tiny import write_base


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """A folder with an encoder so small that it is trained in seconds."""
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture
def only_lines(monkeypatch):
    """Train on the lines alone, without our own sentences: they are tens of thousands."""
    monkeypatch.setattr("upright.train.guard.build.sentences", lambda split: iter(()))
