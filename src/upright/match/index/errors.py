"""What goes wrong with an index, in words for its user."""

from __future__ import annotations

from upright.terms import UprightError


class WorksError(UprightError):
    """An index of works could not be read or changed; what there was is as it was."""


class DamagedIndexError(WorksError):
    """A file of an index is not the one that was written."""

    exit_code = 3

    def __init__(self, problem: str) -> None:
        super().__init__(
            problem, mend="put the folder back from a copy, or build the index anew from the works"
        )
