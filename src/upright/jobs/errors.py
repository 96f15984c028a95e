"""What goes wrong with batch work, in words for its user."""

from __future__ import annotations

from upright.terms import UprightError


class JobError(UprightError):
    """Work could not be done."""

    exit_code = 3


class NoSpaceError(JobError):
    """The disk is full. What was completed before stays and is not done again."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"{folder}: no space left on the device",
            mend="make room and run the same command again: what is complete is not redone",
        )
