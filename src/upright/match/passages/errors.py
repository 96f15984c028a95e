"""What goes wrong with an index of passages, in words for its user."""

from __future__ import annotations

from upright.terms import ConfigError


class PassageIndexError(ConfigError):
    """An index is missing, damaged, of another version, or in use."""
