"""Finds, checks and opens packaged models; nothing else loads weights."""

from upright.weights.checksum import verified_digest
from upright.weights.packaged import SMOLLM2, PackagedModel, Weights, open_packaged

__all__ = ["SMOLLM2", "PackagedModel", "Weights", "open_packaged", "verified_digest"]
