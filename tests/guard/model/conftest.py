"""What the tests of the guard model share."""

from __future__ import annotations

import pytest
from tests.guard.model.fakes import write_tiny_model


@pytest.fixture
def tiny(tmp_path):
    """A folder with a tiny guard model; skips where the extra is not installed."""
    pytest.importorskip("onnxruntime", reason="the extra `guard` is not installed")
    pytest.importorskip("tokenizers", reason="the extra `guard` is not installed")
    pytest.importorskip("onnx", reason="the extra `train` is not installed")
    return write_tiny_model(tmp_path / "tiny")
