"""Audits: measures of a use, each with its interval, on labelled data."""

from upright.audit.gates import exit_code, require_bounds
from upright.audit.guard import GuardAudit, audit_guard
from upright.audit.identities import IdentityTerms, read_terms, shipped_terms
from upright.audit.lines import Fields, Lines, read_labelled

__all__ = [
    "Fields",
    "GuardAudit",
    "IdentityTerms",
    "Lines",
    "audit_guard",
    "exit_code",
    "read_labelled",
    "read_terms",
    "require_bounds",
    "shipped_terms",
]
