"""The statistical detector's numbers, which come inside upright; `scripts/train_detector.py`."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any

from upright.terms import UprightError

DETECTOR_SHA256 = "0212c3d6a0aade9650fd81bbd976091246ae2641bf0c0f9ed05553d7040c9f43"
"""SHA-256 of `detector.json`; the training script writes both."""


def open_detector() -> dict[str, Any]:
    """Return the detector's numbers once their file has been checked.

    Raises:
        UprightError: if the file is not the pinned one.
    """
    raw = files("upright.weights").joinpath("detector.json").read_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != DETECTOR_SHA256:
        raise UprightError(
            f"the detector's file is not the known one: sha256:{found}, expected "
            f"sha256:{DETECTOR_SHA256}",
            mend="install upright again",
        )
    value: dict[str, Any] = json.loads(raw)
    return value
