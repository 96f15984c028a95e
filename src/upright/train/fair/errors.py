"""What goes wrong with fair classifiers, in words for their owner."""

from __future__ import annotations

from upright.terms import UprightError


class ModelError(UprightError):
    """A folder holds no model of `upright train classifier`, or a damaged one."""
