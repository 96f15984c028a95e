"""**define**: the use-case file becomes a frozen Policy."""

from upright.policy.load import (
    load_policy,
    open_policy,
    parse_policy,
    policy_text,
    preset,
    preset_names,
    preset_text,
)
from upright.policy.model import (
    AuditGate,
    Disclosure,
    EngineSection,
    Generation,
    GuardException,
    GuardPattern,
    GuardRule,
    GuardSection,
    LedgerSection,
    Limits,
    Policy,
    Topic,
    UseCase,
)

__all__ = [
    "AuditGate",
    "Disclosure",
    "EngineSection",
    "Generation",
    "GuardException",
    "GuardPattern",
    "GuardRule",
    "GuardSection",
    "LedgerSection",
    "Limits",
    "Policy",
    "Topic",
    "UseCase",
    "load_policy",
    "open_policy",
    "parse_policy",
    "policy_text",
    "preset",
    "preset_names",
    "preset_text",
]
