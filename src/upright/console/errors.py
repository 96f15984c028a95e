"""Errors that become pages."""

from __future__ import annotations

from upright.terms import UprightError


class PageError(UprightError):
    """A request that this console cannot fulfil.

    Args:
        problem: what is wrong.
        mend: what the reader can do about it.
        status: the HTTP status of the page that says so.
    """

    def __init__(self, problem: str, *, mend: str = "", status: int = 400) -> None:
        super().__init__(problem, mend=mend)
        self.status = status
