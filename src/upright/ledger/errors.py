"""What goes wrong with a ledger, in words for its user."""

from __future__ import annotations

from upright.terms import UprightError


class LedgerError(UprightError):
    """The ledger could not do what it was asked; nothing of it was recorded."""

    exit_code = 3


class NotFoundError(LedgerError):
    """No record of that name."""

    exit_code = 2


class ConflictError(LedgerError):
    """The record is no longer in the state that the change needs."""

    exit_code = 2
