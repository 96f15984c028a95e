"""Robust reading: what a text says once tricks of spelling and disguise are undone."""

from __future__ import annotations

from upright.guard.legible.mapping import Legible
from upright.guard.legible.reading import legible, version

__all__ = ["Legible", "legible", "version"]
