"""**define**: the use-case file becomes a frozen Policy."""

from upright.policy.load import load_policy, parse_policy, preset, preset_names
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
    "parse_policy",
    "preset",
    "preset_names",
]
