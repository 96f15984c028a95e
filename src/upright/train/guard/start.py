"""The network of a guard that was trained before, to go on from."""

from __future__ import annotations

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from upright.terms import UprightError
from upright.train.guard.encoder import GuardEncoder
from upright.weights.guard import GuardWeights

# Names in the exported graph: of the module that `export` wraps, of products, of stored weights.
_WRAPPED, _PRODUCT, _STORED = "model.", "MatMulInteger", "_quantized"


def take_up(model: GuardEncoder, guard: GuardWeights) -> None:
    """Give a network the numbers of a guard, as far as its eight bits tell them.

    The vectors of the words stay those of the base: they are never trained.

    Args:
        model: a new network on the base that the guard was trained from.
        guard: the guard; each weight is read as (eight bits - zero point) * scale of its column.

    Raises:
        UprightError: the guard has another shape, so it was trained from another base.
    """
    graph = onnx.load_from_string(guard.model).graph
    stored = {item.name: torch.tensor(numpy_helper.to_array(item)) for item in graph.initializer}
    told = {
        name.removeprefix(_WRAPPED): value
        for name, value in stored.items()
        if name.startswith(_WRAPPED) and value.dtype == torch.float32
    }
    for node in graph.node:
        if node.op_type == _PRODUCT:
            told[_parameter(node.name)] = _scaled(stored, node.input[1]).T
    for name in ("token_type_embeddings", "position_embeddings"):
        whole = f"encoder.embeddings.{name}.weight"
        told[whole] = _scaled(stored, f"{_WRAPPED}{whole}{_STORED}")
    wanted = {name: value for name, value in model.named_parameters() if value.requires_grad}
    for name, value in wanted.items():
        if name not in told or told[name].shape != value.shape:
            raise UprightError(
                f"the guard to start from has no {name} of shape {tuple(value.shape)}",
                mend="give the --base that it was trained from",
            )
    model.load_state_dict({name: told[name] for name in wanted}, strict=False)


def _parameter(node: str) -> str:
    """Return the weight's name for a product: `/model/hidden/Gemm_MatMul_quant` or like it."""
    return ".".join(node.strip("/").split("/")[1:-1]) + ".weight"


def _scaled(stored: dict[str, Tensor], name: str) -> Tensor:
    whole = name.removesuffix(_STORED)
    return (stored[name].float() - stored[f"{whole}_zero_point"].float()) * stored[f"{whole}_scale"]
