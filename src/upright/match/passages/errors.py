"""What goes wrong with an index of passages, in words for its user."""

from __future__ import annotations

from upright.terms import ConfigError


class PassageIndexError(ConfigError):
    """An index is missing, of another version, in use, or damaged."""


class DamagedPassagesError(PassageIndexError):
    """A file of an index is not the one that was written."""

    exit_code = 3

    def __init__(self, problem: str) -> None:
        super().__init__(problem, mend="index the corpus again into an empty folder")
