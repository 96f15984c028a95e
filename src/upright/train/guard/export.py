"""From the fitted network to the files that a guard opens: ONNX with integers of eight bits."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from upright.train.guard.encoder import GuardEncoder

_OPSET = 17


class _Alone(nn.Module):
    """The network for one stretch, in which no token is padding."""

    def __init__(self, model: GuardEncoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        whole, tokens = self.model(ids, torch.ones_like(ids))
        return whole, tokens


def export(model: GuardEncoder, path: Path) -> None:
    """Write the network with eight-bit weights.

    Args:
        model: fitted, in evaluation mode.
        path: the ONNX file to write; input `ids` of shape (1, t), outputs of shape (1, outputs)
            and (1, t).
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415 (slow)

    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            _Alone(model.eval()),
            (torch.randint(model.encoder.config.vocab_size, (1, 24)),),
            str(plain),
            input_names=["ids"],
            output_names=["whole", "tokens"],
            dynamic_axes={"ids": {1: "t"}, "tokens": {1: "t"}},
            opset_version=_OPSET,
            dynamo=False,
        )
        quantize_dynamic(str(plain), str(path), weight_type=QuantType.QInt8, per_channel=True)
