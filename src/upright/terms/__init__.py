"""The shared nouns of upright. This unit imports nothing of ours and no third-party package."""

from upright.terms.digest import canonical_json, digest
from upright.terms.errors import ConfigError, MissingExtraError, UprightError
from upright.terms.hazard import HAZARDS, Hazard, hazard_of_rule
from upright.terms.home import home
from upright.terms.image import Image
from upright.terms.record import Record
from upright.terms.verdict import (
    Action,
    Context,
    DetectorError,
    Finding,
    Outcome,
    Stage,
    Verdict,
)

__all__ = [
    "HAZARDS",
    "Action",
    "ConfigError",
    "Context",
    "DetectorError",
    "Finding",
    "Hazard",
    "Image",
    "MissingExtraError",
    "Outcome",
    "Record",
    "Stage",
    "UprightError",
    "Verdict",
    "canonical_json",
    "digest",
    "hazard_of_rule",
    "home",
]
