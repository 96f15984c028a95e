"""Names of the measures that `[[audit.gate]]` may bound. Nothing is loaded to know them."""

from __future__ import annotations

GUARD = "guard."
SHORTFALL = ".shortfall"
_HIGH_IS_GOOD = (
    "auc", "auprc", "precision", "recall", "f1", "recall_at_1pct_fpr",
    "worst_subgroup_auc", "worst_bpsn", "worst_bnsp",
)  # fmt: skip
_LOW_IS_GOOD = ("false_positive_rate", "calibration_error", "brier")

GUARD_MEASURES = (
    *(f"{GUARD}{name}{SHORTFALL}" for name in _HIGH_IS_GOOD),
    *(f"{GUARD}{name}" for name in _LOW_IS_GOOD),
)
"""Of `upright audit guard`; a shortfall is one minus the figure."""

COPYING = "copying."
COPYING_MEASURES = tuple(f"{COPYING}{name}" for name in ("verbatim", "greedy", "discoverable"))
"""Of `upright audit copying`."""

MEASURES = GUARD_MEASURES + COPYING_MEASURES
