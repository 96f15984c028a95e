"""Finds, checks and opens packaged models; nothing else loads weights."""

from upright.weights.checksum import verified_digest
from upright.weights.detector import open_detector
from upright.weights.packaged import SMOLLM2, PackagedModel, Weights, open_packaged


def open_fast(model: PackagedModel = SMOLLM2) -> Weights:
    """Open a packaged model in the form that computes fastest: see `requantise.open_fast`."""
    from upright.weights import requantise  # noqa: PLC0415 (loads numpy, which is optional)

    return requantise.open_fast(model)


__all__ = [
    "SMOLLM2",
    "PackagedModel",
    "Weights",
    "open_detector",
    "open_fast",
    "open_packaged",
    "verified_digest",
]
