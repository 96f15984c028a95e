"""The statistical detector's numbers, which come inside upright; `scripts/train_detector.py`."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any

from upright.terms import UprightError

DETECTOR_SHA256 = "7b2aee2e5a273e4b242cb99301ac20d6ee3a351e213526b06a4355ec77d7cb2b"
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
