"""Errors that a user meets. Each says what is wrong and what mends it."""

from __future__ import annotations


class UprightError(Exception):
    """An error whose text is meant for the user.

    Args:
        problem: what is wrong, with the file, the line and the value where there are any.
        mend: what the user can do about it.
    """

    exit_code: int = 2

    def __init__(self, problem: str, *, mend: str = "") -> None:
        super().__init__(f"{problem}\n  mend: {mend}" if mend else problem)
        self.problem = problem
        self.mend = mend


class ConfigError(UprightError):
    """A use-case file, an option or an environment variable is wrong."""


class MissingExtraError(UprightError):
    """A part of upright was called whose optional packages are not installed."""

    def __init__(self, what: str, extra: str, *, missing: str) -> None:
        super().__init__(
            f"{what} needs the package `{missing}`, which is not installed",
            mend=f"pip install 'upright[{extra}]'",
        )
        self.extra = extra
