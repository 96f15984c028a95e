"""Robust reading: what a text says once tricks of spelling and disguise are undone."""

from __future__ import annotations

from upright.guard.legible.mapping import Legible
from upright.guard.legible.reading import legible, version
from upright.guard.legible.wrappers import WRAPPED_REACH, Wrapped, wrapped

__all__ = ["WRAPPED_REACH", "Legible", "Wrapped", "legible", "version", "wrapped"]
