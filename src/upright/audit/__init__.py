"""Audits: measures of a use, each with its interval, on labelled data."""

from upright.audit.guard import GuardAudit, audit_guard
from upright.audit.lines import Fields, Lines, read_labelled

__all__ = ["Fields", "GuardAudit", "Lines", "audit_guard", "read_labelled"]
