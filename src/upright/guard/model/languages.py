"""The languages that the guard's detectors were measured in."""

from __future__ import annotations

MEASURED_LANGUAGES = ("en",)
"""BCP 47 tags. Every figure of the guard model, and of the tables of phrases, is of such text."""
