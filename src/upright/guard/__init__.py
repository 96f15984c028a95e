"""Detectors find, rules decide, drivers apply: one Guard for data, prompts and answers."""

from upright.guard.detector import Detector

__all__ = ["Detector"]
