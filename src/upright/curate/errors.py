"""What goes wrong with inputs, in words for their owner."""

from __future__ import annotations

from upright.terms import UprightError


class InputError(UprightError):
    """A file cannot be read as what it says it is."""


class BusyError(UprightError):
    """Another run writes into the same folder."""

    def __init__(self, output: str) -> None:
        super().__init__(
            f"{output}: another run of curate writes into it",
            mend="wait until it has ended, or name another output",
        )


class ChangedError(UprightError):
    """A file is no longer what it was when this run began."""

    exit_code = 3

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}: changed while it was being read",
            mend="let nothing write into it, and run the same command again",
        )
