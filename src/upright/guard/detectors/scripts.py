"""What detectors must know of writing systems."""

from __future__ import annotations

UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Inside of a character class: letters of scripts that put no spaces between words."""
