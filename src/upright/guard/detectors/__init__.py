"""The built-in detectors."""

from upright.guard.detectors.registry import (
    all_detectors,
    build_detectors,
    catalogue,
    model_detectors,
)

__all__ = ["all_detectors", "build_detectors", "catalogue", "model_detectors"]
