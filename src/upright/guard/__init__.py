"""Detectors find, rules decide, drivers apply: one Guard for data, prompts and answers."""

from upright.guard.detector import Detector
from upright.guard.guard import Guard, UnguardedUnsafe
from upright.guard.pool import GuardPool
from upright.guard.pseudonyms import Pseudonyms
from upright.guard.restore import Restorer, restored
from upright.guard.scan import Scan
from upright.guard.shown import Shown
from upright.guard.stream import StreamDriver, Window

__all__ = [
    "Detector",
    "Guard",
    "GuardPool",
    "Pseudonyms",
    "Restorer",
    "Scan",
    "Shown",
    "StreamDriver",
    "UnguardedUnsafe",
    "Window",
    "restored",
]
