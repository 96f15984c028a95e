"""Detectors that a caller adds by name, so that worker processes can build them too."""

from __future__ import annotations

from importlib import import_module

from upright.guard.detector import Detector
from upright.terms import ConfigError


def load_extra(spec: str) -> Detector:
    """Return the detector that `module:factory` makes.

    Raises:
        ConfigError: naming the spec, where it cannot be imported or makes no Detector.
    """
    module, _, name = spec.partition(":")
    try:
        factory = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"the detector {spec!r} cannot be loaded: {error}",
            mend="name an importable module and a function in it, as module:factory",
        ) from None
    made = factory()
    if not isinstance(made, Detector):
        raise ConfigError(
            f"{spec!r} made a {type(made).__name__} where a Detector is wanted",
            mend="return an object with rule, reach, version, find and settled",
        )
    return made
